"""A native envelope as a typed SOAP message, losing nothing: null, empty and absent stay three things.

Bare characters mean what the table says of the field. Where the envelope holds another JSON kind than
that (a mistake, but the sender's own), an attribute says so, and the receiver gets the mistake as it was.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Any

from lxml import etree

from hub.message import Finding
from hub.standard.bindings.record import natural, split, unwritable, write
from hub.standard.bindings.soap_names import CLAUSE, KIND, MEMBER, MOST, NS, PUT, SOAP11, XSI, Version, q
from hub.standard.bindings.soap_shapes import RECORD_PUT, Array, Leaf, Shape, Shapes, Tree
from hub.standard.book import Book
from hub.standard.model import Service, Stage

NSMAP: Any = {None: NS}  # typed loosely because the stubs of lxml know no default namespace


def soap_encode(standard: Book, envelope: Any, *, version: Version = SOAP11) -> bytes | tuple[Finding, ...]:
    """The SOAP envelope in UTF-8, or the findings that forbid it (characters XML does not have)."""
    element = message_element(standard, envelope)
    if isinstance(element, tuple):
        return element
    return soap_envelope(element, version)


def soap_envelope(content: etree._Element, version: Version) -> bytes:
    """One element in the body of a SOAP envelope, as bytes. Nothing is indented: white space is data."""
    root = etree.Element(q("Envelope", version.namespace), nsmap={"soap": version.namespace})
    etree.SubElement(root, q("Body", version.namespace)).append(content)
    return etree.tostring(root, encoding="utf-8", xml_declaration=True)


def message_element(standard: Book, envelope: Any) -> etree._Element | tuple[Finding, ...]:
    """The operation's element alone, or the findings."""
    parts = split(envelope)
    if isinstance(parts, tuple):
        return parts
    refused = tuple(islice(unwritable(envelope), MOST))
    if refused:
        return refused
    name, service, stage = operation(standard, parts.head.get("msgType"), parts.head.get("stage"))
    if not name:
        observed = f"{parts.head.get('msgType')} {parts.head.get('stage', '')}"[:80]
        advice = "核对 head.msgType 与 head.stage"
        return (Finding("soap.operation", "/head/msgType", "WSDL 列出的操作", observed, advice, CLAUSE),)
    root = etree.Element(q(name), nsmap=NSMAP)
    fill(root, envelope, Shapes(standard).message(service, stage), _renamed(envelope, service, stage))
    return root


def operation(standard: Book, msg_type: object, stage_id: object) -> tuple[str, Service | None, Stage | None]:
    """Name of the operation for a message type and a stage; "" when the standard has none."""
    stage = standard.by_id.get(stage_id) if isinstance(stage_id, str) else None
    if msg_type == RECORD_PUT:
        return (f"{PUT}{stage.id}" if stage is not None else ""), None, stage
    service = standard.services.get(msg_type) if isinstance(msg_type, str) else None
    if service is None or (service.body == "record" and stage is None):
        return "", None, None
    return service.name, service, stage


def _renamed(envelope: Any, service: Service | None, stage: Stage | None) -> str:
    """The element that holds `body.fields`: which one tells whole records from deletions, and the stage."""
    if service is not None and service.body == "service":
        return "fields"
    part = "partial" if envelope["body"].get("op") == "delete" else "fields"
    return part if service is None or stage is None else f"{stage.id}.{part}"


def fill(parent: etree._Element, value: Mapping[str, Any], tree: Tree, fields: str = "") -> None:
    """Members the tree knows first and in its order, because a schema may ask for one."""
    for name, shape in tree.members.items():
        if name in value:
            _put(etree.SubElement(parent, q(fields if fields and name == "fields" else name)), value[name],
                 shape, fields if name == "body" else "")  # fmt: skip
    for name, one in value.items():
        if name not in tree.members:
            element = etree.SubElement(parent, q(MEMBER))
            element.set("name", name)
            _put(element, one, Leaf(), "")


def _put(element: etree._Element, value: Any, shape: Shape, fields: str) -> None:
    if isinstance(shape, Tree) and isinstance(value, dict):
        fill(element, value, shape, fields)
    elif isinstance(shape, Array) and isinstance(value, list):
        for one in value:
            _put(etree.SubElement(element, q(shape.name)), one, shape.item, "")
    else:
        written = write(value)
        if written.kind == "null":
            element.set(q("nil", XSI), "true")
            return
        if not isinstance(shape, Leaf) or natural(shape.type, written.text) != written.kind:
            element.set(KIND, written.kind)
        element.text = written.text
