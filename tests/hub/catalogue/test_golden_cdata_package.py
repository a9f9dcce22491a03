"""exch-hmac, variant soap-cdata-package: envelope and package read with a parser that knows neither side."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from lxml import etree
from zeep import Client

from certs.identity import resident_ok, uscc_ok
from hub.catalogue import Papers
from tests.rows import each

Line = dict[str, Any]
PAPERS = Papers.load("exch-hmac")
LINES = [line for line in PAPERS.golden() if line["file"] == "soap-cdata-package.jsonl"]
SERVICES = {path: name for name, path in PAPERS.facts["operations"].items()}
SAFE = etree.XMLParser(resolve_entities=False, no_network=True, strip_cdata=False)
CUT = {"pkg-truncated"}


def parsed(text: str) -> Any:
    return etree.fromstring(text.encode(), SAFE)


def inner(text: str, tag: str) -> str:
    found = parsed(text).find(f".//{{*}}{tag}")
    assert found is not None and f"<![CDATA[{found.text}]]>" in text
    return str(found.text)


def names(record: Any, service: str, direction: str) -> set[str]:
    """Every leaf that the table does not know."""
    known = {row.foreign.replace("[]", "") for row in PAPERS.rows(service, direction)}
    found = set()
    for leaf in (e for e in record.iter() if not len(e) and e is not record):
        parts = [str(leaf.tag)]
        while (leaf := leaf.getparent()) is not record:
            parts.insert(0, str(leaf.tag))
        found.add("/".join(parts))
    return found - known


@each("line", LINES, ids=lambda line: str(line["id"]))
def test_request_package(line: Line) -> None:
    path = line["request"]["path"].rpartition("/")[2]
    service = SERVICES[path]
    package = parsed(inner(line["request"]["body"], "arg0"))
    head, (record,) = package.find("PACKAGEHEAD"), package.findall("DATA/RECORD")
    assert head.findtext("JLS") == "1" and record.get("no") == "1"
    assert head.findtext("QQXTDM") == line["request"]["headers"]["sid"]
    assert head.findtext("YWDM") == line["secrets"]["ywdm"]
    assert uscc_ok(head.findtext("QQDWDM"))
    assert names(record, service, "request") == set()
    for number in record.findall(".//ZJHM"):
        assert resident_ok(number.text)
    member = PAPERS.facts["package_number"][service]
    if member != "*nonce":
        row = next(r for r in PAPERS.rows(service, "request") if r.standard == member)
        text = f"{path}|{record.findtext(row.foreign)}"
        assert head.findtext("FWQQBH") == hashlib.sha256(text.encode()).hexdigest()[:32].upper()


@each("line", LINES, ids=lambda line: str(line["id"]))
def test_reply_package(line: Line) -> None:
    body, code = line["reply"]["body"], line["outcome"]["code"]
    if body.startswith("{"):
        assert str(json.loads(body)["code"]).startswith("1")
        return
    text = inner(body, "return")
    if line["id"] in CUT:
        with pytest.raises(etree.XMLSyntaxError):
            parsed(text)
        return
    package = parsed(text)
    records = package.findall("DATA/RECORD")
    sent = parsed(inner(line["request"]["body"], "arg0"))
    assert package.findtext("PACKAGEHEAD/FWQQBH") == sent.findtext("PACKAGEHEAD/FWQQBH")
    whole = package.findtext("PACKAGEHEAD/JLS") == str(len(records))
    assert whole is (code != "receiver.broken-body")
    service = SERVICES[line["request"]["path"].rpartition("/")[2]]
    for record in records:
        assert names(record, service, "reply") == set()
    assert (package.findtext("PACKAGEHEAD/JGDM") == "0") is (code in {"ok", "receiver.broken-body"})


def test_wsdl_loads_in_zeep() -> None:
    client: Any = Client(str(PAPERS.root / "package.wsdl"))  # type: ignore[no-untyped-call]
    (service,) = client.wsdl.services.values()
    (port,) = service.ports.values()
    assert set(port.binding._operations) == {"execute"}


def test_the_systems_ask_what_is_carried() -> None:
    asked = {name for own in PAPERS.facts["systems"].values() for name in own.get("ask", ())}
    assert asked == set(PAPERS.facts["package_number"])
