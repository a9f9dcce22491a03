"""A small trading system of the tests' own, good by default, with one switch per way to be wrong.

It exists so that every case is seen to fail at least once, on a system that its writer did not have in
mind: T01 and its variants are somebody else's work and tell a different story.
"""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from certs.algorithms.digest import digest, mac
from conformance.driver import seated
from conformance.plan import Plan
from conformance.sut import Sut
from hub.message import (
    Finding,
    Key,
    canonical,
    check_shape,
    check_time,
    content_digest,
    parse,
    sign,
    signing_bytes,
    verify,
    verify_request,
    wall,
)
from hub.standard import load

CENTRE = Key("centre-1", "centre", "hmac-sm3", b"c" * 32)
OWN = Key("T09-1", "T09", "hmac-sm3", b"t" * 32)
MAX_BODY = 65_536
STAGES = ("eng-project", "eng-tender-notice", "eng-bidder-list", "eng-bid-opening", "contract-sign")


def now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Small:
    """Records, receipts and nonces of one system; `flaws` are the switches that are on."""

    flaws: frozenset[str]
    receipts: dict[tuple[str, str], tuple[Any, dict[str, Any]]] = field(default_factory=dict)
    nonces: set[str] = field(default_factory=set)
    rows: list[dict[str, Any]] = field(default_factory=list)
    opened: set[str] = field(default_factory=set)
    hub: str = ""
    sending: set[asyncio.Task[None]] = field(default_factory=set)

    def has(self, flaw: str) -> bool:
        return flaw in self.flaws

    @property
    def manners(self) -> Any:
        """Ways to be different and right: other white space and order, more members, slower, chunked."""

        @web.middleware
        async def differently(request: web.Request, handler: Any) -> web.StreamResponse:
            if self.has("slow"):
                await asyncio.sleep(0.05)
            answer = await handler(request)
            if self.has("pretty") and answer.body:
                told = json.loads(answer.body)
                told = {"vendor": "x", **dict(reversed(told.items()))}
                answer.body = json.dumps(told, indent=3, ensure_ascii=True).encode()
                answer.headers["Content-Type"] = "application/json"
            if self.has("chunked"):
                answer.enable_chunked_encoding()
            answer.headers["X-Request-Id"] = token_hex(8)
            return answer

        return differently

    # inbound

    def problem(self, status: int, findings: list[Finding]) -> web.Response:
        shown = findings[:1] if self.has("first-finding-only") else findings
        body = {"code": findings[0].code, "findings": [finding.public() for finding in shown]}
        return web.json_response(body, status=200 if self.has("200-on-error") else status)

    def key_of(self, key_id: str) -> Key | None:
        return CENTRE if key_id == CENTRE.key_id else None

    def read(self, raw: bytes) -> tuple[Any, list[Finding]]:
        if self.has("guesses-charset"):
            try:
                raw = raw.decode().encode()
            except UnicodeDecodeError:
                raw = raw.decode("gb18030").encode()
        if self.has("lenient-json"):
            return json.loads(raw), []
        parsed = parse(raw)
        return parsed.value, list(parsed.findings)

    def authentic(self, envelope: dict[str, Any]) -> list[Finding]:
        block = envelope["head"]["sign"]
        if self.has("any-key"):
            block = envelope["head"]["sign"] = {**block}
            wanted = mac(signing_bytes(envelope), CENTRE.secret)
            return [] if base64.b64decode(block["value"]) == wanted else verify(envelope, self.key_of)
        if self.has("any-signature"):
            return []
        if self.has("prefix-compare"):
            wanted = mac(signing_bytes(envelope), CENTRE.secret)
            return (
                [] if wanted.startswith(base64.b64decode(block["value"])) else verify(envelope, self.key_of)
            )
        return verify(envelope, self.key_of)

    def stale(self, head: dict[str, Any]) -> list[Finding]:
        findings = [] if self.has("no-window") else check_time(head["time"], now(), "/head/time")
        known = (head["from"], head["msgId"]) in self.receipts
        if head["nonce"] in self.nonces and not known and not self.has("no-nonces"):
            findings.append(Finding("auth.nonce", "/head/nonce"))
        return findings

    async def inbound(self, request: web.Request) -> web.Response:
        if self.has("refuses-all"):
            return web.json_response({"code": "hub.closed", "findings": []}, status=403)
        if self.has("hangs-up"):
            assert request.transport is not None
            request.transport.abort()
        raw = await request.read()
        if len(raw) > MAX_BODY and not self.has("no-limit"):
            return self.problem(413, [Finding("message.too-large")])
        envelope, findings = self.read(raw)
        if findings:
            return self.problem(400, findings)
        unsigned = self.has("unsigned-too") and isinstance(envelope, dict) and "sign" not in envelope["head"]
        if wrong := [f for f in check_shape(envelope, signed=not unsigned) if not f.at.startswith("/body")]:
            return self.problem(400, wrong)
        if not unsigned and (wrong := self.authentic(envelope)):
            return self.problem(401, wrong)
        if wrong := self.stale(envelope["head"]):
            return self.problem(401, wrong)
        return self.take(raw, envelope)

    def sameness(self, raw: bytes, envelope: dict[str, Any]) -> bytes:
        return digest(raw) if self.has("raw-sameness") else content_digest(envelope)

    def take(self, raw: bytes, envelope: dict[str, Any]) -> web.Response:
        head, place = envelope["head"], (envelope["head"]["from"], envelope["head"]["msgId"])
        same = self.sameness(raw, envelope)
        if place in self.receipts:
            before, receipt = self.receipts[place]
            if before != same and not self.has("no-conflict"):
                return self.problem(409, [Finding("idempotency.conflict", "/head/msgId")])
            if self.has("doubles"):
                self.rows.append({"stage": head["stage"], **envelope["body"]})
            if self.has("new-receipts"):
                receipt = {**receipt, "receiptNo": token_hex(4)}
            return web.json_response({"code": "0000", "receipt": receipt})
        findings = [f for f in load().check(envelope) if f.severity == "error"]
        if self.has("no-codes"):
            findings = [f for f in findings if not f.code.startswith("code.")]
        if head["realm"] != "sandbox" and not self.has("any-realm"):
            findings.append(Finding("realm.mismatch", "/head/realm"))
        if self.has("no-contracts") and head["stage"] == "contract-sign":
            findings.append(Finding("stage.unknown", "/head/stage"))
        if findings:
            return self.problem(422, findings)
        self.nonces.add(head["nonce"])
        self.store(head["stage"], envelope["body"])
        receipt = self.receipt(raw, envelope)
        self.receipts[place] = (same, receipt)
        return web.json_response({"code": "0000", "receipt": receipt}, status=202)

    def receipt(self, raw: bytes, envelope: dict[str, Any]) -> dict[str, Any]:
        what = content_digest(envelope)
        if self.has("raw-digest"):
            what = digest(raw)
        if self.has("constant-digest"):
            what = digest(b"")
        receipt = {
            "receiptNo": token_hex(4),
            "receiptState": "accepted",
            "receivedTime": wall(now()),
            "from": envelope["head"]["from"],
            "msgId": envelope["head"]["msgId"],
            "digest": f"sm3:{what.hex()}",
        }
        return {k: v for k, v in receipt.items() if not (self.has("thin-receipt") and k == "digest")}

    def store(self, stage: str, body: dict[str, Any]) -> None:
        row = {"stage": stage, **body}
        if self.has("drops-ext"):
            row["ext"] = {}
        if self.has("trims"):
            row["fields"] = dict(list(row["fields"].items())[:-1])
        if self.has("floats") and stage == "contract-sign":
            row["fields"] = {**row["fields"], "CONTRACT_PRICE": 1.5}
        old = [r for r in self.rows if (r["stage"], r["key"]) == (stage, row["key"])]
        if old and self.has("keeps-first"):
            return
        self.rows = [r for r in self.rows if r not in old] + [row]
        if stage == "eng-bid-opening":
            self.opened |= set(row["fields"]["BID_SECTION_CODES"].split(";"))

    # export and control

    def allowed(self, request: web.Request, body: bytes = b"") -> bool:
        stated = f"sm3:{digest(body).hex()}" if body else ""
        headers = dict(request.headers)
        return not verify_request(request.method, request.path_qs, headers, self.key_of, body_digest=stated)[
            1
        ]

    def told(self, row: dict[str, Any]) -> bool:
        if "P" not in load().stage(row["stage"]).policy.classes or self.has("leaks"):
            return True
        if self.has("silent-for-ever"):
            return False
        return bool(self.opened) if self.has("one-gate") else row["fields"]["BID_SECTION_CODE"] in self.opened

    async def export(self, request: web.Request) -> web.Response:
        if not self.allowed(request) and not self.has("open-export"):
            return self.problem(401, [Finding("auth.signature")])
        rows = [r for r in self.rows if r["stage"] == request.query["stage"] and self.told(r)]
        start = int(request.query.get("cursor", "0"))
        step = 4 if self.has("loses-on-the-seam") else 3
        more = str(start + step) if start + step < len(rows) else None
        headers = {"X-Total-Count": str(len(self.rows))} if self.has("counts-in-header") else {}
        return web.json_response({"records": rows[start : start + 3], "next": more}, headers=headers)

    async def look(self, request: web.Request) -> web.Response:
        if not self.allowed(request):
            return self.problem(401, [Finding("auth.signature")])
        commands = ("connect", "publish-notice", "sign-up", "open-bids", "reset")
        shown: dict[str, Any] = {"system": "T09", "build": "sm3:small", "commands": {c: {} for c in commands}}
        return web.json_response({**shown, "rows": len(self.rows)} if self.has("control-counts") else shown)

    async def control(self, request: web.Request) -> web.Response:
        body = await request.read()
        if not self.allowed(request, body):
            return self.problem(401, [Finding("auth.signature")])
        told = json.loads(body)
        command, given = told["command"], told["arguments"]
        if command == "connect":
            self.hub = given["hub"]
            return web.json_response({})
        stages = {
            "publish-notice": "eng-tender-notice",
            "sign-up": "eng-bidder-list",
            "open-bids": "eng-bid-opening",
        }
        envelope = load().sample(stages[command], given["seed"], sender="T09")
        envelope["head"]["msgId"] = f"T09-{token_hex(6)}"
        if self.has("bad-notice"):
            envelope["body"]["fields"].pop("NOTICE_NAME", None)
            envelope["body"]["fields"]["NO_SUCH_FIELD"] = "x"
        self.store(stages[command], envelope["body"])
        task = asyncio.get_running_loop().create_task(self.send(envelope))
        self.sending.add(task)
        return web.json_response({"msgId": envelope["head"]["msgId"], "key": envelope["body"]["key"]})

    async def send(self, envelope: dict[str, Any]) -> None:
        async with aiohttp.ClientSession() as session:
            for attempt in range(1 if self.has("gives-up") else 6):
                if self.has("renumbers"):
                    envelope["head"]["msgId"] = f"T09-{token_hex(6)}"
                head = {**envelope["head"], "time": wall(now()), "nonce": token_hex(8)}
                if self.has("one-nonce"):
                    head["nonce"] = "always-the-same"
                if self.has("odd-head"):
                    head["vendor"] = "x"
                key = Key(OWN.key_id, OWN.owner, OWN.alg, b"x" * 32) if self.has("wrong-key") else OWN
                raw = canonical(sign({**envelope, "head": head}, key))
                try:
                    async with session.post(f"{self.hub}/v1/messages", data=raw) as answer:
                        if answer.status < 500 and not (self.has("chatters") and attempt == 0):
                            return
                except aiohttp.ClientError:
                    pass
                await asyncio.sleep(0.02)


def plan_for(base: str) -> Plan:
    return Plan(
        system="T09",
        zh="小系统",
        version="1",
        build="",
        vendor="",
        endpoints={"inbound": f"{base}/in", "export": f"{base}/records", "control": f"{base}/control"},
        stages=STAGES,
        dialect="",
        hub_key=CENTRE,
        system_key=OWN,
        token="",
        ca=None,
        max_body=MAX_BODY,
        rate=0,
        listen="127.0.0.1",
        advertise="",
        digest="sm3:" + digest(Path(__file__).read_bytes()).hex(),
    )


@asynccontextmanager
async def examined(*flaws: str) -> AsyncIterator[Sut]:
    """The small system with these flaws, and the suite's seats around it."""
    small = Small(frozenset(flaws))
    app = web.Application(client_max_size=10**8, middlewares=[small.manners])
    app.router.add_post("/in", small.inbound)
    app.router.add_get("/records", small.export)
    app.router.add_get("/control", small.look)
    app.router.add_post("/control", small.control)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    base = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        async with seated(plan_for(base), load(), now=now, unique=lambda: token_hex(8), seed=7_000) as sut:
            yield sut
    finally:
        for task in small.sending:
            task.cancel()
        await runner.cleanup()


@pytest.fixture
def small() -> Callable[..., Any]:
    """`async with small("flaw", ...) as sut`."""
    return examined
