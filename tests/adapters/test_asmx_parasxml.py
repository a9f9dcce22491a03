"""asmx-parasxml: a document in a string, with everything that goes wrong between the two."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar
from xml.sax.saxutils import escape

import pytest
from hypothesis import strategies as st
from lxml import etree

from adapters.asmx_parasxml import DIALECT
from hub.catalogue.papers import ROOT, Expectation
from hub.errors import SenderError
from hub.message import Finding
from hub.ports import Answer, Incoming, Kind, WireReply, WireRequest
from tests.adapters.contract import HTML, RECEIPT, Contract, wire_reply, wire_request
from tests.adapters.records import fields_of

ENV = "http://schemas.xmlsoap.org/soap/envelope/"
SAMPLES = ROOT / "asmx-parasxml" / "samples"
ROOT_OK = "<Root><ReturnInfo><Code>1</Code><Description>好</Description></ReturnInfo><BusinessInfo/></Root>"


def said(inner: str) -> WireReply:
    body = (
        f'<s:Envelope xmlns:s="{ENV}"><s:Body><SaveXMDJResponse xmlns="http://tempuri.org/">'
        f"<SaveXMDJResult>{escape(inner)}</SaveXMDJResult></SaveXMDJResponse></s:Body></s:Envelope>"
    )
    return WireReply(200, {"content-type": "text/xml; charset=utf-8"}, body.encode())


def answered(code: str, business: str = "") -> WireReply:
    return said(
        '<?xml version="1.0" encoding="gb2312"?>'
        f"<Root><ReturnInfo><Code>{code}</Code><Description>x</Description></ReturnInfo>"
        f"<BusinessInfo>{business}</BusinessInfo><UserArea/></Root>"
    )


def inner_of(body: bytes) -> etree._Element:
    """The document in a request or an answer of ours, which are well written."""
    text = next(
        node.text or ""
        for node in etree.fromstring(body).iter("{*}*")
        if etree.QName(node).localname in ("ParasXml",) or etree.QName(node).localname.endswith("Result")
    )
    return etree.fromstring(text.partition("?>")[2])


class TestAsmxParasXml(Contract):
    name = "asmx-parasxml"
    dialect = DIALECT
    credentials: ClassVar = {"token": "Vendor@Gs2026"}
    text: ClassVar = st.text(
        st.characters(
            exclude_categories=("Cs", "Cc"), include_characters="\n\t\r", exclude_characters="\ufffe\uffff"
        ),
        min_size=1,
        max_size=60,
    )

    @staticmethod
    def foreign(request: WireRequest) -> dict[str, str]:
        return {str(e.tag): e.text for e in inner_of(request.body) if e.text}

    def wire(self, row: Expectation) -> WireReply:
        special = {
            "ok": answered("1", "<IsRepeat>F</IsRepeat>"),
            "slow": answered("1"),
            "duplicate": answered("1", "<IsRepeat>T</IsRepeat>"),
            "double escaped": said(escape(ROOT_OK)),
            "BOM inside": said("\ufeff" + ROOT_OK),
            "declaration lies": said('<?xml version="1.0" encoding="gb2312"?>' + ROOT_OK),
            "raw ampersand in answer": said(ROOT_OK.replace("好", "A & B &amp; C &x")),
            "inner malformed beyond that": said("<Root><ReturnInfo>"),
            "empty string": said(""),
            "html": WireReply(200, {}, HTML),
            "fault client": self.sample("fault.client.reply.xml", 500),
            "fault server": self.sample("fault.server.reply.xml", 500),
            "ip not allowed": WireReply(403, {}, b"x"),
            "answer too big": replace(answered("1"), body=answered("1").body + b" " * 2097152),
            "unlisted code": answered("0", "<ErrorCode>WAT</ErrorCode>"),
        }
        if row.situation in special:
            return special[row.situation]
        assert row.wire.startswith("Code 0, ErrorCode "), row
        code = row.wire.removeprefix("Code 0, ErrorCode ")
        return answered("0", f"<ErrorCode>{code}</ErrorCode><ErrorField>F</ErrorField>")

    @staticmethod
    def sample(name: str, status: int = 200) -> WireReply:
        return WireReply(status, {"content-type": "text/xml"}, (SAMPLES / name).read_bytes())

    def answer(self, row: Expectation) -> tuple[Answer, Incoming | None]:
        known = self.incoming(context={"method": "SaveXMDJ"})

        def found(code: str) -> tuple[Answer, Incoming]:
            findings = (
                Finding(code, "/body/fields/PROJECT_NAME", "x", "y"),
                Finding("field.length", "/body/fields/ADDRESS"),
            )
            return Answer(422, "message.refused", findings=findings), known

        def unread(code: str, **context: Any) -> Incoming:
            return replace(known, findings=(Finding(code),), context={"method": "SaveXMDJ", **context})

        query = replace(known, message="project.query", stage="", context={"method": "GetXMInfo"})
        credit = replace(known, message="credit.query", stage="", context={"method": "GetCreditInfo"})
        return {
            "accepted": (Answer(202, "0000", data=RECEIPT), known),
            "duplicate (same digest)": (Answer(200, "0000", data=RECEIPT), known),
            "conflict (409)": (Answer(409, "idempotency.conflict"), known),
            "bad token, unknown system, not online": (Answer(403, "member.not-online"), known),
            "inner XML malformed, DTD, raw &, missing paras": (
                Answer(400, "x"),
                unread("envelope.malformed"),
            ),
            "outer XML malformed, DTD, unknown method": (
                Answer(400, "x"),
                unread("envelope.malformed", outer=True),
            ),
            "bytes are not UTF-8": (Answer(400, "x"), self.not_utf8()),
            "finding field.required": found("field.required"),
            "finding code.unknown": found("code.unknown"),
            "any other finding": found("field.format"),
            "over limit": (Answer(413, "x"), unread("envelope.too-large")),
            "overload": (Answer(503, "hub.busy"), known),
            "internal error": (Answer(500, "hub.internal"), known),
            "service: provider down or slow": (Answer(502, "upstream.unavailable"), query),
            "service: project.not-found and the other project errors": (
                Answer(404, "project.not-found"),
                query,
            ),
            "service: credit errors": (Answer(422, "credit.body-unknown"), credit),
        }[row.situation]

    def not_utf8(self) -> Incoming:
        request = DIALECT.encode(self.outgoing("eng-project", {"PROJECT_NAME": "永登"}), self.call())
        body = request.body.decode().encode("gb18030")
        return DIALECT.accept(replace(request, body=body), self.call())

    def inward_ok(self, row: Expectation, reply: WireReply) -> None:
        if row.wire.startswith("Fault "):
            code = etree.fromstring(reply.body).findtext(".//faultcode")
            assert code == row.wire.removeprefix("Fault ").partition(" ")[0]
            return
        root = inner_of(reply.body)
        assert root.findtext("ReturnInfo/Code") == ("1" if row.wire.startswith("Code 1") else "0")
        if row.kind in ("delivered", "duplicate"):
            assert root.findtext("BusinessInfo/ReceiptNo") == RECEIPT["hubId"]
            assert root.findtext("BusinessInfo/IsRepeat") == row.wire[-1]
            return
        assert root.findtext("BusinessInfo/ErrorCode") == row.wire.removeprefix("Code 0 ").split(" ")[
            0
        ].strip(",")
        if "finding" in row.situation:
            assert root.findtext("BusinessInfo/ErrorField") == "XiangMuName"
            assert ":field.length" in (root.findtext("ReturnInfo/Description") or "")

    def golden_answer(self, golden: dict[str, Any], incoming: Incoming) -> Answer:
        if incoming.message in ("project.query", "credit.query") and golden["outcome"]["kind"] == "delivered":
            asked = replace(self.outgoing("eng-project", {}), message=incoming.message, stage="")
            outcome = DIALECT.decode(wire_reply(golden["reply"]), asked, self.call())
            return Answer(200, "0000", data=outcome.data)
        return super().golden_answer(golden, incoming)

    def test_credit_query_both_ways(self) -> None:
        body = (SAMPLES / "GetCreditInfo.request.xml").read_bytes()
        headers = {"SOAPAction": '"http://tempuri.org/GetCreditInfo"'}
        wire = WireRequest("POST", "/WebService/TradeDataService.asmx", headers, body)
        incoming = DIALECT.accept(wire, self.call(system="T03"))
        assert incoming.message == "credit.query"
        assert incoming.fields["party"] == {
            "type": "1",
            "code": "916201022243338110",
            "name": "兰州恒筑建设有限公司",
        }
        assert incoming.fields["point"] == "award"
        outgoing = replace(
            self.outgoing("eng-project", dict(incoming.fields)), message="credit.query", stage=""
        )
        assert DIALECT.encode(outgoing, self.call()).body == body
        barred = DIALECT.decode(self.sample("GetCreditInfo.barred.reply.xml"), outgoing, self.call())
        assert barred.data["barred"] is True
        assert barred.data["hits"] == [
            {
                "VIOLATING_CODE": "WF-2026-0001",
                "kind": "barred",
                "CONFINED_START": "2026-01-01T00:00:00+08:00",
                "CONFINED_END": "2027-12-31T23:59:59+08:00",
                "blocking": True,
            }
        ]
        reply = DIALECT.reply(Answer(200, "0000", data=barred.data), incoming, self.call())
        assert reply.body == (SAMPLES / "GetCreditInfo.barred.reply.xml").read_bytes()

    def test_revoked_project_is_told_beside_the_refusal(self) -> None:
        asked = replace(self.outgoing("eng-project", {}), message="project.query", stage="")
        outcome = DIALECT.decode(self.sample("error.REVOKED.reply.xml"), asked, self.call())
        assert outcome.code == "project.filing-revoked"

    @pytest.mark.parametrize(
        ("yuan", "wan"), [("12345678.90", "1234.56789"), ("0.01", "0.000001"), ("0", "0")]
    )
    def test_amounts_travel_in_ten_thousands(self, yuan: str, wan: str) -> None:
        fields = {"CONTRACT_RECKON_PRICE": yuan, "PRICE_UNIT": "0"}
        held = self.foreign(DIALECT.encode(self.outgoing("eng-section", fields), self.call()))
        assert held["ContractReckonPrice"] == wan
        kept = self.foreign(
            DIALECT.encode(self.outgoing("eng-section", {**fields, "PRICE_UNIT": "1"}), self.call())
        )
        assert kept["ContractReckonPrice"] == yuan.removesuffix("0") if "." in yuan else yuan

    @pytest.mark.parametrize("value", ["1e9", "１２", "12,000", "NaN", "1" * 70])
    def test_what_is_no_plain_decimal_is_refused(self, value: str) -> None:
        with pytest.raises(SenderError) as refused:
            DIALECT.encode(self.outgoing("eng-section", {"CONTRACT_RECKON_PRICE": value}), self.call())
        assert refused.value.code == "mapping.value"

    @pytest.mark.parametrize("date", ["2026/1/2 3:04:05", "2026-01-02 03:04:05"])
    def test_both_ways_to_write_a_time_are_read(self, date: str) -> None:
        request = DIALECT.encode(self.outgoing("eng-project", {}), self.call())
        body = request.body.replace(b"<CreateTime></CreateTime>", f"<CreateTime>{date}</CreateTime>".encode())
        assert body != request.body
        incoming = DIALECT.accept(replace(request, body=body), self.call())
        assert incoming.fields["CREATE_TIME"] == "2026-01-02T03:04:05+08:00"

    def test_the_callers_guid_is_kept_in_lower_case(self) -> None:
        fields = fields_of(self.papers, "eng-project", "out", 1)
        request = DIALECT.encode(self.outgoing("eng-project", fields), self.call())
        key = self.papers.row_key("T03", "eng-project", "K-1")
        body = request.body.replace(key.encode(), key.upper().encode())
        assert DIALECT.accept(replace(request, body=body), self.call()).key == key

    def test_plain_escaped_text_is_as_good_as_cdata(self) -> None:
        request = DIALECT.encode(self.outgoing("eng-project", {"PROJECT_NAME": "甲&乙"}), self.call())
        start, _, rest = request.body.decode().partition("<![CDATA[")
        inner, _, end = rest.partition("]]>")
        incoming = DIALECT.accept(replace(request, body=(start + escape(inner) + end).encode()), self.call())
        assert incoming.fields["PROJECT_NAME"] == "甲&乙"

    def test_a_repeated_element_is_refused(self) -> None:
        request = DIALECT.encode(self.outgoing("eng-project", {}), self.call())
        body = request.body.replace(b"</paras>", b"<RowGuid>x</RowGuid></paras>")
        incoming = DIALECT.accept(replace(request, body=body), self.call())
        reply = DIALECT.reply(Answer(400, "x"), incoming, self.call())
        assert inner_of(reply.body).findtext("BusinessInfo/ErrorCode") == "XML01"

    def test_samples_of_requests_are_read_back(self) -> None:
        for path in sorted(SAMPLES.glob("*.push.request.xml")):
            body = path.read_bytes()
            method = etree.QName(etree.fromstring(body)[0][0]).localname
            headers = {"SOAPAction": f"http://tempuri.org/{method}"}
            line = {"method": "POST", "path": "/in/T03/WebService/TradeDataService.asmx", "headers": headers}
            incoming = DIALECT.accept(replace(wire_request(line), body=body), self.call(system="T03"))
            assert (incoming.stage, incoming.authenticated, incoming.findings) == (
                path.name.partition(".")[0],
                True,
                (),
            )

    def test_an_inner_page_of_entities_is_not_expanded(self) -> None:
        bomb = '<!DOCTYPE a [<!ENTITY b "bbbb">]><Root><ReturnInfo><Code>&b;</Code></ReturnInfo></Root>'
        outcome = DIALECT.decode(said(bomb), self.outgoing("eng-project", {}), self.call())
        assert outcome.kind is Kind.UNKNOWN
