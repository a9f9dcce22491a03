"""`/in/{systemId}`: who may speak as whom, with a small dialect of the test's own."""

from __future__ import annotations

import json
from typing import Any

from hub import catalogue, standard
from hub.dialects import Found
from hub.message import Finding
from hub.ports import Answer, Call, Incoming, WireReply, WireRequest


class Plain:
    """JSON with a password; enough of a dialect to see the road through the server."""

    name = "soap11-wsse"
    seen: WireRequest | None = None

    def accept(self, request: WireRequest, call: Call) -> Incoming:
        self.seen = request
        value = json.loads(request.body or b"{}")
        known = value.get("password") == call.credentials.get("password")
        findings = tuple(Finding(code) for code in value.get("findings", ()))
        return Incoming(
            message=value.get("message", "record.put"),
            stage=value.get("stage", ""),
            op="insert",
            key=value.get("key", "k-1"),
            version=1,
            message_id=value.get("id", "m-1"),
            fields=value.get("fields", {}),
            findings=findings,
            authenticated=known,
            context={"echo": value.get("id")},
        )

    def reply(self, answer: Answer, incoming: Incoming, call: Call) -> WireReply:
        body = {
            "ok": answer.status < 400,
            "code": answer.code,
            "echo": incoming.context.get("echo"),
            "data": dict(answer.data),
            "findings": [finding.public() for finding in answer.findings],
        }
        return WireReply(200, {"content-type": "application/vnd.plain+json"}, json.dumps(body).encode())


DIALECT: Any = Plain()
SYSTEM = next(row for row in catalogue.load().systems if row.dialect == "soap11-wsse").id
OTHER = next(row for row in catalogue.load().systems if row.dialect != "soap11-wsse").id


def listed(world: Any, allow: str = "127.0.0.1") -> None:
    (world.data / "peers.toml").write_text(
        f'[systems.{SYSTEM}]\nallow_from = ["{allow}"]\n[systems.{SYSTEM}.credentials]\npassword = "pw"\n',
        "utf-8",
    )


async def call(world: Any, system: str, value: Any, tail: str = "/push?x=1") -> tuple[int, str]:
    raw = json.dumps(value).encode()
    async with world.http.post(f"{world.url}/in/{system}{tail}", data=raw) as reply:
        return reply.status, await reply.text()


async def test_a_listed_system_is_understood_and_answered_in_its_own_form(make_world: Any) -> None:
    world = await make_world(found=Found({"soap11-wsse": DIALECT}, {}))
    listed(world)
    fields = standard.load().sample("subject-legal-person", 7)["body"]["fields"]
    value = {"password": "pw", "stage": "subject-legal-person", "fields": fields, "id": "a-1"}
    status, text = await call(world, SYSTEM, value)
    answer = json.loads(text)
    assert (status, answer["ok"], answer["echo"]) == (200, True, "a-1"), text
    assert DIALECT.seen.path == "/push?x=1"
    assert DIALECT.seen.method == "POST"
    again = json.loads((await call(world, SYSTEM, value))[1])
    assert again["data"]["hubId"] == answer["data"]["hubId"]
    bad = {**value, "fields": {}, "id": "a-2"}
    assert json.loads((await call(world, SYSTEM, bad))[1])["ok"] is False


async def test_no_proof_no_word_about_the_message(make_world: Any) -> None:
    world = await make_world(found=Found({"soap11-wsse": DIALECT}, {}))
    listed(world)
    _, text = await call(world, SYSTEM, {"password": "no", "findings": ["field.type"]})
    assert json.loads(text)["code"] == "auth.failed"


async def test_strangers_get_what_nobody_gets(make_world: Any) -> None:
    world = await make_world(found=Found({"soap11-wsse": DIALECT}, {}))
    unlisted = await call(world, SYSTEM, {})
    listed(world, allow="10.9.8.0/24")
    wrong_address = await call(world, SYSTEM, {})
    listed(world)
    unknown = await call(world, "Q99", {})
    no_dialect = await call(world, OTHER, {})
    assert unlisted == wrong_address == unknown == no_dialect
    assert unlisted[0] == 404


async def test_a_dialect_that_breaks_does_not_hide_the_decision(make_world: Any) -> None:
    class Broken(Plain):
        def reply(self, answer: Answer, incoming: Incoming, call: Call) -> WireReply:
            raise RuntimeError("no words")

    broken: Any = Broken()
    world = await make_world(found=Found({"soap11-wsse": broken}, {}))
    listed(world)
    status, text = await call(world, SYSTEM, {"password": "no"})
    assert (status, json.loads(text)["code"]) == (401, "auth.failed")


async def test_the_limits_hold_here_too(make_world: Any) -> None:
    world = await make_world(found=Found({"soap11-wsse": DIALECT}, {}), max_body=100)
    listed(world)
    _, text = await call(world, SYSTEM, {"password": "pw", "fill": "x" * 1000})
    assert json.loads(text)["code"] == "message.too-large"
