"""sm2-envelope: enciphered, signed inside; serials that hold until midnight; callbacks known for good."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any, ClassVar

import pytest

from adapters import sm4
from adapters.sm2_envelope import DIALECT, papers, sealing
from certs.algorithms import sm2
from certs.algorithms.sm2_keys import public_of
from hub.catalogue.papers import ROOT, Expectation, Papers
from hub.errors import SenderError
from hub.message import Finding
from hub.ports import Answer, Blame, Incoming, Kind, Outcome, Outgoing, WireReply, WireRequest
from tests.adapters.contract import AT, RECEIPT, Contract, wire_reply, wire_request
from tests.adapters.questions import expected, service_fields, unified
from tests.adapters.records import fields_of

IN_HAND = Outcome(Kind.UNKNOWN, "receiver.in-hand", Blame.RECEIVER)
PAPERS = Papers.load("sm2-envelope")
RECORDS = json.loads((ROOT / "records.json").read_text("utf-8"))
OPERATIONS = {code: name for name, code in PAPERS.facts["operations"].items()}
ASKED = sorted({name for row in PAPERS.facts["systems"].values() for name in row["ask"]})
CALLED = sorted((name, system) for system, row in PAPERS.facts["systems"].items() for name in row["call"])
KEY, PRIVATE = (
    "6fd4ed791a052c1c84680be3d6c9d210",
    "dd35bf533cfa869199745245364e71af708a562795a49ec4c1b4abaa6d31344e",
)
KEYS = {
    "app_id": "GSBANK0004",
    "sm4_key": KEY,
    "sign_private": PRIVATE,
    "peer_public": public_of(bytes.fromhex(PRIVATE)).hex(),
}


def opened(body: bytes, key: str = KEY) -> bytes:
    """Read without the adapter."""
    raw = base64.b64decode(body)
    return sm4.decipher(raw[16:], bytes.fromhex(key), raw[:16])


def flat(body: dict[str, Any], above: str = "") -> dict[str, Any]:
    """Foreign path -> text, lists as the judge has them."""
    found: dict[str, Any] = {}
    for name, value in body.items():
        if isinstance(value, dict):
            found |= flat(value, f"{above}{name}/")
        elif isinstance(value, list):
            found[f"{above}{name}"] = [flat(one) if isinstance(one, dict) else one for one in value]
        else:
            found[f"{above}{name}"] = str(value).lower() if isinstance(value, bool) else str(value)
    return found


def answered(code: str, body: Any = None, **keys: str) -> WireReply:
    head = {"tranCode": "X", "serialNo": "S", "tranTime": "20261122090001", "respCode": code, "respMsg": "m"}
    plain = json.dumps({"head": head, "body": body or {}}, ensure_ascii=False).encode()
    made = sealing.seal(plain, {**KEYS, **keys}, "answer")
    return WireReply(200, {"x-app-id": "GSBANK0004", "x-sign": made.sign}, made.body)


def in_clear(code: str) -> WireReply:
    return WireReply(200, {}, json.dumps({"head": {"respCode": code, "respMsg": "m"}, "body": {}}).encode())


class TestSm2Envelope(Contract):
    name = "sm2-envelope"
    dialect = DIALECT
    credentials: ClassVar = KEYS

    @pytest.fixture(autouse=True)
    def _a_system_that_may_send_all(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        monkeypatch.setitem(papers.ADMITTED, self.sender, papers.RECORDS)  # type: ignore[arg-type]
        yield

    @staticmethod
    def foreign(request: WireRequest) -> dict[str, str]:
        return flat(json.loads(opened(request.body))["body"])

    def clear(self, request: WireRequest) -> WireRequest:
        headers = {name: value for name, value in request.headers.items() if name != "x-sign"}
        return replace(request, body=opened(request.body), headers=headers)

    def wire(self, row: Expectation) -> WireReply:
        good = answered("000000")
        plain = opened(good.body)
        other = base64.b64encode(bytes(16) + base64.b64decode(good.body)[16:])
        over = base64.b64encode(sm2.sign(good.body, bytes.fromhex(PRIVATE))).decode()
        if row.situation.startswith("respCode"):
            return answered(row.situation[9:])
        assert plain.startswith(b"{")
        return {
            "ok": good,
            "slow": good,
            "amounts in fen": good,
            "plain error body": in_clear("900001"),
            "plain body that claims anything else": in_clear("000000"),
            "IV other than the one sent": replace(good, body=other),
            "cannot be deciphered": replace(good, body=b"QUJD" * 16),
            "signature over the ciphertext": replace(good, headers={"x-sign": over}),
            "signature missing or wrong": replace(good, headers={}),
            "answer too big": WireReply(200, {}, b"A" * (papers.LIMIT + 1)),
            "unlisted code": answered("123456"),
        }[row.situation]

    def test_answers_mean_what_the_papers_say(self, row: Expectation) -> None:
        if not row.situation.startswith("asked before resend"):
            super().test_answers_mean_what_the_papers_say(row)
            return
        body = {
            "found": {"found": True, "done": True, "origRespCode": "000000", "result": {}},
            "in hand": {"found": True, "done": False},
            "not there": {"found": False},
        }[row.situation.partition(": ")[2]]
        known = DIALECT.asked(answered("000000", body), self.record(), self.call())
        assert known == {"duplicate": True, "unknown": IN_HAND, "retry": False}[row.kind]
        assert row.kind != "unknown" or row.code == IN_HAND.code

    def record(self) -> Outgoing:
        return self.outgoing("contract-sign", fields_of(self.papers, "contract-sign", "out", 1))

    def answer(self, row: Expectation) -> tuple[Answer, Incoming | None]:
        findings = (Finding("field.required", "/body/fields/BIDDER_NAME", "x", "y"), Finding("field.length"))
        request = DIALECT.encode(self.record(), self.call())
        bad_sign = base64.b64encode(sm2.sign(b"other", bytes.fromhex(PRIVATE))).decode()

        def accepted(**change: Any) -> tuple[Answer, Incoming]:
            return Answer(401, "auth.failed"), self.accept(replace(request, **change))

        late = DIALECT.encode(self.record(), self.call(now=AT - timedelta(seconds=301)))
        return {
            "accepted": (Answer(202, "0000", data=RECEIPT), None),
            "duplicate (same business number, same content)": (Answer(200, "0000", data=RECEIPT), None),
            "callback before the answer to our request": (Answer(202, "0000", data=RECEIPT), None),
            "conflict": (Answer(409, "idempotency.conflict"), None),
            "unknown app id, app id of another system": accepted(
                headers={**request.headers, "x-app-id": "OTHER"}
            ),
            "bad signature": accepted(headers={**request.headers, "x-sign": bad_sign}),
            "cannot be deciphered": accepted(body=request.body[4:]),
            "tranTime off by more than 300 s": (Answer(401, "auth.time-window"), self.accept(late)),
            "not online": (Answer(403, "member.not-online"), None),
            "finding field.required / code.unknown / other": (
                Answer(422, "message.refused", findings=findings),
                None,
            ),
            "not JSON, duplicate member, float": (
                Answer(422, "x"),
                self.accept(self.sealed(b'{"head":{},"body":{"a":1.5}}')),
            ),
            "over limit": (Answer(413, "x"), self.incoming(findings=(Finding("envelope.too-large"),))),
            "unknown tranCode": (
                Answer(422, "x"),
                self.accept(self.sealed(b'{"head":{"tranCode":"ZZ"},"body":{}}')),
            ),
            "overload": (Answer(503, "hub.busy"), None),
            "internal error": (Answer(500, "hub.internal"), None),
        }[row.situation]

    def sealed(self, plain: bytes) -> WireRequest:
        made = sealing.seal(plain, KEYS, "n")
        return WireRequest(
            "POST", "/outreach/api", {"x-app-id": KEYS["app_id"], "x-sign": made.sign}, made.body
        )

    def accept(self, request: WireRequest, system: str = "") -> Incoming:
        return DIALECT.accept(request, self.call(system=system or self.sender))

    def inward_ok(self, row: Expectation, reply: WireReply) -> None:
        plain = reply.body if reply.body.startswith(b"{") else opened(reply.body)
        assert reply.body.startswith(b"{") is ("plain body" in row.wire)
        answer = json.loads(plain)
        code = answer["head"]["respCode"]
        assert code in row.wire
        if "x-sign" in reply.headers:
            assert sealing.holds(plain, reply.headers["x-sign"], KEYS)
        if row.kind in ("delivered", "duplicate"):
            assert answer["body"]["receiptNo"] == RECEIPT["hubId"]
        if row.situation.startswith("finding"):
            assert answer["body"]["field"] == "bidderName"
            assert answer["head"]["respMsg"] == "bidderName:field.required;报文:field.length"

    # -- transcripts: opened, compared byte for byte, signatures verified ------------------------
    def golden_outward(self, golden: dict[str, Any]) -> None:
        keys, plain = golden["secrets"], golden["plain"]["request"]
        document = json.loads(plain)
        system = "F04" if golden["id"].endswith("-fen") else "F01"
        call = self.golden_call(golden, system=system)
        assert opened(base64_body(golden["request"]), keys["sm4_key"]).decode() == plain
        outgoing = self.said(document, fen=system == "F04")
        if outgoing is None:
            assert DIALECT.ask(self.said_record("eng-bid-guarantee"), call) is not None
            asked = DIALECT.asked(wire_reply(golden["reply"]), self.record(), call)
            assert asked == {"duplicate": True, "unknown": IN_HAND, "retry": False}[golden["outcome"]["kind"]]
            return
        made = DIALECT.encode(outgoing, call)
        text = opened(made.body, keys["sm4_key"]).decode()
        if outgoing.message in ("ca.verify", "ca.status", "guarantee.verify"):
            text = text.replace(json.loads(text)["head"]["serialNo"], document["head"]["serialNo"])
        assert text == plain
        assert sealing.holds(
            opened(made.body, keys["sm4_key"]), made.headers["x-sign"], {"peer_public": keys["sign_public"]}
        )
        assert {n: v for n, v in made.headers.items() if n != "x-sign"} == {
            n: v for n, v in golden["request"]["headers"].items() if n != "x-sign"
        }
        outcome = DIALECT.decode(wire_reply(golden["reply"]), outgoing, call)
        assert (outcome.kind.value, outcome.code) == (golden["outcome"]["kind"], golden["outcome"]["code"])
        if not outgoing.stage and outcome.kind is Kind.DELIVERED:
            body = json.loads(golden["plain"]["reply"])["body"]
            assert dict(outcome.data) == unified(PAPERS, outgoing.message, "reply", body, fen=system == "F04")

    def said_record(self, stage: str) -> Outgoing:
        kept = RECORDS[stage]
        message = next(row.message for row in PAPERS.fields if row.stage == stage)
        return Outgoing(
            message, stage, "insert", kept["version"], kept["fields"],
            sender=kept["from"], key=kept["key"], hub_id=kept["hubId"],
        )  # fmt: skip

    def said(self, document: dict[str, Any], *, fen: bool) -> Outgoing | None:
        name = OPERATIONS[document["head"]["tranCode"]]
        if name == "query":
            return None
        if name in papers.RECORDS:
            fields = unified(PAPERS, name, "out", document["body"])
            return replace(self.said_record(name), fields=fields)
        return Outgoing(
            name, "", "query", 1, unified(PAPERS, name, "request", document["body"], fen=fen), key="K"
        )

    def golden_inward(self, golden: dict[str, Any]) -> None:
        system = golden["request"]["path"].split("/")[2]
        call = self.golden_call(golden, system=system)
        incoming = DIALECT.accept(wire_request(golden["request"]), call)
        document = json.loads(golden["plain"]["request"])
        if incoming.authenticated and not incoming.stage:
            fen = system == "F04"
            assert dict(incoming.fields) == unified(
                PAPERS, incoming.message, "request", document["body"], fen=fen
            )
        reply = DIALECT.reply(self.golden_answer(golden, incoming), incoming, call)
        wanted = golden["reply"]["headers"]
        assert reply.headers["Content-Type"] == wanted["Content-Type"]
        plain = opened(reply.body, golden["secrets"]["sm4_key"]) if "x-sign" in wanted else reply.body
        said = json.loads(plain)
        said["head"]["tranTime"] = json.loads(golden["plain"]["reply"])["head"]["tranTime"]
        assert json.dumps(said, ensure_ascii=False, separators=(",", ":")) == golden["plain"]["reply"]

    # -- services -------------------------------------------------------------------------------
    def question(self, service: str, fields: dict[str, Any]) -> Outgoing:
        return Outgoing(service, "", "query", 1, fields, sender="T03", key="K-1")

    @pytest.mark.parametrize("service", ASKED)
    def test_a_question_and_its_answer(self, service: str) -> None:
        for seed in range(4):
            share = 0.5 if seed else 1.0
            fields = service_fields(PAPERS, service, "request", seed, share)
            document = json.loads(opened(DIALECT.encode(self.question(service, fields), self.call()).body))
            assert OPERATIONS[document["head"]["tranCode"]] == service
            assert flat(document["body"]) == expected(PAPERS, service, "request", fields)
            told = service_fields(PAPERS, service, "reply", seed, share)
            body = nested(service, expected(PAPERS, service, "reply", told))
            outcome = DIALECT.decode(answered("000000", body), self.question(service, {}), self.call())
            assert dict(outcome.data) == in_yuan(service, told)

    @pytest.mark.parametrize(("service", "system"), CALLED)
    def test_a_callback_and_its_answer(self, service: str, system: str) -> None:
        for seed in range(3):
            fields = service_fields(PAPERS, service, "request", seed, 0.5 if seed else 1.0)
            if system == "F04":
                fields["GUARANTEE_AMOUNT"] = "1234.56"
            request = DIALECT.encode(self.question(service, fields), self.call(system=system))
            incoming = DIALECT.accept(request, self.call(system=system))
            assert (incoming.message, incoming.stage, incoming.findings) == (service, "", ())
            assert dict(incoming.fields) == in_yuan(service, fields, "request")
            told = service_fields(PAPERS, service, "reply", seed)
            for status, code in ((202, "000000"), (200, "200001")):
                reply = DIALECT.reply(Answer(status, "0000", data=told), incoming, self.call(system=system))
                document = json.loads(opened(reply.body))
                assert document["head"]["respCode"] == code
                assert flat(document["body"]) == expected(PAPERS, service, "reply", told)

    def test_a_callback_is_known_by_its_business_number(self) -> None:
        def told(number: str, name: str, at: Any, serial: str) -> str:
            fields = {"GUARANTEE_NO": number, "BIDDER_ORG_CODE": name}
            request = DIALECT.encode(self.question("guarantee.issue", fields), self.call(now=at))
            document = json.loads(opened(request.body))
            document["head"]["serialNo"] = serial
            again = self.sealed(json.dumps(document, ensure_ascii=False).encode())
            return DIALECT.accept(again, self.call(system="F01", now=at)).message_id

        first = told("BH-1", "A", AT, "1")
        assert first == told("BH-1", "A", AT + timedelta(days=1), "2")
        assert first != told("BH-2", "A", AT, "1")

    def test_serials(self) -> None:
        def serial(outgoing: Outgoing, **change: Any) -> str:
            document = json.loads(opened(DIALECT.encode(outgoing, self.call(**change)).body))
            return str(document["head"]["serialNo"])

        record = self.said_record("eng-bid-guarantee")
        assert serial(record, nonce="x") == serial(record, nonce="y") == "99546E10BE3FFABAC51C891F"
        apply = self.question("guarantee.apply", {"applyNo": "LGA-2026-0001"})
        assert serial(apply, nonce="x") == "FD8DAA9F6D425C7C8090AAD9"
        verify = self.question("guarantee.verify", {"GUARANTEE_NO": "B"})
        assert serial(verify, nonce="x") != serial(verify, nonce="y")
        assert DIALECT.ask(verify, self.call()) is None
        unnumbered = self.question("guarantee.claim", {})
        assert serial(unnumbered, key="a") != serial(unnumbered, key="b")
        question = DIALECT.ask(apply, self.call())
        assert question is not None
        assert json.loads(opened(question.body))["body"] == {
            "origTranCode": "LG1001",
            "origSerialNo": "FD8DAA9F6D425C7C8090AAD9",
        }

    def test_amounts_in_fen_both_ways(self) -> None:
        fields = {"applyNo": "1", "amount": {"amount": "20", "unit": "1", "currency": "156"}}
        call = self.call(system="F04")
        plain = opened(DIALECT.encode(self.question("guarantee.apply", fields), call).body)
        assert b'"amt":20000000' in plain
        reply = answered("000000", {"fee": 50050})
        outcome = DIALECT.decode(reply, self.question("guarantee.apply", {}), call)
        assert outcome.data["fee"] == {"amount": "500.5", "unit": "0"}
        assert DIALECT.decode(
            answered("000000", {"fee": "5.5"}), self.question("guarantee.apply", {}), call
        ).kind is (Kind.UNKNOWN)
        with pytest.raises(SenderError) as refused:
            amount = {"amount": "0.001", "unit": "0"}
            DIALECT.encode(self.question("guarantee.apply", {"applyNo": "1", "amount": amount}), call)
        assert [(f.code, f.at) for f in refused.value.findings] == [
            ("mapping.amount", "/body/fields/amount.amount")
        ]
        body = {
            "head": {"tranCode": "LG2001", "serialNo": "1", "tranTime": "20261122090000"},
            "body": {"lgNo": "1", "lgAmt": "1.5"},
        }
        incoming = self.accept(self.sealed(json.dumps(body).encode()), "F04")
        assert [f.at for f in incoming.findings] == ["/body/fields/GUARANTEE_AMOUNT"]

    def test_only_what_was_agreed_is_admitted(self) -> None:
        for service, system in (("ca.sync", "F01"), ("guarantee.issue", "C01"), ("guarantee.apply", "F01")):
            request = DIALECT.encode(self.question(service, {}), self.call())
            incoming = self.accept(request, system)
            reply = DIALECT.reply(Answer(401, "auth.failed"), incoming, self.call())
            assert not incoming.authenticated
            assert json.loads(opened(reply.body))["head"]["respCode"] == "900007"

    @pytest.mark.parametrize("name", ["sm4_key", "sign_private"])
    def test_without_keys_nothing_leaves(self, name: str) -> None:
        for value in ("", "zz", "00"):
            with pytest.raises(SenderError):
                DIALECT.encode(self.record(), self.call(credentials={**KEYS, name: value}))

    def test_an_unsigned_plain_record_is_nobodys(self) -> None:
        request = DIALECT.encode(self.record(), self.call())
        plain = replace(request, body=opened(request.body))
        assert self.accept(plain).context["auth"] == "900003"
        assert not self.accept(plain).authenticated

    def test_iv_is_fresh(self) -> None:
        bodies = {DIALECT.encode(self.record(), self.call(nonce=n)).body[:20] for n in ("a", "b", "c")}
        assert len(bodies) == 3

    def test_the_published_samples_are_read(self) -> None:
        for path in sorted((ROOT / "sm2-envelope/samples").glob("*.reply.json")):
            made = sealing.seal(path.read_bytes(), KEYS, "n")
            reply = WireReply(200, {"x-sign": made.sign}, made.body)
            outcome = DIALECT.decode(reply, self.record(), self.call())
            assert outcome.code not in ("receiver.broken-body", "receiver.unknown-code"), path.name
            assert (outcome.kind is Kind.DELIVERED) is not path.name.startswith("error.")


def base64_body(line: dict[str, Any]) -> bytes:
    return str(line["body"]).encode()


def nested(service: str, wanted: dict[str, Any]) -> dict[str, Any]:
    """Foreign paths put into objects, with the JSON types of the papers."""
    types = {row.foreign.partition("[]")[0]: row.foreign_type for row in PAPERS.rows(service, "reply")}
    body: dict[str, Any] = {}
    for path, value in wanted.items():
        *above, last = path.split("/")
        place = body
        for name in above:
            place = place.setdefault(name, {})
        kind = types[path]
        place[last] = int(value) if kind == "integer" else value == "true" if kind == "boolean" else value
    return body


def in_yuan(service: str, fields: dict[str, Any], direction: str = "reply") -> dict[str, Any]:
    """What comes home of amounts that had been in 万元."""
    body = expected(PAPERS, service, direction, fields)
    made = json.loads(json.dumps(fields))
    for row in PAPERS.fields:
        if (row.stage, row.direction) == (service, direction) and row.form.startswith("amount:yuan"):
            path, unit = row.standard.split("."), row.form.split(":")[2].split(".")
            if row.foreign in body:
                holder = made[path[0]] if len(path) > 1 else made
                holder[path[-1]] = body[row.foreign]
                holder[unit[-1]] = "0"
    return made
