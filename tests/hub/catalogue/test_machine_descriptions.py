"""WSDL, XSD and OpenAPI load in tools that know nothing of us."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from lxml import etree
from zeep import Client

from hub.catalogue import Papers
from hub.catalogue.papers import ROOT
from tests.rows import each

DTD_SAFE = etree.XMLParser(resolve_entities=False, no_network=True)


@pytest.mark.parametrize(("dialect", "count"), [("soap11-wsse", 17), ("asmx-parasxml", 18)])
def test_wsdl_loads_in_zeep_and_offers_every_operation(dialect: str, count: int) -> None:
    papers = Papers.load(dialect)
    (wsdl,) = papers.root.glob("*.wsdl")
    (service,) = Client(str(wsdl)).wsdl.services.values()
    (port,) = service.ports.values()
    operations = set(port.binding._operations)
    assert len(operations) == count
    assert set(papers.facts["operations"].values()) <= operations


def test_soap_samples_and_transcripts_fit_the_schema() -> None:
    root = ROOT / "soap11-wsse"
    schema = etree.XMLSchema(etree.parse(str(root / "exchange.xsd")))
    texts = [path.read_bytes() for path in (root / "samples").glob("*.xml")]
    broken = {"push-schema"}
    for line in Papers.load("soap11-wsse").golden():
        texts.append(line["reply"]["body"].encode())
        if line["id"] not in broken:
            texts.append(line["request"]["body"].encode())
    checked = 0
    for text in texts:
        body = etree.fromstring(text, DTD_SAFE).find("{*}Body")
        assert body is not None
        if etree.QName(body[0]).localname != "Fault":
            schema.assertValid(body[0])
            checked += 1
    assert checked > 40


def test_schema_refuses_the_transcript_that_says_so() -> None:
    root = ROOT / "soap11-wsse"
    schema = etree.XMLSchema(etree.parse(str(root / "exchange.xsd")))
    (line,) = [x for x in Papers.load("soap11-wsse").golden() if x["id"] == "push-schema"]
    body = etree.fromstring(line["request"]["body"].encode()).find("{*}Body")
    assert body is not None
    assert not schema.validate(body[0])


@each("path", sorted(ROOT.glob("*/openapi.json")), ids=lambda path: path.parent.name)
def test_openapi_is_whole(path: Path) -> None:
    document = json.loads(path.read_text("utf-8"))
    assert document["openapi"].startswith("3.1")
    assert document["info"]["title"]
    identifiers = []
    for operations in document["paths"].values():
        for operation in operations.values():
            identifiers.append(operation["operationId"])
            assert operation["responses"]
    assert len(identifiers) == len(set(identifiers))
    for reference in references(document):
        node = document
        for step in reference.removeprefix("#/").split("/"):
            node = node[step]


def references(node: object) -> list[str]:
    if isinstance(node, dict):
        own = [str(node["$ref"])] if "$ref" in node else []
        return own + [r for value in node.values() for r in references(value)]
    if isinstance(node, list):
        return [r for value in node for r in references(value)]
    return []
