"""static-token-rest: only the body is believed, and an error may be success."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import Any, ClassVar

import pytest

from adapters.static_token_rest import DIALECT, sealing
from certs.algorithms import sm2_encryption
from hub.catalogue.papers import ROOT, Expectation
from hub.credentials import CredentialError
from hub.message import Finding
from hub.ports import Answer, Incoming, Kind, WireReply, WireRequest
from tests.adapters.contract import RECEIPT, Contract, wire_reply, wire_request
from tests.adapters.records import fields_of
from tests.rows import each

SAMPLES = ROOT / "static-token-rest" / "samples"
PRIVATE = "796056dcc3018d443f25f764bd4fa541b2b6954ff53692a25c903d11d4e95252"
PUBLIC = (
    "04f99884c9006db9759f6d98e6e1a3246398cc959b50e4343148f5d661ca629750"
    "6786a89ee6ce8a331a43acc1e8a4204f8e7247ca19b785d6f0eabe8015123336"
)


def said(code: object, errorno: str = "", **custom: Any) -> WireReply:
    body = {"status": {"code": code, "text": "x"}, "custom": {"errorno": errorno, **custom}}
    return WireReply(200, {"content-type": "application/json"}, json.dumps(body).encode())


class TestStaticTokenRest(Contract):
    name = "static-token-rest"
    files = ("inward.jsonl", "outward.jsonl")
    dialect = DIALECT
    credentials: ClassVar = {"token": "Gs@2026#static"}

    @staticmethod
    def foreign(request: WireRequest) -> dict[str, str]:
        params = json.loads(request.body)["params"]
        return {name: str(value) for name, value in params.items() if value != ""}

    def golden_variant(self, golden: dict[str, Any]) -> str:
        return "json-under-form-content-type" if golden["id"] == "push-form-type" else "plain"

    def test_answers_mean_what_the_papers_say(self, row: Expectation) -> None:
        if row.situation.startswith("sm2-aes"):
            pytest.skip("of the other variant, below")
        super().test_answers_mean_what_the_papers_say(row)

    def test_inward_answers_are_those_of_the_papers(self, inward_row: Expectation) -> None:
        if inward_row.situation.startswith("sm2-aes"):
            pytest.skip("of the other variant, below")
        super().test_inward_answers_are_those_of_the_papers(inward_row)

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

    @each("code", ["1e3", "1.0", "NaN", "²", "0x1", True, [1], {"a": 1}, None, "-1", 10**30])
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


def sealed(reply: WireReply, keys: dict[str, str]) -> WireReply:
    return WireReply(reply.status, {"encrypt": "1"}, sealing.seal_answer(reply.body, keys))


class TestSm2Aes(TestStaticTokenRest):
    """The same contract with every byte enciphered; both ends have one key pair here."""

    variant = "sm2-aes"
    files = ("sm2-aes.jsonl", "sm2-aes-inward.jsonl")
    credentials: ClassVar = {
        "token": "Gs@2026#static",
        "peer_public": PUBLIC,
        "own_private": PRIVATE,
        "aes_key": "Gs2026AesKey@M04",
        "aes_iv": "Gs2026AesIv@M004",
    }

    @staticmethod
    def opened(body: bytes, keys: dict[str, str]) -> bytes:
        """Without the adapter, but for the cipher itself."""
        plain = sm2_encryption.decrypt(bytes.fromhex(keys["own_private"]), bytes.fromhex(body.decode()))
        return base64.b64decode(plain)

    @staticmethod
    def foreign(request: WireRequest) -> dict[str, str]:
        body = TestSm2Aes.opened(request.body, TestSm2Aes.credentials)
        return TestStaticTokenRest.foreign(replace(request, body=body))

    def clear(self, request: WireRequest) -> WireRequest:
        assert (request.headers["encrypt"], request.body[:2]) == ("1", b"04")
        return replace(request, body=self.opened(request.body, self.credentials))

    def golden_variant(self, golden: dict[str, Any]) -> str:
        assert golden["variant"] == self.variant
        return self.variant

    def wire(self, row: Expectation) -> WireReply:
        special = {
            "sm2-aes: answer deciphered": sealed(said(1), self.credentials),
            "sm2-aes: peer reads C1C2C3": said(0, "E011"),
            "sm2-aes: answer cannot be deciphered": WireReply(200, {}, b"4" * 64),
        }
        if row.situation in special:
            return special[row.situation]
        reply = super().wire(row)
        return sealed(reply, self.credentials) if reply.body.startswith(b"{") else reply

    def test_answers_mean_what_the_papers_say(self, row: Expectation) -> None:
        Contract.test_answers_mean_what_the_papers_say(self, row)

    def test_inward_answers_are_those_of_the_papers(self, inward_row: Expectation) -> None:
        Contract.test_inward_answers_are_those_of_the_papers(self, inward_row)

    def answer(self, row: Expectation) -> tuple[Answer, Incoming | None]:
        if row.situation == "sm2-aes: C1C2C3 instead of C1C3C2":
            return Answer(202, "0000", data=RECEIPT), None
        if row.situation == "sm2-aes: cannot be deciphered":
            request = self.dialect.encode(self.outgoing("eng-section", {}), self.call())
            broken = replace(request, body=request.body[:-2] + b"00")
            return Answer(401, "auth.failed"), self.dialect.accept(broken, self.call())
        return super().answer(row)

    def inward_ok(self, row: Expectation, reply: WireReply) -> None:
        in_clear = row.situation in ("sm2-aes: cannot be deciphered", "body over limit")
        assert ("encrypt" in reply.headers) is not (in_clear or row.situation == "unknown table")
        body = reply.body if in_clear else sealing.open_answer(reply.body, self.credentials)
        if row.situation == "sm2-aes: cannot be deciphered":
            assert json.loads(reply.body) == {
                "status": {"code": 0, "text": "解密失败"},
                "custom": {"errorno": "E011", "field": "", "rowguid": ""},
            }
        elif row.situation.startswith("sm2-aes"):
            assert body and json.loads(body)["status"]["code"] == 1
        elif body:
            super().inward_ok(row, replace(reply, body=body))

    def golden_outward(self, golden: dict[str, Any]) -> None:
        if golden["file"].endswith("inward.jsonl"):
            self.golden_inward(golden)
            return
        call = self.golden_call(golden, variant=self.golden_variant(golden))
        keys = golden["secrets"]
        theirs = replace(call, system=self.sender, credentials={**keys, "own_private": keys["peer_private"]})
        request = wire_request(golden["request"])
        incoming = DIALECT.accept(request, theirs)
        asked = self.opened(request.body, theirs.credentials)
        assert asked.decode() == golden["plain"]["request"]
        outgoing = self.golden_outgoing(golden, incoming)
        if outgoing is not None:
            made = DIALECT.encode(outgoing, call)
            ours = self.papers.row_key(self.sender, outgoing.stage, outgoing.key)
            text = self.opened(made.body, theirs.credentials).decode().replace(ours, incoming.key)
            assert json.loads(text)["params"] == {**json.loads(asked)["params"], "fromsys": self.sender}
            assert dict(made.headers) == golden["request"]["headers"]
        outcome = DIALECT.decode(
            wire_reply(golden["reply"]), outgoing or self.outgoing("eng-section", {}), call
        )
        assert (outcome.kind.value, outcome.code) == (golden["outcome"]["kind"], golden["outcome"]["code"])

    def test_the_published_wire_bytes_are_read(self) -> None:
        line = next(g for g in self.papers.golden() if g["id"] == "aes-push-ok")
        keys = {**line["secrets"], "own_private": line["secrets"]["peer_private"]}
        body = (SAMPLES / "sm2-aes.push.request.wire.txt").read_bytes()
        request = WireRequest("POST", "/rest/zbgonggao/push", {"encrypt": "1"}, body)
        assert DIALECT.accept(request, self.call(credentials=keys)).authenticated
        answer = WireReply(200, {}, (SAMPLES / "sm2-aes.push.answer.wire.txt").read_bytes())
        assert DIALECT.decode(answer, self.outgoing("eng-section", {}), self.call()).kind is Kind.DELIVERED

    def test_what_is_not_enciphered_for_us_is_refused_in_clear(self) -> None:
        request = DIALECT.encode(self.outgoing("eng-section", {}), self.call())
        plain = replace(request, body=self.opened(request.body, self.credentials))
        for bad in (
            replace(request, headers={}),
            plain,
            replace(request, body=request.body[:-1]),
            replace(request, body=b"04zz"),
            replace(request, body=b""),
        ):
            incoming = DIALECT.accept(bad, self.call())
            assert not incoming.authenticated
            reply = DIALECT.reply(Answer(401, "auth.failed"), incoming, self.call())
            assert json.loads(reply.body)["custom"]["errorno"] == "E011"
            assert "encrypt" not in reply.headers

    def test_nothing_leaves_in_clear(self) -> None:
        """The gap this variant closes: no request of it may carry a readable token or name."""
        stage = "supervise-complaint"
        fields = fields_of(self.papers, stage, "out", 1)
        body = DIALECT.encode(self.outgoing(stage, fields), self.call()).body
        assert set(body) <= set(b"0123456789abcdef")
        for public in ("", "04" + "00" * 64, "zz"):
            call = self.call(credentials={**self.credentials, "peer_public": public})
            with pytest.raises(CredentialError):
                DIALECT.encode(self.outgoing(stage, fields), call)

    def test_each_request_is_enciphered_anew(self) -> None:
        made = {DIALECT.encode(self.outgoing("eng-section", {}), self.call()).body for _ in range(3)}
        assert len(made) == 3

    def test_login_page_is_not_success(self) -> None:
        super().test_login_page_is_not_success()

    def test_wrong_token_is_not_authenticated(self) -> None:
        request = DIALECT.encode(self.outgoing("eng-section", {}), self.call())
        for token in ("other", ""):
            call = self.call(credentials={**self.credentials, "token": token})
            assert not DIALECT.accept(request, call).authenticated

    def sealed_request(self, body: bytes) -> WireRequest:
        return WireRequest(
            "POST", "/rest/gcxm/push", {"encrypt": "1"}, sealing.seal_request(body, self.credentials)
        )

    @pytest.mark.parametrize("body", [b'{"token":"x","params":{"a":1.5}}', b"\xb0\xa1", b"[]"])
    def test_ambiguous_json_is_refused_before_the_token(self, body: bytes) -> None:
        incoming = DIALECT.accept(self.sealed_request(body), self.call())
        reply = DIALECT.reply(Answer(400, "x"), incoming, self.call())
        opened = sealing.open_answer(reply.body, self.credentials)
        assert opened is not None
        assert json.loads(opened)["custom"]["errorno"] == "E011"

    def test_unknown_foreign_names_are_kept(self) -> None:
        """P12's alerts name rule and all entities beside the record."""
        request = DIALECT.encode(self.outgoing("supervise-alert", {}), self.call())
        body = json.loads(self.opened(request.body, self.credentials))
        body["params"] |= {"ruleid": "R-7", "entityids": "A,B"}
        again = replace(self.sealed_request(json.dumps(body).encode()), path=request.path)
        incoming = DIALECT.accept(again, self.call(system="P12"))
        assert dict(incoming.ext) == {"ruleid": "R-7", "entityids": "A,B"}
