"""static-token-rest: only the body is believed, and an error may be success."""

from __future__ import annotations

import json
from typing import Any, ClassVar

import pytest

from adapters.static_token_rest import DIALECT
from hub.catalogue.papers import Expectation
from hub.message import Finding
from hub.ports import Answer, Incoming, Kind, WireReply, WireRequest
from tests.adapters.contract import RECEIPT, Contract


def said(code: object, errorno: str = "", **custom: Any) -> WireReply:
    body = {"status": {"code": code, "text": "x"}, "custom": {"errorno": errorno, **custom}}
    return WireReply(200, {"content-type": "application/json"}, json.dumps(body).encode())


class TestStaticTokenRest(Contract):
    name = "static-token-rest"
    dialect = DIALECT
    credentials: ClassVar = {"token": "Gs@2026#static"}

    @staticmethod
    def foreign(request: WireRequest) -> dict[str, str]:
        params = json.loads(request.body)["params"]
        return {name: str(value) for name, value in params.items() if value != ""}

    def golden_variant(self, golden: dict[str, Any]) -> str:
        return "json-under-form-content-type" if golden["id"] == "push-form-type" else "plain"

    def wire(self, row: Expectation) -> WireReply:
        if "E" in row.wire and "errorno" in row.wire:
            return said(0, row.wire.rpartition(" ")[2])
        return {
            "ok": said(1),
            "slow": said(1),
            "ok, code 200": said(200),
            "ok, code as string": said("200"),
            "json under form type": WireReply(200, {"content-type": "text/plain"}, said("1").body),
            "html login page": WireReply(200, {}, b" \r\n<html><form action='/login'>"),
            "page index base": said(1, total=3, records=[]),
            "answer too big": WireReply(200, {}, b" " * (2 * 1024 * 1024) + said(1).body),
            "unlisted code": said(0, "E777"),
        }[row.situation]

    def answer(self, row: Expectation) -> tuple[Answer, Incoming | None]:
        def found(code: str) -> Answer:
            at = "/body/fields/PROJECT_NAME"
            findings = (Finding(code, at, "x", "y"), Finding("field.length", "/body/fields/ADDRESS"))
            return Answer(422, "message.refused", findings=findings)

        def unread(code: str) -> Incoming:
            return self.incoming(findings=(Finding(code),), authenticated=False)

        return {
            "accepted": (Answer(202, "0000", data=RECEIPT), None),
            "duplicate (same digest)": (Answer(200, "0000", data=RECEIPT), None),
            "conflict (409)": (Answer(409, "idempotency.conflict"), None),
            "bad or missing token, unknown systemId, not its own token": (
                Answer(401, "auth.failed"),
                self.incoming(authenticated=False),
            ),
            "system not online (403)": (Answer(403, "member.not-online"), None),
            "finding field.required": (found("field.required"), None),
            "finding code.unknown": (found("code.unknown"), None),
            "any other finding": (found("field.format"), None),
            "body not JSON, duplicate member, float, wrong charset": (
                Answer(400, "message.refused"),
                unread("envelope.malformed"),
            ),
            "body over limit": (Answer(413, "message.refused"), unread("envelope.too-large")),
            "overload (429/503)": (Answer(503, "hub.busy"), None),
            "unknown table": (Answer(404, "path.unknown"), unread("path.unknown")),
            "internal error": (Answer(500, "hub.internal"), None),
        }[row.situation]

    def inward_ok(self, row: Expectation, reply: WireReply) -> None:
        if row.situation == "unknown table":
            assert reply.body == b""
            return
        answer = json.loads(reply.body)
        code, custom = answer["status"]["code"], answer["custom"]
        assert code == (1 if "code 1" in row.wire else 0)
        if not code:
            assert custom["errorno"] == row.wire.removeprefix("code 0, ")[:4].rstrip(",")
        if row.kind in ("delivered", "duplicate"):
            assert custom["receiptno"] == RECEIPT["hubId"]
        if "finding" in row.situation:
            assert custom["field"] == "xmmc"
            assert "xmmc" in answer["status"]["text"]
            assert "address:field.length" in answer["status"]["text"]

    def test_login_page_is_not_success(self) -> None:
        outcome = DIALECT.decode(
            WireReply(200, {}, b"\n <!doctype html>"), self.outgoing("eng-section", {}), self.call()
        )
        assert outcome.kind is Kind.UNKNOWN

    @pytest.mark.parametrize(
        "code", ["1e3", "1.0", "NaN", "²", "0x1", True, [1], {"a": 1}, None, "-1", 10**30]
    )
    def test_only_whole_one_or_two_hundred_is_success(self, code: object) -> None:
        outcome = DIALECT.decode(said(code), self.outgoing("eng-section", {}), self.call())
        assert outcome.kind is not Kind.DELIVERED

    def test_wrong_token_is_not_authenticated(self) -> None:
        stage = self.stages()[0]
        request = DIALECT.encode(self.outgoing(stage, {}), self.call())
        for credentials in ({"token": "other"}, {"token": ""}, {}):
            incoming = DIALECT.accept(request, self.call(system="T05", credentials=credentials))
            assert not incoming.authenticated

    @pytest.mark.parametrize(
        "body",
        [b'{"token":"Gs@2026#static","params":{"a":1.5}}', b'{"token":1,"token":2,"params":{}}', b"\xb0\xa1"],
    )
    def test_ambiguous_json_is_refused_before_the_token(self, body: bytes) -> None:
        incoming = DIALECT.accept(WireRequest("POST", "/rest/gcxm/push", {}, body), self.call())
        reply = DIALECT.reply(Answer(400, "x"), incoming, self.call())
        assert json.loads(reply.body)["custom"]["errorno"] == "E011"

    def test_unknown_foreign_names_are_kept(self) -> None:
        stage = self.stages()[0]
        request = json.loads(DIALECT.encode(self.outgoing(stage, {}), self.call()).body)
        request["params"]["newfield"] = "值"
        incoming = DIALECT.accept(
            WireRequest("POST", "/in/T05/rest/gcxm/push", {}, json.dumps(request).encode()),
            self.call(system="T05"),
        )
        assert incoming.ext["newfield"] == "值"
