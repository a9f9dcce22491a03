"""From bytes to one SOAP 1.2 call, or the business code that says what is wrong (rules.md 2, 3, 6)."""

from __future__ import annotations

import copy
import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache

from lxml import etree

from hub.catalogue.papers import ROOT
from simulators.dialects.mtom import parameters, root_of
from simulators.dialects.soap12_security import ENV
from simulators.dialects.xmlread import BadXmlError, local, namespace
from simulators.wire import Request

WSA = "http://www.w3.org/2005/08/addressing"
ANONYMOUS = f"{WSA}/anonymous"
XSI_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"


class Refused(Exception):
    """What becomes a Fault: business code, fields to blame, sentence where it is not the code's own."""

    def __init__(self, code: str, fields: tuple[str, ...] = (), text: str = "") -> None:
        super().__init__(code)
        self.code, self.fields, self.text = code, fields, text


@dataclass(frozen=True, slots=True)
class Call:
    """The operation, its element, and the whole document (for the signature)."""

    operation: str
    content: etree._Element
    root: etree._Element
    message_id: str


def read_call(request: Request, own: str, operations: Collection[str]) -> Call:
    """Raises Refused with S200, S202 or S201, in this order."""
    sent = request.headers.get("content-type", "")
    try:
        root = root_of(sent, request.body)
    except BadXmlError:
        raise Refused("S200") from None
    body = root.find(f"{{{ENV}}}Body")
    if root.tag != f"{{{ENV}}}Envelope" or body is None or len(body) != 1:
        raise Refused("S200")
    message_id, action, reply_to = (
        _header(root, path) for path in ("MessageID", "Action", f"ReplyTo/{{{WSA}}}Address")
    )
    if not message_id or not action or reply_to not in ("", ANONYMOUS):
        raise Refused("S202")
    name = local(body[0])
    operation = name.removesuffix("Request")
    stated = parameters(sent)[1].get("action", action)
    if action != f"{own}/{operation}" or stated != action or namespace(body[0]) != own or name == operation:
        raise Refused("S201")
    if operation not in operations:
        raise Refused("S200")
    return Call(operation, body[0], root, message_id)


def _header(root: etree._Element, path: str) -> str:
    return (root.findtext(f"{{{ENV}}}Header/{{{WSA}}}{path}") or "").strip()


def fits_schema(call: Call) -> None:
    """Raises Refused: S301 for a required element that is missing or empty, S200 for anything else.

    Nil and empty elements are none, unless they are containers.
    """
    wanted = copy.deepcopy(call.content)
    for element in list(wanted.iter(etree.Element)):
        parent = element.getparent()
        empty = not len(element) and not (element.text or "").strip()
        if parent is not None and empty and (element.get(XSI_NIL) or not _container(local(element))):
            parent.remove(element)
    try:
        _schema().assertValid(wanted)
    except etree.DocumentInvalid as error:
        text = str(error)
        missing = re.search(r"Expected is (?:one of )?\( \{[^}]*\}(\w+)", text)
        there = missing and any(local(element) == missing[1] for element in wanted.iter(etree.Element))
        if missing and not there:
            raise Refused("S301", (missing[1],)) from None
        typed = re.search(r"Element '\{[^}]*\}(\w+)'.*(?:not a valid value|facet)", text)
        raise (Refused("S302", (typed[1],)) if typed else Refused("S200")) from None


@cache
def _containers() -> frozenset[str]:
    text = (ROOT / "soap12-x509" / "resource.xsd").read_text("utf-8")
    return frozenset(re.findall(r'<xs:element name="(\w+)"[^>/]*><xs:complexType', text))


def _container(name: str) -> bool:
    return name in _containers()


@cache
def _schema() -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(ROOT / "soap12-x509" / "resource.xsd"))
