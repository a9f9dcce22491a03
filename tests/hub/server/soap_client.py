"""The vendor's side of the facade: a signed native envelope as zeep wants it, and as raw XML."""

from __future__ import annotations

from typing import Any

from lxml import etree

from hub.server.soap.names import SOAP11, SOAP12, Version, q
from hub.server.soap.record import operation_element


def arguments(envelope: dict[str, Any]) -> dict[str, Any]:
    """Keyword arguments of `putRecord` and `requestService` for a zeep client."""
    head = {name: value for name, value in envelope["head"].items() if name != "sign"}
    body = dict(envelope["body"])
    for name in ("fields", "ext"):
        if name in body:
            body[name] = {"field": [_field(member, value) for member, value in body[name].items()]}
    if "files" in body:
        body["files"] = {"file": body["files"]}
    return {"head": head, "body": body, "signature": envelope["head"]["sign"]}


def _field(name: str, value: Any) -> dict[str, Any]:
    if isinstance(value, str):
        return {"name": name, "value": {"_value_1": value}}
    return {"name": name, "value": {"_value_1": str(value), "type": "integer"}}


def wrapped(envelope: dict[str, Any], version: Version = SOAP11, operation: str = "putRecord") -> bytes:
    """One whole SOAP request."""
    root = etree.Element(q("Envelope", version.namespace), nsmap={"s": version.namespace})
    etree.SubElement(root, q("Body", version.namespace)).append(operation_element(operation, envelope))
    return etree.tostring(root, encoding="utf-8", xml_declaration=True)


def media(version: Version) -> str:
    return f"{version.media}; charset=utf-8"


def read_fault(raw: bytes) -> tuple[str, list[str], str]:
    """(code, codes of all findings, version) of a Fault."""
    root = etree.fromstring(raw)
    version = SOAP12 if root.tag == q("Envelope", SOAP12.namespace) else SOAP11
    fault = root.find(f".//{q('Fault', version.namespace)}")
    assert fault is not None, raw
    problem = fault.find(f".//{q('problem')}")
    assert problem is not None, raw
    codes = [element.findtext(q("code")) or "" for element in problem.findall(q("finding"))]
    return problem.findtext(q("code")) or "", codes, version.name
