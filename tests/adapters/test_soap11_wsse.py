"""soap11-wsse: typed XML under a user name token; judged by fault code and resultCode, never by status."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import timedelta
from typing import Any, ClassVar

import pytest
from hypothesis import strategies as st
from lxml import etree

from adapters.soap11_wsse import DIALECT, security
from hub.catalogue.papers import ROOT, Expectation
from hub.errors import SenderError
from hub.message import Finding
from hub.ports import Answer, Call, Incoming, Kind, WireReply, WireRequest
from tests.adapters.contract import AT, HTML, RECEIPT, Contract, wire_request
from tests.adapters.records import fields_of

NS = "http://exchange.ggzy.example/soap11/v1"
ENV = "http://schemas.xmlsoap.org/soap/envelope/"
SAMPLES = ROOT / "soap11-wsse" / "samples"


def result(code: str, inner: str = "") -> WireReply:
    body = (
        f'<e:Envelope xmlns:e="{ENV}"><e:Body><pushResponse xmlns="{NS}"><result>'
        f"<resultCode>{code}</resultCode><resultMsg>m</resultMsg>{inner}</result></pushResponse></e:Body></e:Envelope>"
    )
    return WireReply(200, {"content-type": "text/xml"}, body.encode())


def fault(code: str, status: int = 500) -> WireReply:
    body = (
        f'<e:Envelope xmlns:e="{ENV}"><e:Body><e:Fault><faultcode>{code}</faultcode>'
        "<faultstring>x</faultstring></e:Fault></e:Body></e:Envelope>"
    )
    return WireReply(status, {"content-type": "text/xml"}, body.encode())


def leaves(body: bytes, name: str) -> dict[str, str]:
    node = etree.fromstring(body).find(f".//{{{NS}}}{name}")
    return {} if node is None else {etree.QName(e).localname: e.text or "" for e in node}


class TestSoap11Wsse(Contract):
    name = "soap11-wsse"
    dialect = DIALECT
    credentials: ClassVar = {"username": "hub6200", "password": "Ggzy#D09-2026"}
    text: ClassVar = st.text(
        st.characters(
            exclude_categories=("Cs", "Cc"), include_characters="\n\t\r", exclude_characters="\ufffe\uffff"
        ),
        min_size=1,
        max_size=60,
    )

    @staticmethod
    def foreign(request: WireRequest) -> dict[str, str]:
        return leaves(request.body, "record")

    def wire(self, row: Expectation) -> WireReply:
        special = {
            "ok": result("1"),
            "slow": result("1"),
            "WSDL advertises an internal address": result("1"),
            "nil or empty in answer": result(
                "1",
                "<data><businessId/><receiptNo xmlns:i='http://www.w3.org/2001/XMLSchema-instance'"
                " i:nil='true'/></data>",
            ),
            "fault with HTTP 200": fault("soapenv:Server", 200),
            "HTTP 500 with fault": fault("soapenv:Server"),
            "answer too big": replace(result("1"), body=result("1").body + b" " * 5242880),
            "unlisted code": result("-777"),
            "revoked (queryProject; project element present)": WireReply(
                200, {}, (SAMPLES / "error.-22.reply.xml").read_bytes()
            ),
        }
        if row.situation in special:
            return special[row.situation]
        if row.wire.startswith("resultCode "):
            return result(row.wire.removeprefix("resultCode "))
        assert row.wire.startswith("Fault faultcode "), row
        return fault(row.wire.removeprefix("Fault faultcode "), int(row.wire_status))

    def answer(self, row: Expectation) -> tuple[Answer, Incoming | None]:
        def found(code: str) -> Answer:
            findings = (
                Finding(code, "/body/fields/PROJECT_NAME", "x", "y"),
                Finding("field.length", "/body/fields/ADDRESS"),
            )
            return Answer(422, "message.refused", findings=findings)

        def auth(code: str) -> tuple[Answer, Incoming]:
            return Answer(401, "auth.failed"), self.incoming(authenticated=False, context={"auth": code})

        def unread(code: str) -> Incoming:
            return self.incoming(findings=(Finding(code),), authenticated=False)

        return {
            "accepted": (Answer(202, "0000", data=RECEIPT), None),
            "duplicate (same digest)": (Answer(200, "0000", data=RECEIPT), None),
            "conflict (409)": (Answer(409, "idempotency.conflict"), None),
            "bad digest, unknown user, user of another system": auth("FailedAuthentication"),
            "timestamp outside 300 s": auth("MessageExpired"),
            "nonce reused": (Answer(401, "auth.nonce-reused"), None),
            "no security header": auth("InvalidSecurity"),
            "not online (403)": (Answer(403, "member.not-online"), None),
            "finding field.required": (found("field.required"), None),
            "finding code.unknown": (found("code.unknown"), None),
            "any other finding": (found("field.format"), None),
            "not well-formed, DTD or entity, wrong root, unknown operation": (
                Answer(400, "x"),
                unread("envelope.malformed"),
            ),
            "body over limit": (Answer(413, "x"), unread("envelope.too-large")),
            "overload": (Answer(503, "hub.busy"), None),
            "internal error": (Answer(500, "hub.internal"), None),
        }[row.situation]

    def inward_ok(self, row: Expectation, reply: WireReply) -> None:
        root = etree.fromstring(reply.body)
        if row.wire.startswith("Fault "):
            assert root.findtext(".//faultcode") == row.wire.removeprefix("Fault ")
            return
        codes = row.wire.removeprefix("resultCode ").partition(",")[0].split(" ")
        assert leaves(reply.body, "result")["resultCode"] == codes[0]
        if row.kind in ("delivered", "duplicate"):
            assert leaves(reply.body, "data")["receiptNo"] == RECEIPT["hubId"]
        if "finding" in row.situation:
            fields = [e.text for e in root.iter(f"{{{NS}}}errorField")]
            assert fields == ["projectName", "address"]
            assert "address:field.length" in leaves(reply.body, "result")["resultMsg"]

    # the transcripts carry nonces of their own
    def golden_call(self, golden: dict[str, Any], **change: Any) -> Call:
        found = etree.fromstring(golden["request"]["body"].encode()).findtext(".//{*}Nonce")
        return super().golden_call(golden, nonce=base64.b64decode(found or "").hex(), **change)

    def test_digest_of_the_papers(self) -> None:
        made = security.digest(bytes(range(16)), "2026-11-22T01:00:00Z", "Ggzy#D09-2026")
        assert made == "Qzz6cLJ+cXkJOmrfhKCwlflTefA="

    def test_requests_are_valid_against_the_schema(self, stage: str) -> None:
        schema = etree.XMLSchema(etree.parse(ROOT / self.name / "exchange.xsd"))
        for seed in (0, 1):
            fields = fields_of(self.papers, stage, "out", seed, share=0.6 if seed else 1.0)
            request = DIALECT.encode(self.outgoing(stage, fields), self.call())
            body = etree.fromstring(request.body).find(f"{{{ENV}}}Body")
            assert body is not None
            schema.assertValid(body[0])

    def test_project_query_both_ways(self) -> None:
        fields = {
            "queryKind": "invest-code",
            "INVEST_PROJECT_CODE": "2026-620121-48-01-000123",
            "purpose": "核对",
        }
        outgoing = replace(self.outgoing("eng-project", fields), message="project.query", stage="")
        request = DIALECT.encode(outgoing, self.call())
        assert leaves(request.body, "query")["queryKind"] == "1"
        incoming = DIALECT.accept(request, self.call(system="T04"))
        assert (incoming.message, incoming.stage, dict(incoming.fields)) == ("project.query", "", fields)
        outcome = DIALECT.decode(
            WireReply(200, {}, (SAMPLES / "queryProject.reply.xml").read_bytes()), outgoing, self.call()
        )
        assert outcome.kind is Kind.DELIVERED
        assert outcome.data["found"] is True
        assert outcome.data["budget"] == {"amount": "1300", "unit": "1"}
        assert outcome.data["approvalTime"] == "2026-10-08T10:00:00+08:00"
        reply = DIALECT.reply(Answer(200, "0000", data=outcome.data), incoming, self.call())
        assert leaves(reply.body, "project") == leaves(
            (SAMPLES / "queryProject.reply.xml").read_bytes(), "project"
        )
        none = DIALECT.reply(Answer(404, "project.not-found"), incoming, self.call())
        assert leaves(none.body, "result")["resultCode"] == "-20"

    def test_revoked_still_tells_the_project(self) -> None:
        reply = WireReply(200, {}, (SAMPLES / "error.-22.reply.xml").read_bytes())
        outcome = DIALECT.decode(reply, self.outgoing("eng-project", {}), self.call())
        assert outcome.code == "project.filing-revoked"

    @pytest.mark.parametrize("seconds", [-301, 301])
    def test_old_and_future_tokens_expire(self, seconds: int) -> None:
        request = DIALECT.encode(self.outgoing("eng-project", {}), self.call())
        late = self.call(now=AT + timedelta(seconds=seconds), system="T04")
        incoming = DIALECT.accept(request, late)
        assert incoming.context["auth"] == "MessageExpired"
        ahead = self.call(now=AT - timedelta(seconds=90))
        assert DIALECT.accept(request, ahead).authenticated

    def test_the_server_learns_the_nonce(self) -> None:
        request = DIALECT.encode(self.outgoing("eng-project", {}), self.call())
        assert DIALECT.accept(request, self.call()).context["nonce"] == "AAECAwQFBgcICQoLDA0ODw=="

    @pytest.mark.parametrize("action", ["", '""', f'"{NS}/pushContract"', None])
    def test_action_must_fit(self, action: str | None) -> None:
        request = DIALECT.encode(self.outgoing("eng-project", {}), self.call())
        headers = {"Content-Type": "text/xml"} | ({"SOAPAction": action} if action is not None else {})
        incoming = DIALECT.accept(replace(request, headers=headers), self.call())
        reply = DIALECT.reply(Answer(400, "x"), incoming, self.call())
        assert b"soapenv:Client" in reply.body

    def test_unquoted_action_is_accepted(self) -> None:
        request = DIALECT.encode(self.outgoing("eng-project", {}), self.call())
        headers = {"soapaction": f"{NS}/pushProject"}
        assert DIALECT.accept(replace(request, headers=headers), self.call()).authenticated

    def test_control_characters_are_refused_by_name(self) -> None:
        fields = {"PROJECT_NAME": "a\x0bb", "ADDRESS": "\ufffe", "LEGAL_PERSON": "ok"}
        with pytest.raises(SenderError) as refused:
            DIALECT.encode(self.outgoing("eng-project", fields), self.call())
        assert refused.value.code == "mapping.unencodable"
        assert [f.at for f in refused.value.findings] == ["/body/fields/PROJECT_NAME", "/body/fields/ADDRESS"]

    @pytest.mark.parametrize("body", [HTML, b"<html/>", b"<!DOCTYPE html>"])
    def test_pages_are_not_answers(self, body: bytes) -> None:
        assert DIALECT.decode(
            WireReply(200, {}, body), self.outgoing("eng-project", {}), self.call()
        ).code == ("receiver.html")

    def test_samples_of_requests_are_read_back(self) -> None:
        for path in sorted(SAMPLES.glob("*.push.request.xml")):
            stage = path.name.partition(".")[0]
            operation = etree.fromstring(path.read_bytes()).find(f".//{{{ENV}}}Body")[0].tag.partition("}")[2]
            headers = {"SOAPAction": f'"{NS}/{operation.removesuffix("Request")}"'}
            wire = wire_request({"method": "POST", "path": "/services/TradeExchange", "headers": headers})
            incoming = DIALECT.accept(replace(wire, body=path.read_bytes()), self.call(system="T04"))
            assert (incoming.stage, incoming.authenticated, incoming.findings) == (stage, True, ()), path.name
