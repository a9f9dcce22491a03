"""hmac-open: one body under two kinds of signature."""

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

from adapters.hmac_open import DIALECT, signing
from hub.catalogue.papers import ROOT, Expectation
from hub.message import Finding
from hub.ports import Answer, Call, Incoming, Kind, Outgoing, WireReply, WireRequest
from tests.adapters.contract import AT, RECEIPT, Contract, answer_to, refused_by_hub, wire_reply, wire_request
from tests.adapters.golden import pointing, said
from tests.adapters.records import fields_of
from tests.rows import each

SAMPLES = ROOT / "hmac-open" / "samples"
CLIENT = {"client_id": "ggzy-hub-6200", "client_secret": "cs-4f7a1e90b2d3"}
CA = {"app_key": "26000062", "app_secret": "as-9b1c7d2e5f3a"}
# what the hub asks or tells, and what others ask and tell it
SERVICES = {
    "x-client": {"project.query", "plan.notice", "venue.reserve", "ca.verify", "ca.status", "ca.sync"},
    "x-ca": {"witness.video", "witness.exception", "supervise.event"},
}
TOLD = {"plan.notice", "ca.sync", "witness.exception", "supervise.event"}


def answered(code: object, data: Any = None) -> WireReply:
    body = json.dumps({"code": code, "msg": "m", "data": data}, ensure_ascii=False).encode()
    return WireReply(200, {"content-type": "application/json"}, body)


def mac(secret: str, text: str) -> str:
    return base64.b64encode(hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest()).decode()


class HmacOpen(Contract):
    name = "hmac-open"
    dialect = DIALECT
    files: ClassVar[tuple[str, ...]] = ()
    own: ClassVar[tuple[str, ...]] = ()

    @classmethod
    def stages(cls) -> list[str]:
        return [*cls.own]

    @staticmethod
    def foreign(request: WireRequest) -> dict[str, str]:
        return {name: str(value) for name, value in json.loads(request.body).items() if value is not None}

    def call(self, **change: Any) -> Call:
        return super().call(**{"session": None, **change})

    def wire(self, row: Expectation) -> WireReply:
        special = {
            "ok": answered(0, {"receiptNo": "1"}),
            "slow": answered("0", {"receiptNo": "1"}),
            "throttled, with the wait": WireReply(429, {"retry-after": "7"}, answered("3001").body),
            "answer too big": WireReply(200, {}, answered("0").body + b" " * 1048576),
            "unlisted code": answered("7777"),
        }
        if row.situation in special:
            return special[row.situation]
        found = re.fullmatch(r"code (\d+)(?:, data\.reason ([a-z-]+))?", row.wire)
        assert found is not None, row
        return answered(found[1], {"reason": found[2]} if found[2] else None)

    def answer(self, row: Expectation) -> tuple[Answer, Incoming | None]:
        def stranger(code: str) -> tuple[Answer, Incoming]:
            return Answer(401, "auth.failed"), self.incoming(authenticated=False, context={"auth": code})

        def found(code: str, at: str = "/body/fields/BID_SECTION_CODE") -> tuple[Answer, Incoming]:
            incoming = self.incoming(stage="witness-record", findings=(Finding(code, at),))
            return Answer(422, "message.refused", findings=incoming.findings), incoming

        def service(status: int, code: str) -> tuple[Answer, Incoming]:
            return Answer(status, code), self.incoming(stage="", message="ca.sync", key="")

        listed = "signature wrong (also: other header order, CR LF, encoded query, listed headers missing)"
        return {
            "accepted": (Answer(202, "0000", data=RECEIPT), None),
            "duplicate (same content)": (Answer(200, "0000", data=RECEIPT), None),
            "conflict": (Answer(409, "idempotency.conflict"), None),
            "client id or app key wrong, unknown system, not online": (
                Answer(403, "system.suspended"),
                None,
            ),
            listed: stranger("1002"),
            "timestamp more than 600 s off": stranger("1003"),
            "x-ca without Accept": stranger("1004"),
            "nonce used before": (Answer(401, "auth.nonce-reused"), None),
            "x-ca: Content-MD5 missing or other": stranger("1007"),
            "body not JSON, duplicate member, float, wrong charset": (
                Answer(422, "x"),
                self.incoming(findings=(Finding("envelope.malformed"),)),
            ),
            "x-ca: a time without offset": found("field.time-zone", "/witnessTime"),
            "finding field.required": found("field.required"),
            "finding code.unknown": found("code.unknown"),
            "any other finding": found("field.length"),
            "over limit": (Answer(413, "x"), None),
            "overload": (Answer(503, "hub.busy", retry_after=9), None),
            "unknown resource": (Answer(422, "x"), self.incoming(findings=(Finding("path.unknown"),))),
            "internal error": (Answer(500, "hub.internal"), None),
            "service: provider down or slow": service(504, "upstream.timeout"),
            "service: an error of this table": service(422, "sync.rollback"),
            "service: any other error": service(422, "service.refused"),
        }[row.situation]

    def inward_ok(self, row: Expectation, reply: WireReply) -> None:
        answer, listed = json.loads(reply.body), re.search(r'code "?(\d+)', row.wire)
        code = listed[1] if listed else "4212"
        assert answer["code"] == code
        if row.kind in ("delivered", "duplicate"):
            assert answer["data"]["receiptNo"] == RECEIPT["hubId"]
            assert answer["data"]["receivedTime"] == RECEIPT["receivedTime"]
        if row.situation == "overload":
            assert reply.headers["Retry-After"] == "9"
        if "data.field" in row.wire or "as above" in row.wire:
            field = "witnessTime" if code == "2004" else "bidSectionCode"
            assert answer["data"] == {"field": field}
            assert answer["msg"].endswith(f":{field}")
        if code == "4999":
            assert answer["data"] == {"reason": row.code}

    def test_the_published_samples_are_read(self) -> None:
        """Service replies are read as replies of their own service."""
        for path in sorted(SAMPLES.glob("*.reply.json")):
            service = path.name.removesuffix(".reply.json")
            asked = (
                Outgoing(service, "", "query", 1, {}) if "." in service else self.outgoing(self.own[0], {})
            )
            outcome = DIALECT.decode(WireReply(200, {}, path.read_bytes()), asked, self.call())
            assert outcome.code not in ("receiver.broken-body", "receiver.unknown-code"), path.name
            assert (outcome.kind is Kind.DELIVERED) is not path.name.startswith("error."), path.name

    # -- transcripts ---------------------------------------------------------------------------
    def golden_call(self, golden: dict[str, Any], **change: Any) -> Call:
        change = {"nonce": golden["secrets"]["nonce"], "variant": golden["variant"], **change}
        return super().golden_call(golden, **change)

    def golden_outward(self, golden: dict[str, Any]) -> None:
        request = wire_request(golden["request"])
        if request.method == "GET":
            return  # read-back is the operator's; this adapter has nothing to ask
        call = self.golden_call(golden)
        outgoing = self.behind(request, call)
        made = DIALECT.encode(outgoing, call)
        assert (made.method, made.path) == (request.method, request.path)
        assert made.body == request.body
        assert dict(made.headers) == golden["request"]["headers"]
        outcome = DIALECT.decode(wire_reply(golden["reply"]), outgoing, call)
        assert (outcome.kind.value, outcome.code) == (golden["outcome"]["kind"], golden["outcome"]["code"])

    def behind(self, request: WireRequest, call: Call) -> Outgoing:
        """What was said. Two questions are never put to us, so they are told here in full."""
        asked = {"plan-query": PLAN_QUERY, "videos": VIDEO}.get(request.path.rpartition("/")[2])
        if asked is not None:
            return asked
        incoming = DIALECT.accept(request, replace(call, system="P13"))
        assert incoming.authenticated, incoming
        return said(self.papers, incoming)

    def golden_inward(self, golden: dict[str, Any]) -> None:
        assert golden["variant"] in ("x-client", "x-ca")
        super().golden_inward(golden)

    def golden_variant(self, golden: dict[str, Any]) -> str:
        return str(golden["variant"])

    def golden_answer(self, golden: dict[str, Any], incoming: Incoming) -> Answer:
        kind, code = golden["outcome"]["kind"], golden["outcome"]["code"]
        told = json.loads(golden["reply"]["body"])
        if not incoming.stage and kind == "delivered":
            asked = Outgoing(incoming.message, "", "query", 1, {})
            data = DIALECT.decode(wire_reply(golden["reply"]), asked, self.call()).data
            return Answer(202 if incoming.message in TOLD else 200, "0000", data={**data})
        if code in ("field.required", "code.unknown"):
            finding = pointing(self.papers, incoming.stage, code, told["data"]["field"])
            return Answer(422, "message.refused", findings=(finding,))
        if code == "field.time-zone":
            assert [one.code for one in incoming.findings] == [code]
            return Answer(422, code, findings=incoming.findings)
        if code == "auth.nonce-reused":
            assert incoming.context["nonce"] == golden["secrets"]["nonce"]
        return super().golden_answer(golden, incoming)

    # -- both variants -------------------------------------------------------------------------
    def push(self, stage: str = "", **change: Any) -> WireRequest:
        stage = stage or self.own[0]
        fields = fields_of(self.papers, stage, "out", 1)
        return DIALECT.encode(self.outgoing(stage, fields), self.call(**change))

    def fault(self, request: WireRequest, **change: Any) -> str:
        incoming = DIALECT.accept(request, self.call(system="T03", **change))
        code = str(incoming.context.get("auth") or "")
        assert incoming.authenticated is (code in ("", "1006"))
        if code:
            reply = DIALECT.reply(answer_to(incoming), incoming, self.call())
            assert (reply.status, json.loads(reply.body)["code"]) == (200, code)
        return code

    def signed(self, body: object, resource: str, **change: Any) -> WireRequest:
        """A call of a peer with any body, signed by our own hand (which the transcripts prove)."""
        raw = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        path = f"/openapi/v1/{resource}"
        return WireRequest("POST", path, signing.headers("POST", path, raw, self.call(**change)), raw)

    def test_the_window(self) -> None:
        for seconds, code in ((600, ""), (-600, ""), (601, "1003"), (-601, "1003")):
            assert self.fault(self.push(), now=AT + timedelta(seconds=seconds)) == code

    def test_nobody_without_credentials_is_let_in(self) -> None:
        empty = dict.fromkeys((*CLIENT, *CA), "")
        assert self.fault(self.push(), credentials={}) == "1001"
        assert self.fault(self.push(credentials=empty), credentials=empty) == "1001"
        secretless = {**self.credentials, "client_secret": "", "app_secret": ""}
        assert self.fault(self.push(credentials=secretless), credentials=secretless) == "1002"

    @pytest.mark.parametrize("nonce", ["", "n" * 65, "a b", "一"])
    def test_a_nonce_of_another_shape(self, nonce: str) -> None:
        assert self.fault(self.push(nonce=nonce)) == "1002"

    @pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"a":1,"a":2}', b'{"a":1.5}', b"\xff"])
    def test_what_is_no_body(self, body: bytes) -> None:
        incoming = DIALECT.accept(self.signed(body, self.resource), self.call(system="T03"))
        assert incoming.authenticated
        assert incoming.context["nonce"] == self.nonce
        reply = DIALECT.reply(answer_to(incoming), incoming, self.call())
        assert json.loads(reply.body)["code"] == "2005"

    resource: ClassVar[str] = ""
    others: ClassVar[tuple[str, ...]] = ()

    def test_what_is_not_granted_is_told_only_to_the_proven(self) -> None:
        for resource in (*self.others, "ca/lists", "ca/mappings"):
            assert self.fault(self.signed({}, resource)) == "1006", resource
        for resource in ("nothing", "", "../x", f"{self.resource}/"):
            incoming = DIALECT.accept(self.signed({}, resource), self.call(system="T03"))
            reply = DIALECT.reply(answer_to(incoming), incoming, self.call())
            assert (reply.status, json.loads(reply.body)["code"]) == (404, "1006"), resource
            tampered = replace(self.signed({}, resource), headers={})
            assert self.fault(tampered) in ("1001", "1004")

    def test_a_delete_has_the_envelope_alone(self) -> None:
        fields = fields_of(self.papers, self.own[0], "out", 1)
        request = DIALECT.encode(self.outgoing(self.own[0], fields, op="delete"), self.call())
        envelope = {"requestId", "operation", "version", "source", "hubId", "sendTime"}
        assert json.loads(request.body).keys() == envelope

    def test_every_absent_field_is_null(self) -> None:
        for stage in self.own:
            fields = fields_of(self.papers, stage, "out", 1, share=0.0)
            body = json.loads(DIALECT.encode(self.outgoing(stage, fields), self.call()).body)
            rows = [row for row in self.papers.rows(stage) if not row.standard.startswith("@")]
            assert {row.foreign for row in rows} <= body.keys()
            assert {body[row.foreign] for row in rows if row.standard not in fields} == {None}

    def test_services_there_and_back(self) -> None:
        """Every service this variant may bring is read as it was said."""
        for service in sorted(SERVICES[self.variant] - {"project.query", "witness.video"}):
            sample = json.loads((SAMPLES / f"{service}.request.json").read_bytes())
            resource = self.papers.facts["operations"][service]
            incoming = DIALECT.accept(self.signed(sample, resource), self.call(system="T03"))
            assert (incoming.message, incoming.authenticated, incoming.findings) == (service, True, ())
            assert not incoming.ext
            again = DIALECT.encode(Outgoing(service, "", "x", 1, incoming.fields), self.call())
            assert json.loads(again.body) == sample
            other = DIALECT.accept(self.signed(sample, resource), self.call(system="T03", nonce="other"))
            once = service not in ("ca.verify", "ca.status")
            signed_again = self.signed(sample, resource, nonce="another")
            other = DIALECT.accept(signed_again, self.call(system="T03", nonce="another"))
            assert (other.message_id == incoming.message_id) is once


class TestXClient(HmacOpen):
    files = ("x-client.jsonl", "inward.jsonl")
    variant = "x-client"
    credentials: ClassVar = CLIENT
    own = ("gp-project", "gp-deal-notice", "gp-contract", "eng-expert-draw", "supervise-complaint")
    resource = "procurement/projects"
    others = ("witness/items", "witness/videos", "procurement/plan-query")

    def test_the_worked_example(self) -> None:
        request = self.push(nonce="65c98a939f61dc2069e033118890ad98")
        assert request.headers["X-Signature"] == "MR9ty3o32VTcyjT0NIZOUp1TRZ5NFRUnwWmf5Q0haKE="

    @each(
        ("header", "value", "code"),
        [
            ("X-Client-Id", "other", "1001"),
            ("X-Client-Id", "\udcff", "1001"),
            ("X-Timestamp", "", "1003"),
            ("X-Timestamp", "²", "1003"),
            ("X-Timestamp", "9" * 40, "1003"),
            ("X-Timestamp", "1795309200001", "1002"),
            ("X-Nonce", "other", "1002"),
            ("X-Signature", "", "1002"),
            ("X-Signature", "\udcff", "1002"),
        ],
    )
    def test_every_header_is_judged(self, header: str, value: str, code: str) -> None:
        request = self.push()
        assert self.fault(replace(request, headers={**request.headers, header: value})) == code

    def test_money_is_yuan_with_two_decimals(self) -> None:
        fields = {
            **fields_of(self.papers, "gp-project", "out", 1),
            "PROGRAM_BUDGET": "1180.5",
            "UNIT_BUDGET": "1",
        }
        request = DIALECT.encode(self.outgoing("gp-project", fields), self.call())
        assert json.loads(request.body)["programBudget"] == "11805000.00"
        incoming = DIALECT.accept(request, self.call(system="T03"))
        assert (incoming.fields["PROGRAM_BUDGET"], incoming.fields["UNIT_BUDGET"]) == ("11805000.00", "0")

    def test_what_is_to_be_verified_brings_its_octets(self) -> None:
        sample = json.loads((SAMPLES / "ca.verify.request.json").read_bytes())
        sample["certificate"]["content"] = "AAAA"
        sample["original"] = {"content": "BBBB"}  # octets of a file that is not described: of nothing
        incoming = DIALECT.accept(self.signed(sample, "ca/verify"), self.call(system="T03"))
        assert (incoming.findings, dict(incoming.ext)) == ((), {})
        assert "original" not in incoming.fields
        assert incoming.fields["certificate"]["data"] == "AAAA"
        file = {"name": "a", "digest": "sm3:0", "size": 1, "media": "x/y", "data": "AAAA"}
        for name in ("certificate", "signature", "original"):
            body = json.loads(
                DIALECT.encode(Outgoing("ca.verify", "", "query", 1, {name: file}), self.call()).body
            )
            assert body[name]["content"] == "AAAA"
        # Of a status nobody needs more than the certificate's names.
        told = Outgoing("ca.status", "", "query", 1, {"certificate": file})
        assert b"AAAA" not in DIALECT.encode(told, self.call()).body

    def test_lists_between_provinces_come_whole(self) -> None:
        sample = json.loads((SAMPLES / "ca.sync.request.json").read_bytes())
        sample["content"]["content"] = "AAAA"
        incoming = DIALECT.accept(self.signed(sample, "ca/sync"), self.call(system="T03"))
        assert not incoming.findings
        assert incoming.fields["content"]["data"] == "AAAA"
        told = Outgoing("ca.sync", "", "insert", 1, incoming.fields)
        body = json.loads(DIALECT.encode(told, self.call()).body)
        assert body["content"] == sample["content"]
        assert DIALECT.encloses("C05", "ca.sync", "") == DIALECT.encloses("C05", "ca.verify", "") > 500_000
        assert (
            DIALECT.encloses("C05", "ca.status", "") == DIALECT.encloses("D02", "gp-project", "ca.sync") == 0
        )
        sample["content"]["content"] = 7
        incoming = DIALECT.accept(self.signed(sample, "ca/sync"), self.call(system="T03"))
        assert [(one.code, one.at) for one in incoming.findings] == [
            ("field.type", "/body/fields/content/content")
        ]

    def test_a_scalar_where_an_object_was_due_and_the_other_way_round(self) -> None:
        sample = json.loads((SAMPLES / "ca.verify.request.json").read_bytes())
        odd = {**sample, "usage": {"a": 1}, "certificate": "x"}
        incoming = DIALECT.accept(self.signed(odd, "ca/verify"), self.call(system="T03"))
        assert [(one.code, one.at) for one in incoming.findings] == [("field.format", "/body/fields/usage")]
        reply = DIALECT.reply(answer_to(incoming), incoming, self.call())
        assert json.loads(reply.body)["data"] == {"field": "usage"}

    def test_a_finding_inside_an_object_has_the_name_of_its_place(self) -> None:
        incoming = self.incoming(stage="", message="ca.verify", key="")
        findings = (Finding("field.required", "/body/fields/certificate/digest"),)
        reply = DIALECT.reply(Answer(422, "message.refused", findings=findings), incoming, self.call())
        assert json.loads(reply.body)["data"] == {"field": "certificate/digest"}

    @pytest.mark.parametrize("code", ["code.unknown", "code.region", "code.region-outside"])
    def test_a_region_that_is_none_is_a_code_that_is_none(self, code: str) -> None:
        finding = Finding(code, "/body/fields/REGION_CODE")
        refused = Answer(422, "message.refused", findings=(finding,))
        answer = json.loads(DIALECT.reply(refused, self.incoming(), self.call()).body)
        assert (answer["code"], answer["data"]) == ("2003", {"field": "regionCode"})

    def test_a_reply_with_what_has_no_word_here_is_an_internal_error(self) -> None:
        incoming = self.incoming(stage="", message="venue.reserve", key="")
        good = {"reserveNo": "1", "state": "held", "resultState": "done"}
        for data, code in ((good, "0"), ({**good, "state": "lost"}, "9999")):
            reply = DIALECT.reply(Answer(200, "0000", data=data), incoming, self.call())
            assert json.loads(reply.body)["code"] == code


class TestXCa(HmacOpen):
    files = ("x-ca.jsonl",)
    variant = "x-ca"
    credentials: ClassVar = CA
    own = ("witness-record", "supervise-alert")
    resource = "witness/items"
    others = ("procurement/projects", "witness/videos", "ca/verify")

    def test_the_worked_example(self) -> None:
        request = self.signed({"requestId": "A"}, "witness/items", nonce="2a2cbb2374c9b98a684d212e5588d2ae")
        compact = replace(request, body=b'{"requestId":"A"}')
        made = self.signed(compact.body, "witness/items", nonce="2a2cbb2374c9b98a684d212e5588d2ae")
        assert made.headers["Content-MD5"] == "qRiTURcvhS15NGvuazEjyA=="
        assert made.headers["X-Ca-Signature"] == "qQTZPzrcGgGy63laADJl2ggKrMWQvr9cWWNkXXiiGX4="

    def read_back(self, lines: list[str], **headers: str) -> WireRequest:
        """The papers' GET, signed over these lines."""
        made = {
            "Accept": "application/json",
            "X-Ca-Key": "26000062",
            "X-Ca-Nonce": "2a2cbb2374c9b98a684d212e5588d2ae",
            "X-Ca-Timestamp": "1795309200000",
            "X-Ca-Signature-Headers": "x-ca-key,x-ca-nonce,x-ca-timestamp",
            **headers,
        }
        made["X-Ca-Signature"] = mac(CA["app_secret"], "\n".join(lines))
        query = "requestId=A&at=2026-11-22T09%3A00%3A00%2B08%3A00"
        return WireRequest("GET", f"/in/T03/openapi/v1/witness/items?{query}", made)

    LINES: ClassVar = [
        "GET",
        "application/json",
        "x-ca-key:26000062",
        "x-ca-nonce:2a2cbb2374c9b98a684d212e5588d2ae",
        "x-ca-timestamp:1795309200000",
        "/openapi/v1/witness/items?at=2026-11-22T09:00:00+08:00&requestId=A",
    ]

    def test_a_query_is_signed_as_it_is_meant_and_then_not_found(self) -> None:
        request = self.read_back(self.LINES)
        assert request.headers["X-Ca-Signature"] == "5H9tt2sUqG8aq8HAbnXxsiDtmdr1v50vuekAUzOUqtU="
        incoming = DIALECT.accept(request, self.call(system="T03"))
        assert incoming.authenticated
        reply = DIALECT.reply(answer_to(incoming), incoming, self.call())
        assert (reply.status, json.loads(reply.body)["code"]) == (404, "1006")

    def test_listed_headers_in_any_order_but_exactly_these(self) -> None:
        lines, three = self.LINES, self.LINES[2:5]
        turned = [*lines[:2], *three[::-1], lines[5]]
        listed = "x-ca-timestamp,x-ca-nonce,x-ca-key"
        assert self.fault(self.read_back(turned, **{"X-Ca-Signature-Headers": listed})) == ""
        for names in ("x-ca-key,x-ca-nonce", "x-ca-key,x-ca-nonce,x-ca-timestamp,accept", ""):
            told = [
                f"{name}:{dict(one.split(':', 1) for one in three).get(name, '')}"
                for name in names.split(",")
            ]
            fewer = [*lines[:2], *told, lines[5]]
            assert self.fault(self.read_back(fewer, **{"X-Ca-Signature-Headers": names})) == "1002", names

    def test_other_texts_do_not_hold(self) -> None:
        request = self.read_back([*self.LINES, ""])
        assert self.fault(request) == "1002"
        crlf = replace(
            request,
            headers={**request.headers, "X-Ca-Signature": mac(CA["app_secret"], "\r\n".join(self.LINES))},
        )
        assert self.fault(crlf) == "1002"

    @each(
        ("header", "value", "code"),
        [
            ("Accept", "", "1004"),
            ("Accept", "*/*", "1002"),
            ("X-Ca-Key", "other", "1001"),
            ("X-Ca-Key", "\udcff", "1001"),
            ("X-Ca-Timestamp", "²", "1003"),
            ("X-Ca-Timestamp", "9" * 40, "1003"),
            ("Content-MD5", "", "1007"),
            ("Content-MD5", "\udcff", "1007"),
            ("Content-Type", "text/plain", "1002"),
            ("X-Ca-Nonce", "other", "1002"),
            ("X-Ca-Signature", "", "1002"),
            ("X-Ca-Signature-Headers", "", "1002"),
        ],
    )
    def test_every_header_is_judged(self, header: str, value: str, code: str) -> None:
        request = self.push()
        assert self.fault(replace(request, headers={**request.headers, header: value})) == code

    def test_body_and_path_are_covered(self) -> None:
        request = self.push()
        assert self.fault(replace(request, body=request.body + b" ")) == "1007"
        assert self.fault(replace(request, path="/openapi/v1/supervise/alerts")) == "1002"

    @pytest.mark.parametrize(
        ("told", "meant"),
        [
            ("2026-04-06T01:30:00Z", "2026-04-06T09:30:00+08:00"),
            ("2026-04-06T10:30:00+09:00", "2026-04-06T09:30:00+08:00"),
            ("2026-04-05T18:30:00-07:00", "2026-04-06T09:30:00+08:00"),
            ("2026-04-06T09:30:00+08:00", "2026-04-06T09:30:00+08:00"),
            ("soon", "soon"),
        ],
    )
    def test_any_offset_is_read(self, told: str, meant: str) -> None:
        body = {**json.loads(self.push().body), "witnessTime": told}
        incoming = DIALECT.accept(self.signed(body, "witness/items"), self.call(system="T03"))
        assert not incoming.findings
        assert incoming.fields["WITNESS_TIME"] == meant

    def test_every_moment_without_offset_is_told(self) -> None:
        body = {
            **json.loads(self.push().body),
            "witnessTime": "2026-04-06 09:30:00",
            "sendTime": "2026-04-06T09:30:00",
        }
        incoming = DIALECT.accept(self.signed(body, "witness/items"), self.call(system="T03"))
        assert [one.at for one in incoming.findings] == ["/sendTime", "/witnessTime"]
        reply = json.loads(DIALECT.reply(answer_to(incoming), incoming, self.call()).body)
        assert (reply["code"], reply["data"]) == ("2004", {"field": "sendTime"})

    def test_a_record_that_came_late_was_taken(self) -> None:
        outgoing = self.outgoing("witness-record", {})
        outcome = DIALECT.decode(answered("0", {"receiptNo": "1", "late": True}), outgoing, self.call())
        assert (outcome.kind, dict(outcome.data)) == (Kind.DELIVERED, {"receiptno": "1", "late": True})

    def test_videos_come_in_unified_names(self) -> None:
        reply = WireReply(200, {}, (SAMPLES / "witness.video.reply.json").read_bytes())
        assert dict(DIALECT.decode(reply, VIDEO, self.call()).data) == {
            "streams": [
                {
                    "address": "https://video.example/live/YX-P02?t=abc",
                    "camera": "room",
                    "startTime": "2026-04-06T09:30:00+08:00",
                    "expireTime": "2026-11-22T09:05:00+08:00",
                }
            ],
            "clockOffsetMs": 120,
            "expireTime": "2026-11-22T09:05:00+08:00",
            "watermark": "GS-20261122-01",
        }


def test_a_refusal_by_the_hub_for_what_it_is_not() -> None:
    """The shared answers of the contract: a conflict has no field."""
    incoming = Incoming("witness.item", "witness-record", "insert", "k", 1, "k", {}, authenticated=True)
    call = Call("P11", "x-ca", CA, AT, "n", "k")
    reply = DIALECT.reply(refused_by_hub("idempotency.conflict", incoming), incoming, call)
    assert json.loads(reply.body) == {"code": "2011", "msg": "同版本内容不一致", "data": {"field": None}}


PLAN_QUERY = Outgoing(
    "project.query",
    "",
    "query",
    1,
    {
        "queryKind": "plan-no",
        "planNo": "621026-CG2026-000001",
        "packageNo": "621026-CG2026-000001-1",
        "purpose": "采购项目登记前核对",
    },
)
VIDEO = Outgoing(
    "witness.video",
    "",
    "query",
    1,
    {
        "section": {"tradeClass": "A03", "BID_SECTION_CODE": "E6210262602000001001001"},
        "placeCode": "YX-P02",
        "camera": "room",
        "startTime": "2026-04-06T09:30:00+08:00",
        "viewer": {"name": "何文", "unit": "甘肃省公共资源交易中心", "unitCode": "126200004380000175"},
        "purpose": "投诉核查",
    },
)
