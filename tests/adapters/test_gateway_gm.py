"""gateway-gm: a gate, a sealed message signed in one of eight ways, three levels of answer."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, ClassVar

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

from adapters.gateway_gm import DIALECT
from certs.algorithms import sm2
from certs.algorithms.content_ciphers import CIPHERS, Chosen
from certs.algorithms.content_streams import decrypt
from hub.catalogue.papers import ROOT, Expectation, Papers
from hub.message import Finding
from hub.ports import Answer, Call, Incoming, Kind, Outgoing, WireReply, WireRequest
from tests.adapters.contract import AT, RECEIPT, Contract, refused_by_hub, wire_reply, wire_request
from tests.adapters.golden import pointing, said
from tests.adapters.records import fields_of
from tests.rows import each

SAMPLES = ROOT / "gateway-gm" / "samples"
SECRETS: dict[str, str] = Papers.load("gateway-gm").golden()[0]["secrets"]
# the two sides of a loop: what we sign is what we believe
LOOP = {**SECRETS, "peer_pub": SECRETS["sign_pub"]}
K = b"BC4B80B34DA638D3"
USUAL = "1234567812345678"
APP = SECRETS["app_id"]
TAX = {
    "party": {"type": "1", "code": "916201022243338110", "name": "兰州恒筑建设有限公司"},
    "taxKind": "credit-grade",
    "months": ["2026-10", "2026-09"],
    "purpose": "投标资格核验",
    "requester": {"type": "1", "code": "126200004380000175", "name": "甘肃省公共资源交易中心"},
    "consentNo": "SQ-2026-000077",
}


def opened(message: dict[str, Any]) -> Any:
    sealed = bytes.fromhex(message["data"]["encData"])
    return json.loads(decrypt(Chosen(CIPHERS["sm4-ecb"], b""), K, sealed))


def sealed(text: bytes) -> str:
    padder = PKCS7(128).padder()
    encryptor = Cipher(algorithms.SM4(K), modes.ECB()).encryptor()
    return encryptor.update(padder.update(text) + padder.finalize()).hex()


def tidy(value: Any, keep: bool) -> Any:
    if isinstance(value, dict):
        return {k: tidy(value[k], keep) for k in sorted(value) if keep or value[k] not in ("", None)}
    return [tidy(one, keep) for one in value] if isinstance(value, list) else value


def signed_text(message: dict[str, Any], payload: Any, *, keep: bool = False) -> bytes:
    names = ("appId", "version", "timestamp", "msgid", "encType", "signType")
    data = json.dumps(tidy(payload, keep), ensure_ascii=False, separators=(",", ":"))
    values = {**{name: message[name] for name in names}, "data": data}
    told = "&".join(f"{name}={values[name]}" for name in sorted(values) if keep or values[name])
    return f"{told}&key={SECRETS['app_secret']}".encode()


def message_of(
    payload: Any,
    msgid: str,
    *,
    key: str = SECRETS["sign_key"],
    user: str = USUAL,
    der: bool = False,
    keep: bool = False,
    **change: Any,
) -> dict[str, Any]:
    """A message made by hand, in any of the ways."""
    head = {"appId": APP, "version": "1.0.0", "timestamp": "20261122090000", "msgid": msgid}
    message = {**head, "encType": "SM4", "signType": "SM2", **change}
    text = signed_text(message, payload, keep=keep)
    signature = sm2.sign(text, bytes.fromhex(key), user.encode())
    if not der:
        signature = b"".join(part.to_bytes(32, "big") for part in decode_dss_signature(signature))
    plain = json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()
    return {**message, "data": {"encData": sealed(plain)}, "signData": base64.b64encode(signature).decode()}


def verified(message: dict[str, Any], public: str, *, user: str = USUAL, der: bool = False) -> bool:
    raw = base64.b64decode(message["signData"])
    if not der:
        assert len(raw) == 64
        raw = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    return sm2.verify(signed_text(message, opened(message)), raw, bytes.fromhex(public), user.encode())


def reply_of(message: dict[str, Any], code: object = 0) -> WireReply:
    body = json.dumps({"code": code, "message": "m", **message}, ensure_ascii=False).encode()
    return WireReply(200, {"content-type": "application/json"}, body)


def unsigned(body: bytes) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(body)
    made.pop("signData", None)
    return made


class TestGatewayGm(Contract):
    name = "gateway-gm"
    dialect = DIALECT
    credentials: ClassVar = LOOP
    sender = "P13"

    @staticmethod
    def foreign(request: WireRequest) -> dict[str, str]:
        return {name: str(value) for name, value in opened(json.loads(request.body)).items()}

    def call(self, **change: Any) -> Call:
        return super().call(**{"session": None, "system": "P07", **change})

    def msgid(self, stage: str = "") -> str:
        return self.papers.row_key(self.sender, stage or self.stages()[0], "K-1")

    def business(self, code: str, result: Any = None, **how: Any) -> WireReply:
        payload = {"bizCode": code, "bizMsg": "m", "result": result or {}}
        return reply_of(message_of(payload, self.msgid(), **how))

    def wire(self, row: Expectation) -> WireReply:
        receipt = {"rcpt_no": "1", "rcpt_time": "20261122090001", "x": ""}
        special = {
            "ok": self.business("0000", receipt),
            "slow": self.business("0000", receipt),
            "answer signed under the other user id": self.business("0000", receipt, user=APP),
            "signature of the other form": self.business("0000", receipt, der=True),
            "empty values signed": self.business("0000", receipt, keep=True),
            "answer signature does not hold": self.business("0000", receipt, key=SECRETS["peer_key"]),
            "answer too big": WireReply(200, {}, self.business("0000").body + b" " * 2097152),
            "unlisted code": self.business("7777"),
        }
        if row.situation in special:
            return special[row.situation]
        found = re.fullmatch(r"(?:code 0, )?(errcode|code|bizCode) (\d+)", row.wire)
        assert found is not None, row
        level, code = found.groups()
        if level == "bizCode":
            return self.business(code)
        answer = {level: int(code) if level == "code" else code, "data": None}
        return WireReply(int(row.wire_status), {"retry-after": "7"}, json.dumps(answer).encode())

    def answer(self, row: Expectation) -> tuple[Answer, Incoming | None]:
        def fault(code: str) -> tuple[Answer, Incoming]:
            return Answer(401, "auth.failed"), self.incoming(authenticated=False, context={"fault": code})

        def found(code: str) -> tuple[Answer, None]:
            finding = Finding(code, "/body/fields/PURCHASE_PROJECT_NAME")
            return Answer(422, "message.refused", findings=(finding,)), None

        malformed = "body or opened data not JSON, duplicate member, float, msgid inside and outside differ"
        return {
            "accepted": (Answer(202, "0000", data=RECEIPT), None),
            "duplicate (same content)": (Answer(200, "0000", data=RECEIPT), None),
            "conflict": (Answer(409, "idempotency.conflict"), None),
            "paasid or gateway signature wrong, unknown system": fault("gateway.40102"),
            "header time more than 300 s off": fault("gateway.40103"),
            "nonce used before": (Answer(401, "auth.nonce-reused"), None),
            "signData does not hold": fault("protocol.1001"),
            "encData does not open": fault("protocol.1002"),
            "appId of another, not online": (Answer(403, "system.suspended"), None),
            "version, encType or signType other": fault("protocol.1004"),
            malformed: fault("protocol.1005"),
            "over limit": (Answer(413, "x"), None),
            "body timestamp more than 600 s off": fault("protocol.1007"),
            "finding field.required": found("field.required"),
            "finding code.unknown": found("code.unknown"),
            "any other finding": found("field.length"),
            "overload": (Answer(503, "hub.busy"), None),
            "unknown service": (Answer(422, "x"), self.incoming(findings=(Finding("path.unknown"),))),
            "internal error": (Answer(500, "hub.internal"), None),
        }[row.situation]

    def inward_ok(self, row: Expectation, reply: WireReply) -> None:
        answer = json.loads(reply.body)
        found = re.match(r"(errcode|code|bizCode) (\d+)(?: or (\d+))?", row.wire)
        assert found is not None
        if found[1] != "bizCode":
            assert str(answer[found[1]]) in (found[2], found[3])
            return
        assert answer["code"] == 0
        assert verified(answer, SECRETS["sign_pub"])
        payload = opened(answer)
        assert payload["bizCode"] == found[2]
        if row.kind in ("delivered", "duplicate"):
            assert payload["result"]["rcpt_no"] == RECEIPT["hubId"]
        if row.situation.startswith(("finding", "any other")):
            assert payload["result"]["field"] == "purc_prj_name"
            assert payload["bizMsg"].endswith(":purc_prj_name")

    def test_an_absent_and_an_empty_field_look_the_same(self, stage: str) -> None:
        """As in the contract, but for the signature, which is another each time."""
        fields = fields_of(self.papers, stage, "out", 5, share=0.0)
        empty = {row.standard: "" for row in self.papers.rows(stage) if not row.standard.startswith("@")}
        bare = DIALECT.encode(self.outgoing(stage, fields), self.call())
        for nothing in ("", None):
            padded = {**dict.fromkeys(empty, nothing), **fields}
            made = DIALECT.encode(self.outgoing(stage, padded), self.call())
            assert (made.headers, unsigned(made.body)) == (bare.headers, unsigned(bare.body))

    def test_the_published_samples_are_read(self) -> None:
        """Those of the business level are payloads: they are sealed and signed before they are read."""
        outgoing = self.outgoing(self.stages()[0], {})
        seen = 0
        for path in sorted(SAMPLES.glob("error.*.reply.json")):
            answer = json.loads(path.read_bytes())
            reply = WireReply(200, {}, path.read_bytes())
            if "bizCode" in answer:
                reply = reply_of(message_of(answer, self.msgid()))
            outcome = DIALECT.decode(reply, outgoing, self.call())
            assert outcome.code not in ("receiver.broken-body", "receiver.unknown-code"), path.name
            assert outcome.kind is not Kind.DELIVERED, path.name
            seen += 1
        assert seen > 25

    # -- transcripts ---------------------------------------------------------------------------
    def golden_outward(self, golden: dict[str, Any]) -> None:
        request = wire_request(golden["request"])
        if request.path.endswith("dataqury"):
            return  # read-back is the operator's; this adapter has nothing to ask
        message = json.loads(request.body)
        system = "D11" if golden["id"] in ("push-gp-project-D11", "supervise.data") else "P07"
        nonce = golden["secrets"]["nonce"]
        call = self.golden_call(golden, nonce=nonce)
        call = replace(call, system="D16" if "taxqury" in request.path else system)
        outgoing = self.behind(request, message, call)
        made = DIALECT.encode(outgoing, call)
        assert (made.method, made.path) == (request.method, request.path)
        assert dict(made.headers) == golden["request"]["headers"]
        assert unsigned(made.body) == unsigned(request.body)
        assert [*json.loads(made.body)] == [*message]
        how: dict[str, Any] = {"user": APP, "der": True} if call.system == "D11" else {}
        assert verified(json.loads(made.body), SECRETS["sign_pub"], **how)
        outcome = DIALECT.decode(wire_reply(golden["reply"]), outgoing, call)
        assert (outcome.kind.value, outcome.code) == (golden["outcome"]["kind"], golden["outcome"]["code"])

    def behind(self, request: WireRequest, message: dict[str, Any], call: Call) -> Outgoing:
        """What must have been said: a published record, or the question that the sample asks."""
        if request.path.endswith("taxqury"):
            return Outgoing("tax.query", "", "query", 1, TAX)
        if request.path.endswith("supndata"):
            return Outgoing("supervise.data", "", "send", 1, supervised(opened(message)))
        loop = replace(call, credentials={**call.credentials, "peer_pub": SECRETS["sign_pub"]}, system="P13")
        incoming = DIALECT.accept(request, loop)
        assert incoming.authenticated
        return said(self.papers, incoming)

    def golden_inward(self, golden: dict[str, Any]) -> None:
        system = golden["request"]["path"].split("/")[2]
        call = replace(self.golden_call(golden), system=system)
        incoming = DIALECT.accept(wire_request(golden["request"]), call)
        reply = DIALECT.reply(self.golden_answer(golden, incoming), incoming, call)
        expected = golden["reply"]
        assert (reply.status, dict(reply.headers)) == (expected["status"], expected["headers"])
        answer, wanted = json.loads(reply.body), json.loads(expected["body"])
        if "signData" not in wanted:
            assert reply.body.decode() == expected["body"]
            return
        assert [*answer] == [*wanted]
        how: dict[str, Any] = {"user": APP, "der": True} if system == "D11" else {}
        assert verified(wanted, SECRETS["sign_pub"], **how)
        assert verified(answer, SECRETS["sign_pub"], **how)
        assert opened(answer) == opened(wanted)
        assert unsigned(reply.body) == unsigned(expected["body"].encode())

    def golden_answer(self, golden: dict[str, Any], incoming: Incoming) -> Answer:
        code = golden["outcome"]["code"]
        if code in ("field.required", "code.unknown"):
            name = opened(json.loads(golden["reply"]["body"]))["result"]["field"]
            finding = pointing(self.papers, incoming.stage, code, name)
            return Answer(422, "message.refused", findings=(finding,))
        if code == "auth.nonce-reused":
            assert incoming.context["nonce"] == golden["request"]["headers"]["x-tif-nonce"]
            return Answer(401, code)
        return super().golden_answer(golden, incoming)

    # -- the gate ------------------------------------------------------------------------------
    def push(self, **change: Any) -> WireRequest:
        stage = self.stages()[0]
        return DIALECT.encode(
            self.outgoing(stage, fields_of(self.papers, stage, "out", 1)), self.call(**change)
        )

    def fault(self, request: WireRequest, **change: Any) -> str:
        incoming = DIALECT.accept(request, self.call(**change))
        assert incoming.authenticated is ("fault" not in incoming.context)
        reply = DIALECT.reply(Answer(401, "auth.failed"), incoming, self.call())
        fault = str(incoming.context.get("fault") or "")
        if fault:
            answer = json.loads(reply.body)
            assert str(answer.get("errcode") or answer.get("code")) == fault.partition(".")[2]
        return fault

    @each(
        ("header", "value", "code"),
        [
            ("x-tif-paasid", "other", "40101"),
            ("x-tif-paasid", "\udcff", "40101"),
            ("x-tif-timestamp", "", "40103"),
            ("x-tif-timestamp", "²", "40103"),
            ("x-tif-timestamp", "9" * 40, "40103"),
            ("x-tif-nonce", "", "40102"),
            ("x-tif-nonce", "other", "40102"),
            ("x-tif-signature", "", "40102"),
            ("x-tif-signature", "\udcff", "40102"),
        ],
    )
    def test_every_header_is_judged(self, header: str, value: str, code: str) -> None:
        request = self.push()
        changed = replace(request, headers={**request.headers, header: value})
        assert self.fault(changed) == f"gateway.{code}"

    def test_the_gate_is_no_matter_of_case_and_of_the_address(self) -> None:
        request = self.push()
        headers = {name.upper(): value for name, value in request.headers.items()}
        headers["X-TIF-SIGNATURE"] = headers["X-TIF-SIGNATURE"].lower()
        del headers["X-FORWARDED-FOR"]
        assert self.fault(replace(request, headers=headers)) == ""

    @pytest.mark.parametrize(
        ("seconds", "code"), [(300, ""), (301, "gateway.40103"), (-301, "gateway.40103")]
    )
    def test_the_window_of_the_gate(self, seconds: int, code: str) -> None:
        assert self.fault(self.push(), now=AT + timedelta(seconds=seconds)) == code

    @pytest.mark.parametrize("length", [0, 65])
    def test_a_nonce_is_of_64_characters_at_most(self, length: int) -> None:
        assert self.fault(self.push(nonce="n" * length)) == "gateway.40102"

    def test_the_worked_example_of_the_gate(self) -> None:
        request = self.push(nonce="c0ffee00c0ffee00c0ffee00c0ffee00")
        assert request.headers["x-tif-signature"] == (
            "A5311CE5B75EA6233AEE10C09C96EA9498DAF93D411AD8BFA15CEE8FF812E368"
        )

    def test_nobody_without_credentials_is_let_in(self) -> None:
        token = {"paas_id": "", "paas_token": "", "app_id": "", "app_secret": "", "client_ip": ""}
        assert self.fault(self.push(), credentials={}) == "gateway.40101"
        assert self.fault(self.push(), credentials=token) == "gateway.40101"
        keyless = {**LOOP, "peer_pub": ""}
        assert self.fault(self.push(), credentials=keyless) == "protocol.1001"

    # -- the message ---------------------------------------------------------------------------
    def with_message(self, message: object) -> WireRequest:
        body = message if isinstance(message, bytes) else json.dumps(message, ensure_ascii=False).encode()
        return replace(self.push(), body=body)

    def payload(self) -> dict[str, Any]:
        found: dict[str, Any] = opened(json.loads(self.push().body))
        return found

    @each("user", [USUAL, APP])
    @each("der", [True, False])
    @each("keep", [True, False])
    def test_each_of_the_eight_ways_is_believed(self, user: str, der: bool, keep: bool) -> None:
        payload = {**self.payload(), "relate_code": ""}
        message = message_of(payload, self.msgid(), user=user, der=der, keep=keep)
        assert self.fault(self.with_message(message)) == ""

    def test_what_holds_in_no_way_is_not_believed(self) -> None:
        payload, msgid = self.payload(), self.msgid()
        for message in (
            message_of(payload, msgid, key=SECRETS["peer_key"]),
            message_of(payload, msgid, user="1234567812345679"),
            {**message_of(payload, msgid), "signData": ""},
            {**message_of(payload, msgid), "signData": "!"},
            {**message_of(payload, msgid), "signData": 5},
            {**message_of(payload, msgid), "signData": base64.b64encode(bytes(64)).decode()},
            {**message_of(payload, msgid), "signData": base64.b64encode(b"0" * 72).decode()},
            {**message_of(payload, msgid), "timestamp": "20261122090001"},
            {
                **message_of(payload, msgid),
                "data": message_of({**payload, "purc_prj_name": "x"}, msgid)["data"],
            },
        ):
            assert self.fault(self.with_message(message)) == "protocol.1001", message

    @each(
        ("change", "code"),
        [
            ({"version": "1.0.1"}, "1004"),
            ({"encType": "sm4"}, "1004"),
            ({"signType": "RSA"}, "1004"),
            ({"appId": "APP6200GGZYHUB0002"}, "1003"),
            ({"appId": 5}, "1003"),
            ({"timestamp": "20261122091001"}, "1007"),
            ({"timestamp": "20261322090000"}, "1007"),
            ({"timestamp": 20261122090000}, "1007"),
            ({"data": {"encData": "00"}}, "1002"),
            ({"data": {"encData": "zz"}}, "1002"),
            ({"data": None}, "1002"),
            ({"msgid": "other"}, "1005"),
            ({"msgid": None}, "1005"),
        ],
    )
    def test_the_order_of_the_protocol(self, change: dict[str, Any], code: str) -> None:
        message = {**message_of(self.payload(), self.msgid()), **change}
        assert self.fault(self.with_message(message)) == f"protocol.{code}"

    @pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"a":1,"a":2}', b'{"a":1.5}', b"\xff"])
    def test_what_is_no_message(self, body: bytes) -> None:
        assert self.fault(self.with_message(body)) == "protocol.1005"

    @pytest.mark.parametrize(
        "plain", [b"[]", b"{", b'{"msgid":"A","msgid":"A"}', b'{"msgid":"A","b":1.5}', b"\xff"]
    )
    def test_what_is_no_payload(self, plain: bytes) -> None:
        message = {**message_of({}, "A"), "data": {"encData": sealed(plain)}}
        assert self.fault(self.with_message(message)) == "protocol.1005"

    def test_a_body_too_large(self) -> None:
        assert self.fault(self.with_message(b" " * 2097153)) == "protocol.1006"

    def test_cipher_text_in_either_case(self) -> None:
        message = message_of(self.payload(), self.msgid())
        message["data"] = {"encData": message["data"]["encData"].upper()}
        assert self.fault(self.with_message(message)) == ""

    def test_the_worked_example_of_the_message(self) -> None:
        payload = {"msgid": "A", "b": "", "a": 1}
        head = {"appId": APP, "version": "1.0.0", "timestamp": "20261122090000", "msgid": "A"}
        message = {**head, "encType": "SM4", "signType": "SM2"}
        assert signed_text(message, payload).decode() == (
            'appId=APP6200GGZYHUB0001&data={"a":1,"msgid":"A"}&encType=SM4&msgid=A&signType=SM2'
            "&timestamp=20261122090000&version=1.0.0&key=SECRET-6200-ggzy-0001"
        )
        message["data"] = {  # type: ignore[assignment]
            "encData": "6C8E34E5A521DF4FADB33B39F34B5F5EE1C809704633B7D01D6A389017A55272"
        }
        message["signData"] = (
            "bkfCqiXW3RFJrZbE+nSJZyHm91+SQh7GlG84vacXVcJzdW5caEdsoCCYZL/ww322lI2a+u1FZ4yWRGug7osmJQ=="
        )
        incoming = DIALECT.accept(self.with_message(message), self.call())
        assert incoming.authenticated
        assert incoming.key == "A"

    # -- answers -------------------------------------------------------------------------------
    def test_the_gateway_is_asked_before_the_status_line(self) -> None:
        reply = WireReply(200, {}, b'{"errcode":"40104","code":0}')
        outgoing = self.outgoing(self.stages()[0], {})
        assert DIALECT.decode(reply, outgoing, self.call()).code == "auth.nonce-reused"

    def test_a_good_answer_to_something_else_is_none(self) -> None:
        payload = {"bizCode": "0000", "bizMsg": "m", "result": {}}
        outgoing = self.outgoing(self.stages()[0], {})
        for message in (message_of(payload, "0" * 32), message_of(payload, self.msgid(), appId="X" * 18)):
            outcome = DIALECT.decode(reply_of(message), outgoing, self.call())
            assert (outcome.kind, outcome.code) == (Kind.UNKNOWN, "receiver.bad-signature")

    def asked(self, **change: Any) -> Outgoing:
        return Outgoing("tax.query", "", "query", 1, {**TAX, **change})

    def answered(self, payload: dict[str, Any]) -> WireReply:
        msgid = json.loads(DIALECT.encode(self.asked(), self.call()).body)["msgid"]
        return reply_of(message_of(payload, msgid))

    def test_the_same_question_has_the_same_number(self) -> None:
        def number(nonce: str, **change: Any) -> str:
            made = DIALECT.encode(self.asked(**change), self.call(nonce=nonce))
            found: str = json.loads(made.body)["msgid"]
            return found

        text = json.dumps(tidy(opened(json.loads(DIALECT.encode(self.asked(), self.call()).body)), False),
                          ensure_ascii=False, separators=(",", ":"))  # fmt: skip
        assert number("a") == hashlib.sha256(f"taxqury|{text}".encode()).hexdigest()[:32]
        assert number("a") == number("b") != number("a", purpose="其他")

    def test_a_ticket_says_how_long_to_wait(self) -> None:
        ticket = {"bizCode": "0002", "bizMsg": "m", "result": {"ticket": "PJ-1", "wait_sec": 3}}
        outcome = DIALECT.decode(self.answered(ticket), self.asked(), self.call())
        assert (outcome.kind, outcome.code, outcome.data) == (
            Kind.RETRY,
            "receiver.pending",
            {"retry_after": 3},
        )
        for wait in (-1, "x", None, 10**6, [1]):
            odd = {**ticket, "result": {"wait_sec": wait}}
            assert DIALECT.decode(self.answered(odd), self.asked(), self.call()).data == {}

    def test_what_was_fetched_comes_in_unified_names(self) -> None:
        payload = json.loads((SAMPLES / "tax.query.reply.json").read_bytes())
        outcome = DIALECT.decode(self.answered(payload), self.asked(), self.call())
        assert outcome.kind is Kind.DELIVERED
        assert dict(outcome.data) == {
            "verifyNo": "SW-20261122-0001",
            "inOrder": True,
            "creditGrade": "A",
            "results": [{"item": "纳税信用级别", "result": "match"}],
            "sourceSystem": "D16",
            "asOf": "2026-11-22T09:00:00+08:00",
        }

    def test_a_section_never_leaves_with_a_tax_query(self) -> None:
        request = DIALECT.encode(self.asked(section={"BID_SECTION_CODE": "E1"}), self.call())
        assert "E1" not in json.dumps(opened(json.loads(request.body)))

    def test_a_delete_has_the_envelope_alone(self) -> None:
        stage = self.stages()[0]
        fields = fields_of(self.papers, stage, "out", 1)
        request = DIALECT.encode(self.outgoing(stage, fields, op="delete"), self.call())
        envelope = {"msgid", "oper_type", "data_ver", "src_sys", "hub_no", "send_time"}
        assert opened(json.loads(request.body)).keys() == envelope

    @pytest.mark.parametrize("code", ["code.unknown", "code.region", "code.region-outside"])
    def test_a_region_that_is_none_is_a_code_that_is_none(self, code: str) -> None:
        finding = Finding(code, "/body/fields/REGION_CODE")
        refused = Answer(422, "message.refused", findings=(finding,))
        payload = opened(json.loads(DIALECT.reply(refused, self.incoming(), self.call()).body))
        assert (payload["bizCode"], payload["result"]["field"]) == ("2003", "admdvs")

    def test_the_hub_without_a_key_says_so_outside(self) -> None:
        bare = replace(self.call(), credentials={})
        reply = DIALECT.reply(Answer(202, "0000", data=RECEIPT), self.incoming(), bare)
        assert json.loads(reply.body)["code"] == 1999
        refused = DIALECT.reply(refused_by_hub("x", self.incoming()), self.incoming(), bare)
        assert json.loads(refused.body)["code"] == 1999


def supervised(payload: dict[str, Any]) -> dict[str, Any]:
    """The batch of the sample in unified names."""

    def moment(text: str) -> str:
        return datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=AT.tzinfo).isoformat()

    return {
        "batchNo": payload["batch_no"],
        "stage": payload["stage"],
        "recordCount": payload["rec_cnt"],
        "dataFile": {
            "name": payload["file_name"],
            "digest": payload["file_dgst"],
            "size": payload["file_size"],
            "media": payload["file_media"],
        },
        "batchDigest": payload["batch_dgst"],
        "fromTime": moment(payload["begn_time"]),
        "toTime": moment(payload["end_time"]),
        "openScope": payload["open_scp"],
    }
