"""The contract side: an independent SOAP library reads the papers' WSDL and agrees with our bytes.

zeep knows the contract and nothing of us. What it builds from the same values must equal what we
write after C14N, and it must be able to read what we answer.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import zeep
import zeep.exceptions
import zeep.transports
from lxml import etree

from adapters import asmx_parasxml, soap11_wsse
from hub.catalogue.papers import ROOT, Papers
from hub.ports import Answer, Call, Incoming, Outgoing
from tests.adapters.contract import AT, HUB_ID, RECEIPT
from tests.adapters.records import fields_of
from tests.rows import each

ENV = "{http://schemas.xmlsoap.org/soap/envelope/}"
CREDENTIALS = {"username": "u", "password": "p", "token": "Vendor@Gs2026"}


class Disk(zeep.transports.Transport):
    """No network: the schema beside the WSDL is all there is."""

    def load(self, url: str) -> bytes:
        path = Path(url.removeprefix("file://"))
        if not path.is_relative_to(ROOT):
            name = url.rpartition("xsd=")[2] or path.name
            path = ROOT / "soap11-wsse" / name
        return path.read_bytes()


def client(dialect: str, wsdl: str) -> zeep.Client:
    return zeep.Client(str(ROOT / dialect / wsdl), transport=Disk())


def outgoing(dialect: str, stage: str, seed: int) -> Outgoing:
    papers = Papers.load(dialect)
    fields = fields_of(papers, stage, "out", seed, share=0.8)
    return Outgoing("m", stage, "insert", 1, fields, sender="T03", key="K-1", hub_id=HUB_ID)


def call() -> Call:
    return Call("D09", "", CREDENTIALS, AT, "000102030405060708090a0b0c0d0e0f", "k")


def typed(row_type: str, text: str) -> Any:
    """A wire text as the value zeep wants for that XSD type."""
    if row_type == "xs:dateTime":
        return datetime.fromisoformat(text)
    if row_type == "xs:date":
        return datetime.fromisoformat(text).date()
    if row_type == "xs:boolean":
        return text == "true"
    if row_type == "xs:int":
        return int(text)
    return Decimal(text) if row_type == "xs:decimal" else text


def canonical(node: etree._Element) -> bytes:
    """Exclusive C14N of a copy with no prefixes in the way."""
    plain = etree.fromstring(etree.tostring(node))
    for inner in plain.iter():
        inner.tag = etree.QName(inner).localname if isinstance(inner.tag, str) else inner.tag
    etree.cleanup_namespaces(plain)
    return bytes(etree.tostring(plain, method="c14n", exclusive=True))


def body(envelope: bytes | etree._Element) -> etree._Element:
    root = etree.fromstring(envelope) if isinstance(envelope, bytes) else envelope
    found = root.find(f"{ENV}Body")
    assert found is not None
    return found[0]


@each("stage", Papers.load("soap11-wsse").stages()[:-1])
def test_zeep_builds_the_same_soap_body(stage: str) -> None:
    papers, soap = Papers.load("soap11-wsse"), client("soap11-wsse", "exchange.wsdl")
    ours = body(soap11_wsse.DIALECT.encode(outgoing("soap11-wsse", stage, 4), call()).body)
    rows = {row.foreign: row.foreign_type for row in papers.fields if row.stage in ("*", stage)}
    parts = {
        etree.QName(part).localname: {
            (name := etree.QName(e).localname): typed(rows[name], e.text or "") for e in part
        }
        for part in ours
    }
    operation = etree.QName(ours).localname.removesuffix("Request")
    theirs = body(soap.create_message(soap.service, operation, **parts))
    assert canonical(theirs) == canonical(ours)


def test_zeep_reads_our_answers() -> None:
    soap = client("soap11-wsse", "exchange.wsdl")
    request = soap11_wsse.DIALECT.encode(outgoing("soap11-wsse", "eng-project", 1), call())
    incoming = soap11_wsse.DIALECT.accept(request, call())
    operation = soap.service._binding._operations["pushProject"]

    def read(answer: Answer, understood: Incoming) -> Any:
        reply = soap11_wsse.DIALECT.reply(answer, understood, call())
        return operation.process_reply(etree.fromstring(reply.body))

    good = read(Answer(202, "0000", data=RECEIPT), incoming)
    assert (good.resultCode, good.data.receiptNo) == ("1", HUB_ID)
    assert good.data.receiptTime == datetime.fromisoformat("2026-11-22T09:00:01")
    assert read(Answer(409, "idempotency.conflict"), incoming).resultCode == "-5"
    fault = soap11_wsse.DIALECT.reply(Answer(401, "auth.failed"), Incoming("", "", "", "", 0, "", {}), call())
    with pytest.raises(zeep.exceptions.Fault) as told:
        soap.service._binding.process_error(etree.fromstring(fault.body), operation)
    assert told.value.code == "wsse:FailedAuthentication"


@pytest.mark.parametrize("stage", ["eng-project", "eng-section", "contract-sign"])
def test_zeep_builds_the_same_asmx_call(stage: str) -> None:
    asmx = client("asmx-parasxml", "service.wsdl")
    ours = body(asmx_parasxml.DIALECT.encode(outgoing("asmx-parasxml", stage, 2), call()).body)
    token, paras = (part.text for part in ours)
    method = etree.QName(ours).localname
    theirs = body(asmx.create_message(asmx.service, method, ValidateData=token, ParasXml=paras))
    assert canonical(theirs) == canonical(ours)


def test_zeep_reads_our_asmx_answer() -> None:
    asmx = client("asmx-parasxml", "service.wsdl")
    request = asmx_parasxml.DIALECT.encode(outgoing("asmx-parasxml", "eng-project", 2), call())
    incoming = asmx_parasxml.DIALECT.accept(request, call())
    reply = asmx_parasxml.DIALECT.reply(Answer(202, "0000", data=RECEIPT), incoming, call())
    text = asmx.service._binding._operations["SaveXMDJ"].process_reply(etree.fromstring(reply.body))
    root = etree.fromstring(text.partition("?>")[2])
    assert root.findtext("BusinessInfo/ReceiptNo") == HUB_ID
