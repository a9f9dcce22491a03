"""token-sm4: a token for each call, codes with several meanings, and the enciphered file call."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any, ClassVar

import pytest

from adapters.token_sm4 import DIALECT
from certs.algorithms.content_ciphers import chosen
from certs.algorithms.content_streams import decrypt, encrypt
from certs.algorithms.digest import digest
from hub.catalogue.papers import Expectation
from hub.errors import SenderError
from hub.message import Finding
from hub.ports import Answer, Call, Incoming, Kind, Outcome, Session, WireReply, WireRequest
from tests.adapters.contract import AT, RECEIPT, Contract, answer_to, refused_by_hub, wire_reply, wire_request
from tests.adapters.golden import pointing, said
from tests.adapters.records import fields_of
from tests.rows import each

PLATFORM, API_KEY = "GSGGZY-HUB-62", "a7f3c1e05d9b4826b0e4d7f1a2c3958e"
SECRETS = {
    "platform": PLATFORM,
    "api_key": API_KEY,
    "sm4_key": "0123456789abcdeffedcba9876543210",
    "sm4_iv": "00112233445566778899aabbccddeeff",
}
TOKEN = "9f2c7d0e4b1a4c3e8f5d6a7b8c9d0e1f"
DOCUMENT = "eng-tender-document"
HOW, KEY = chosen("sm4-cbc", bytes.fromhex(SECRETS["sm4_iv"])), bytes.fromhex(SECRETS["sm4_key"])


def seal(text: str) -> str:
    return base64.b64encode(encrypt(HOW, KEY, text.encode())[0]).decode()


def ours(system: str = "T03", at: int = int(AT.timestamp()), nonce: str = "0" * 32) -> str:
    """A token of the hub, made by hand."""
    head = f"{at:08x}{nonce}"
    return head + hmac.new(API_KEY.encode(), f"{system}|{head}".encode(), hashlib.sha256).hexdigest()[:32]


def with_token(request: WireRequest, token: str) -> WireRequest:
    """The same call with another token."""
    if "multipart" in request.headers["Content-Type"]:
        part = re.compile(rb'(name="token"\r\n\r\n)[^\r]*')
        body = part.sub(lambda found: found[1] + seal(token).encode(), request.body)
        return replace(request, body=body)
    body = {**json.loads(request.body), "token": token}
    return replace(request, body=json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode())


def parts(request: WireRequest) -> dict[str, bytes]:
    boundary = request.headers["Content-Type"].partition("boundary=")[2].encode()
    found = {}
    for piece in request.body.split(b"--" + boundary)[1:-1]:
        head, _, value = piece.partition(b"\r\n\r\n")
        found[re.findall(rb'name="(\w+)"', head)[0].decode()] = value.removesuffix(b"\r\n")
    return found


def told(code: object, data: Any = None) -> WireReply:
    body = json.dumps({"code": code, "msg": "m", "data": data}, ensure_ascii=False).encode()
    return WireReply(200, {"content-type": "application/json"}, body)


class TestTokenSm4(Contract):
    name = "token-sm4"
    dialect = DIALECT
    credentials: ClassVar = SECRETS

    @staticmethod
    def foreign(request: WireRequest) -> dict[str, str]:
        multipart = "multipart" in request.headers["Content-Type"]
        body = json.loads(parts(request)["data"] if multipart else request.body)
        return {name: str(value) for name, value in body.items()}

    def inward_request(self, request: WireRequest) -> WireRequest:
        return with_token(request, ours())

    def wire(self, row: Expectation) -> WireReply:
        special = {
            "ok": told("200", {"receiptNo": "1"}),
            "slow": told(200, {"receiptNo": "1"}),
            "answer too big": WireReply(200, {}, told(200).body + b" " * 1048576),
            "unlisted code": told(77777),
            "10080 with data.field regCode or tradeRegCode": told(10080, {"field": "tradeRegCode"}),
            "10080 with any other data.field": told(10080, {"field": "currency"}),
        }
        if row.situation in special:
            return special[row.situation]
        found = re.search(r"code (\d+)(?:, data\.field (bid\w+))?", row.wire)
        assert found is not None, row
        return told(int(found[1]), {"field": found[2] or "", "dataKey": "x"} if found[2] else None)

    def test_answers_mean_what_the_papers_say(self, row: Expectation) -> None:
        if row.situation not in ("token got", "getToken refused"):
            super().test_answers_mean_what_the_papers_say(row)
            return
        good = row.kind == "delivered"
        reply = told(200, {"token": TOKEN, "expireSeconds": 300}) if good else told(10060)
        found = DIALECT.session(reply, self.call())
        if good:
            assert found == Session(TOKEN, AT)
        else:
            assert isinstance(found, Outcome)
            assert (found.kind.value, found.code) == (row.kind, row.code)

    def answer(self, row: Expectation) -> tuple[Answer, Incoming | None]:
        def found(code: str, at: str = "/body/fields/PROJECT_NAME") -> tuple[Answer, Incoming]:
            incoming = self.incoming(findings=(Finding(code, at),))
            return Answer(422, "message.refused", findings=incoming.findings), incoming

        def stranger(fault: str) -> tuple[Answer, Incoming]:
            return Answer(401, "auth.failed"), self.incoming(authenticated=False, context={"auth": fault})

        def service(code: str) -> tuple[Answer, Incoming]:
            return Answer(422, code, "w"), self.incoming(message="project.query", stage="", key="")

        fetched = Incoming("", "", "", "", 0, "", {}, authenticated=True, context={"token": TOKEN})
        text = row.situation
        return {
            "accepted": (Answer(202, "0000", data=RECEIPT), None),
            "token given": (Answer(422, "message.refused"), fetched),
            "duplicate (same content)": (Answer(200, "0000", data=RECEIPT), None),
            "conflict": (Answer(409, "idempotency.conflict"), None),
            "platform or api_key wrong or crosswise, unknown system, not online": stranger("10060"),
            "token missing or not one of ours": stranger("10050"),
            "token used before": (Answer(401, "auth.nonce-reused"), None),
            "token older than 300 s": stranger("10052"),
            "finding field.required": found("field.required"),
            "finding code.unknown": found("code.unknown"),
            "any other finding": found("field.length"),
            "file name neither .gstf nor .pdf, or first bytes do not fit the name": found("file.type", ""),
            "SM3 of the file differs": found("file.digest", ""),
            "data part differs from the .gstf file": found("file.metadata", "/bidOpenPlace"),
            "over limit": (Answer(413, "x"), None),
            "overload": (Answer(503, "hub.busy"), None),
            "unknown operation": (Answer(422, "x"), self.incoming(findings=(Finding("path.unknown"),))),
            "internal error": (Answer(500, "hub.internal"), None),
            "service: provider down or slow": (Answer(504, "upstream.timeout"), service("x")[1]),
            "service: project errors": service("project.not-found"),
            "service: credit errors": service("credit.body-unknown"),
            "service: entry errors": service("entry.unknown-apply"),
        }.get(text, (Answer(422, "x"), self.incoming(findings=(Finding("envelope.malformed"),))))

    def inward_ok(self, row: Expectation, reply: WireReply) -> None:
        answer, digits = json.loads(reply.body), re.search(r"code (\d+)", row.wire)
        assert digits is not None
        assert answer["code"] == int(digits[1])
        if row.kind in ("delivered", "duplicate") and row.situation != "token given":
            assert answer["data"]["receiptNo"] == RECEIPT["hubId"]
        if row.situation == "token given":
            assert answer["data"] == {"token": TOKEN, "expireSeconds": 300}
        if "data.field =" in row.wire or "as above" in row.wire:
            field = "bidOpenPlace" if "differs" in row.situation else "projectName"
            assert answer["data"]["field"] == field
            assert field in answer["msg"]

    # -- transcripts ---------------------------------------------------------------------------
    def golden_call(self, golden: dict[str, Any], **change: Any) -> Call:
        call = super().golden_call(golden, **change)
        nonce = golden["secrets"].get("nonce", call.nonce)
        return replace(call, nonce=nonce, session=Session(TOKEN, AT))

    def golden_outward(self, golden: dict[str, Any]) -> None:
        call, request = self.golden_call(golden), wire_request(golden["request"])
        if request.path.endswith("/getToken"):
            self.check_login(golden, call)
            return
        if request.path.endswith("/queryData"):
            return  # read-back is the operator's; this adapter has nothing to ask
        incoming = DIALECT.accept(with_token(request, ours()), replace(call, system="T03"))
        outgoing = said(self.papers, incoming)
        made = DIALECT.encode(outgoing, call)
        if (incoming.stage, incoming.op) != (DOCUMENT, "insert"):
            assert (made.method, made.path, made.body.decode()) == (
                request.method,
                request.path,
                request.body.decode(),
            )
        else:
            assert made.body == request.body
        assert made.headers["Content-Type"] == request.headers["Content-Type"]
        outcome = DIALECT.decode(wire_reply(golden["reply"]), outgoing, call)
        assert (outcome.kind.value, outcome.code) == (golden["outcome"]["kind"], golden["outcome"]["code"])

    def check_login(self, golden: dict[str, Any], call: Call) -> None:
        if golden["id"] == "token":
            request = DIALECT.login(call)
            assert request is not None
            assert (request.path, request.body.decode()) == (
                golden["request"]["path"],
                golden["request"]["body"],
            )
        found = DIALECT.session(wire_reply(golden["reply"]), call)
        if golden["outcome"]["kind"] == "delivered":
            assert found == Session(TOKEN, AT)
        else:
            assert isinstance(found, Outcome)
            assert found.code == golden["outcome"]["code"]

    def golden_answer(self, golden: dict[str, Any], incoming: Incoming) -> Answer:
        kind, code = golden["outcome"]["kind"], golden["outcome"]["code"]
        if incoming.stage == "" and kind == "delivered" and incoming.message not in ("", "entry.accept"):
            data = DIALECT.decode(wire_reply(golden["reply"]), said(self.papers, incoming), self.call()).data
            return Answer(200, "0000", data=data)
        if code in ("field.required", "code.unknown"):
            name = json.loads(golden["reply"]["body"])["data"]["field"]
            return Answer(
                422,
                "message.refused",
                findings=(pointing(self.papers, incoming.stage, code, name),),
            )
        if kind in ("delivered", "duplicate"):
            return super().golden_answer(golden, incoming)
        refused = refused_by_hub(code, incoming)
        return replace(refused, findings=incoming.findings) if code.startswith("file.") else refused

    def test_every_transcript_that_we_speak_is_run(self) -> None:
        """What golden_outward passes over is the read-back alone."""
        skipped = [g["id"] for g in self.papers.golden() if g["request"]["path"].endswith("/queryData")]
        assert skipped == ["query", "query-none"]

    # -- tokens --------------------------------------------------------------------------------
    def test_each_call_has_a_token_of_its_own(self) -> None:
        assert DIALECT.login(self.call()) is not None
        found = DIALECT.session(told("200", {"token": TOKEN}), self.call())
        assert isinstance(found, Session)
        assert not found.expires > AT

    def test_repeating_needs_no_question(self) -> None:
        outgoing = self.outgoing("eng-section", fields_of(self.papers, "eng-section", "out", 1))
        assert DIALECT.ask(outgoing, self.call()) is None

    @each("token", [None, "", "short", "x" * 129, "一" * 20, "a b" * 8, 5, ["x" * 20]])
    def test_what_is_no_token_is_told_so(self, token: object) -> None:
        found = DIALECT.session(told(200, {"token": token}), self.call())
        assert isinstance(found, Outcome)
        assert found.kind is Kind.UNKNOWN

    def push(self, token: str) -> WireRequest:
        fields = fields_of(self.papers, "eng-section", "out", 1)
        return with_token(DIALECT.encode(self.outgoing("eng-section", fields), self.call()), token)

    def test_a_token_fetched_proves_one_call_and_is_its_nonce(self) -> None:
        caller = self.call(system="T02", session=None)
        fetch = DIALECT.login(caller)
        assert fetch is not None
        incoming = DIALECT.accept(fetch, caller)
        given = DIALECT.session(DIALECT.reply(answer_to(incoming), incoming, caller), caller)
        assert isinstance(given, Session)
        pushed = DIALECT.accept(self.push(given.value), caller)
        assert pushed.authenticated
        assert pushed.context["nonce"] == given.value
        assert not DIALECT.accept(self.push(given.value), self.call(system="M09")).authenticated
        reused = DIALECT.reply(Answer(401, "auth.nonce-reused"), pushed, caller)
        assert json.loads(reused.body)["code"] == 10051

    @pytest.mark.parametrize(("age", "fault"), [(0, ""), (300, ""), (301, "10052"), (10**6, "10052")])
    def test_a_token_lives_through_second_300(self, age: int, fault: str) -> None:
        incoming = DIALECT.accept(self.push(ours(at=int(AT.timestamp()) - age)), self.call(system="T03"))
        assert incoming.context.get("auth", "") == fault
        assert incoming.authenticated is not bool(fault)

    @pytest.mark.parametrize(
        "token", ["", TOKEN, ours()[:-1], ours()[:-1] + "g", "\ud800" * 72, ours().upper()]
    )
    def test_a_token_that_is_none_of_ours(self, token: str) -> None:
        request = self.push("x")
        body = {**json.loads(request.body), "token": token}
        incoming = DIALECT.accept(replace(request, body=json.dumps(body).encode()), self.call(system="T03"))
        assert not incoming.authenticated
        assert incoming.context.get("auth", "10050") == "10050"

    def test_the_worked_example_of_a_token(self) -> None:
        token = "6b023e905d41402abc4b2a76b9719d911017c592f9edf7f1ae9ad7b9b3b304c2d30f41ac"
        call = self.call(system="T02", nonce="5d41402abc4b2a76b9719d911017c592", session=None)
        fetch = DIALECT.login(call)
        assert fetch is not None
        reply = DIALECT.reply(Answer(422, "x"), DIALECT.accept(fetch, call), call)
        assert json.loads(reply.body)["data"]["token"] == token

    def test_nobody_without_credentials_is_let_in(self) -> None:
        bare = self.call(system="T03", credentials={})
        assert DIALECT.accept(self.push(ours()), bare).context["auth"] == "10060"
        body = json.dumps({"platform": "", "api_key": ""}).encode()
        fetch = WireRequest("POST", "/gsggzy/api/getToken", {}, body)
        assert not DIALECT.accept(fetch, bare).authenticated

    # -- the file call -------------------------------------------------------------------------
    def document(self, **change: Any) -> WireRequest:
        fields = fields_of(self.papers, DOCUMENT, "out", 1)
        return with_token(DIALECT.encode(self.outgoing(DOCUMENT, fields, **change), self.call()), ours())

    def finding(self, request: WireRequest) -> str:
        incoming = DIALECT.accept(request, self.call(system="T03"))
        return incoming.findings[0].code if incoming.findings else ""

    def refiled(self, name: str, content: bytes, digested: bytes | None = None) -> WireRequest:
        """The file call with another file, and the digest that belongs to it (or not)."""
        request = self.document()
        old = parts(request)
        opened = decrypt(HOW, KEY, base64.b64decode(old["fileSM3"])).decode()
        assert opened == digest(old["file"]).hex()
        sealed = seal(digest(content if digested is None else digested).hex()).encode()
        body = request.body.replace(old["fileSM3"], sealed).replace(old["file"], content)
        return replace(request, body=re.sub(rb'filename="[^"]*"', f'filename="{name}"'.encode(), body))

    def test_the_file_is_the_record_once_more(self) -> None:
        found = parts(self.document())
        envelope = {"dataKey", "operateType", "dataVersion", "fromSystem", "hubNo", "pushTime"}
        data = json.loads(found["data"])
        assert found["file"].startswith(b"GSTF1\n{")
        assert json.loads(found["file"][6:]) == {k: v for k, v in data.items() if k not in envelope}
        for name in ("platform", "api_key"):
            assert decrypt(HOW, KEY, base64.b64decode(found[name])).decode() == SECRETS[name]

    def test_a_delete_has_no_file(self) -> None:
        request = self.document(op="delete")
        assert [*parts(request)] == ["platform", "api_key", "token", "data"]
        incoming = DIALECT.accept(request, self.call(system="T03"))
        assert (incoming.op, incoming.findings, dict(incoming.fields)) == ("delete", (), {})

    @pytest.mark.parametrize(
        ("name", "content", "code"),
        [
            ("a.zip", b"PK\x03\x04", "file.type"),
            ("a.gstf", b"PK\x03\x04", "file.type"),
            ("a.pdf", b"GSTF1\n{}", "file.type"),
            ("gstf", b"GSTF1\n{}", "file.type"),
            ("a.GSTF", b"GSTF1\n{}", "file.metadata"),
            ("a.gstf", b"GSTF1\nnot json", "file.metadata"),
            ("a.PDF", b"%PDF-1.7 \r\n--x", ""),
        ],
    )
    def test_files_of_others(self, name: str, content: bytes, code: str) -> None:
        assert self.finding(self.refiled(name, content)) == code

    def test_a_file_damaged_on_the_way(self) -> None:
        assert self.finding(self.refiled("a.pdf", b"%PDF-1.7", b"%PDF-1.6")) == "file.digest"

    def test_any_legal_boundary_and_order(self) -> None:
        request = self.document()
        found = parts(request)
        boundary = "a'()+_,-./:=? z"
        pieces = [
            f'content-disposition: form-data; NAME="{name}"'.encode()
            + (b'; FileName="x.gstf"' if name == "file" else b"")
            + b"\r\ncontent-type: text/plain\r\n\r\n"
            + value
            for name, value in reversed(found.items())
        ]
        body = b"preamble\r\n" + b"".join(f"--{boundary}\r\n".encode() + one + b"\r\n" for one in pieces)
        body += f"--{boundary}--\r\nepilogue".encode()
        headers = {"content-type": f'Multipart/Form-Data; charset=utf-8; boundary="{boundary}"'}
        incoming = DIALECT.accept(replace(request, headers=headers, body=body), self.call(system="T03"))
        assert incoming.authenticated
        assert not incoming.findings

    @pytest.mark.parametrize("missing", ["platform", "api_key", "token", "fileSM3", "data", "file"])
    def test_a_part_missing_or_twice_is_malformed(self, missing: str) -> None:
        request = self.document()
        boundary = request.headers["Content-Type"].partition("boundary=")[2].encode()
        pieces = request.body.split(b"--" + boundary)
        (one,) = [piece for piece in pieces if f'name="{missing}"'.encode() in piece]
        for changed in (
            (b"--" + boundary).join(piece for piece in pieces if piece is not one),
            (b"--" + boundary).join([*pieces[:-1], one, pieces[-1]]),
        ):
            assert self.finding(replace(request, body=changed)) == "envelope.malformed"

    def test_a_cipher_text_that_does_not_open_is_malformed(self) -> None:
        request = self.document()
        sealed = parts(request)["api_key"]
        for bad in (b"AAAA", b"!", sealed[:-8] + b"AAAAAAA=", b""):
            assert (
                self.finding(replace(request, body=request.body.replace(sealed, bad))) == "envelope.malformed"
            )

    # -- other -----------------------------------------------------------------------------------
    def test_a_key_of_another_shape_is_told_and_upper_case_is_lowered(self) -> None:
        for key, codes in (("AB" * 16, set()), ("S-1", {"field.format"})):
            request = self.push(ours())
            body = {**json.loads(request.body), "dataKey": key}
            changed = replace(request, body=json.dumps(body).encode())
            incoming = DIALECT.accept(changed, self.call(system="T03"))
            assert {one.code for one in incoming.findings} == codes
            assert incoming.key == (key.lower() if not codes else key)
            reply = json.loads(DIALECT.reply(answer_to(incoming), incoming, self.call()).body)
            assert (reply["data"].get("field") == "dataKey") is bool(codes)

    def test_told_twice_is_one_message_and_asked_twice_are_two(self) -> None:
        def ask(service: str, fields: dict[str, Any], nonce: str) -> Incoming:
            outgoing = replace(self.outgoing("eng-section", fields), message=service, stage="")
            request = with_token(DIALECT.encode(outgoing, self.call()), ours())
            return DIALECT.accept(request, self.call(system="T03", nonce=nonce))

        entry = {"applyNo": "JC-1", "decision": "accepted", "reasons": [], "acceptUnit": {"name": "甲"}}
        first, again = (ask("entry.accept", entry, nonce) for nonce in "ab")
        other = ask("entry.accept", {**entry, "decision": "refused"}, "a")
        assert first.message_id == again.message_id != other.message_id
        assert first.fields["acceptUnit"] == {"name": "甲"}
        one, two = (ask("project.query", {"queryKind": "name"}, nonce).message_id for nonce in "ab")
        assert one != two

    def test_seats_are_read_in_both_spellings_and_written_in_one(self) -> None:
        fields = {**fields_of(self.papers, "eng-section", "out", 1), "REGION_CODE": "620900"}
        request = DIALECT.encode(self.outgoing("eng-section", fields), self.call())
        assert self.foreign(request)["regCode"] == "620901"
        for spelt in ("620901", "620900"):
            body = {**json.loads(request.body), "token": ours(), "regCode": spelt}
            changed = replace(request, body=json.dumps(body).encode())
            assert DIALECT.accept(changed, self.call(system="T03")).fields["REGION_CODE"] == "620900"

    def test_bad_values_of_lists_are_named_with_the_others(self) -> None:
        fields = {"startTime": "?", "dealCodes": [{"tradeClass": {"a": 1}}], "acceptTime": "?"}
        outgoing = replace(self.outgoing("eng-section", fields), message="entry.accept", stage="")
        with pytest.raises(SenderError) as refused:
            DIALECT.encode(outgoing, self.call())
        assert len(refused.value.findings) == 2

    def test_too_late_is_by_the_clock_of_the_hub(self) -> None:
        late = self.call(system="T03", now=AT + timedelta(seconds=301))
        assert DIALECT.accept(self.push(ours()), late).context["auth"] == "10052"
