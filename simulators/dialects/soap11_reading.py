"""From bytes to one SOAP 1.1 call, or the Fault that says what is wrong with it.

The schema is asked last, about a copy without empty optional elements: nil, empty and missing are one.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache

from lxml import etree

from hub.catalogue.papers import ROOT
from simulators.dialects.xmlread import BadXmlError, local, namespace, read
from simulators.wire import Request

SOAP11 = "http://schemas.xmlsoap.org/soap/envelope/"
WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"


class Broken(Exception):
    """What becomes a Fault."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


@dataclass(frozen=True, slots=True)
class Call:
    """The body's first element without `Request`, and the header element for the guard.

    `parts` are the non-empty children of `header`, `record` or `query` as name -> text; `bare` says that some
    were empty. Names are meant only once the schema has been asked.
    """

    operation: str
    content: etree._Element
    header: etree._Element | None
    parts: Mapping[str, dict[str, str]]
    bare: bool

    def part(self, name: str) -> dict[str, str]:
        return self.parts.get(name, {})

    def text(self, name: str) -> str:
        found = self.content.find(f"{{{namespace(self.content)}}}{name}")
        return "" if found is None else (found.text or "")


def read_call(request: Request, own: str, operations: Collection[str]) -> Call:
    """Well-formed, SOAP 1.1, understood headers, known operation, fitting SOAPAction; raises Broken."""
    try:
        root = read(request.body)
    except BadXmlError as error:
        raise Broken("soapenv:Client", f"not well-formed: {error}") from None
    if local(root) == "Envelope" and namespace(root) != SOAP11:
        raise Broken("soapenv:VersionMismatch", "SOAP 1.1 expected")
    header, content = root.find(f"{{{SOAP11}}}Header"), root.find(f"{{{SOAP11}}}Body")
    if content is None or len(content) != 1:
        raise Broken("soapenv:Client", "one element in Body expected")
    _understood(header)
    name = local(content[0])
    operation = name.removesuffix("Request")
    if namespace(content[0]) != own or operation == name or operation not in operations:
        raise Broken("soapenv:Client", f"unknown operation {name}")
    action = request.headers.get("soapaction", "").strip().strip('"')
    if not action:
        raise Broken("soapenv:Client", "missing SOAPAction")
    if action != f"{own}/{operation}":
        raise Broken("soapenv:Client", "SOAPAction does not match the body")
    return Call(operation, content[0], header, *_parts(content[0], len(own) + 2))


def _parts(content: etree._Element, skip: int) -> tuple[dict[str, dict[str, str]], bool]:
    """One walk over the content; `skip` is the length of `{namespace}`."""
    parts: dict[str, dict[str, str]] = {}
    bare = False
    for part in content:
        texts: dict[str, str] = {}
        for child in part:
            if text := child.text:
                texts[str(child.tag)[skip:]] = text
            elif not len(child):
                bare = True
        parts.setdefault(str(part.tag)[skip:], texts)
    return parts, bare


def _understood(header: etree._Element | None) -> None:
    for block in () if header is None else header:
        must = block.get(f"{{{SOAP11}}}mustUnderstand") in ("1", "true")
        if must and namespace(block) != WSSE:
            raise Broken("soapenv:MustUnderstand", f"header {local(block)} not understood")


def schema_fault(call: Call, required: Mapping[str, str]) -> None:
    """Raises Broken when the content violates the schema; empty elements are left to the form.

    `required` names the elements this operation must have, with their types.
    """
    wanted = call.content
    if call.bare:
        wanted = copy.deepcopy(wanted)
        for part in wanted:
            for child in [child for child in part if _bare(child)]:
                _stand_in(part, child, required.get(local(child)))
    try:
        _schema().assertValid(wanted)
    except etree.DocumentInvalid as error:
        text = str(error)
        missing = re.search(r"Expected is (?:one of )?\( \{[^}]*\}(\w+)", text)
        named = missing or re.search(r"Element '\{[^}]*\}(\w+)'", text)
        name = named[1] if named else ""
        raise Broken("soapenv:Client", f"schema validation failed: element {name}") from None


def _bare(child: etree._Element) -> bool:
    return not child.text and not len(child)


def _stand_in(part: etree._Element, child: etree._Element, kind: str | None) -> None:
    """An empty optional element is none; an empty required one is judged by the form, not the schema."""
    if kind is None:
        part.remove(child)
        return
    for attribute in list(child.attrib):
        del child.attrib[attribute]
    child.text = {
        "xs:dateTime": "2000-01-01T00:00:00",
        "xs:boolean": "true",
        "xs:int": "0",
        "xs:decimal": "0",
    }.get(kind, "x")


@cache
def _schema() -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(ROOT / "soap11-wsse" / "exchange.xsd"))
