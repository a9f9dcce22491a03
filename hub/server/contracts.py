"""`GET /in/{systemId}/…?wsdl`: the contract of a caller's own dialect, with our address in it.

The papers' WSDL names an internal host of the system it was taken from; tools made from it would call
there. Contract and schema are the papers' bytes but for the addresses.
"""

from __future__ import annotations

from functools import cache
from pathlib import PurePosixPath

from aiohttp import web
from lxml import etree

from hub.catalogue.papers import Papers
from hub.errors import SettingsError

_SOAP = "http://schemas.xmlsoap.org/wsdl/soap/"
_XSD = "http://www.w3.org/2001/XMLSchema"


def asked_for(request: web.Request) -> bool:
    """Is this a question for the contract, and not a message?"""
    return request.method == "GET" and not {"wsdl", "xsd"}.isdisjoint(_query(request))


def contract(request: web.Request, dialect: str, tail: str) -> web.Response | None:
    """The document, or None where this dialect has none, not at this path, or not of that name."""
    papers = _papers(dialect)
    if papers is None or tail != papers.facts.get("paths", {}).get("service"):
        return None
    files = {name for name in papers.facts["files"] if PurePosixPath(name).name == name}
    query = _query(request)
    if "wsdl" in query:
        found = next((name for name in sorted(files) if name.endswith(".wsdl")), "")
    else:
        found = query["xsd"] if query["xsd"].endswith(".xsd") else ""
    if found not in files:
        return None
    address = f"{request.scheme}://{request.host}{request.rel_url.raw_path}"
    body = readdressed((papers.root / found).read_bytes(), address)
    return web.Response(
        body=body, content_type="text/xml", charset="utf-8", headers={"Cache-Control": "no-store"}
    )


def readdressed(document: bytes, address: str) -> bytes:
    """A WSDL or schema of ours with every address, and every way to a schema beside it, under `address`."""
    root = etree.fromstring(document, etree.XMLParser(resolve_entities=False, no_network=True))
    for node in root.iter(f"{{{_SOAP}}}address"):
        node.set("location", address)
    for node in root.iter(f"{{{_XSD}}}import", f"{{{_XSD}}}include"):
        if node.get("schemaLocation"):
            node.set("schemaLocation", f"{address}?xsd={node.get('schemaLocation')}")
    return bytes(etree.tostring(root, encoding="UTF-8", xml_declaration=True))


def _query(request: web.Request) -> dict[str, str]:
    return {name.lower(): value for name, value in request.query.items()}


@cache
def _papers(dialect: str) -> Papers | None:
    try:
        return Papers.load(dialect)
    except SettingsError:
        return None
