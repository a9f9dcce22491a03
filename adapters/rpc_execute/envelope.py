"""SOAP 1.1, rpc: one operation with its arguments, literal or encoded, and what comes back."""

from __future__ import annotations

from collections.abc import Sequence

from lxml import etree

from adapters import soap, xmltext
from adapters.rpc_execute.papers import NAMESPACE, Site

_ENCODING = "http://schemas.xmlsoap.org/soap/encoding/"
_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_XSD = "http://www.w3.org/2001/XMLSchema"
_TYPED = f' xmlns:xsd="{_XSD}" xmlns:xsi="{_XSI}"'
ARGUMENTS = {
    "execute": ("siteCode", "func", "params"),
    "DataByXML": ("action", "parmString1", "parmString2", "parmString3"),
}


def written(operation: str, arguments: Sequence[tuple[str, str]], site: Site) -> bytes:
    """A call or an answer."""
    style = f' soapenv:encodingStyle="{_ENCODING}"' if site.encoded else ""
    kind = ' xsi:type="xsd:string"' if site.encoded else ""
    inner = "".join(f"<{name}{kind}>{xmltext.escape(text)}</{name}>" for name, text in arguments)
    return _message(
        f'<ser:{operation} xmlns:ser="{NAMESPACE}"{style}>{inner}</ser:{operation}>',
        _TYPED if site.encoded else "",
    )


def fault(words: str) -> bytes:
    """What is wrong with the form of a call."""
    code = "<faultcode>soapenv:Client</faultcode>"
    return _message(f"<soapenv:Fault>{code}{xmltext.element('faultstring', words)}</soapenv:Fault>", "")


def _message(body: str, declared: str) -> bytes:
    declared = f'xmlns:soapenv="{soap.NAMESPACE}"{declared}'
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<soapenv:Envelope {declared}>'
        f"<soapenv:Body>{body}</soapenv:Body></soapenv:Envelope>"
    ).encode("utf-8", "replace")


def called(raw: bytes, site: Site) -> dict[str, str] | str:
    """The arguments of a call of the site's own method, or what is wrong with it."""
    message = None if b"<!DOCTYPE" in raw else soap.read(raw)
    if message is None:
        return "not a SOAP 1.1 call"
    if message.body.tag != f"{{{NAMESPACE}}}{site.method}":
        return "operation not offered to this site"
    found = xmltext.children(message.body)
    names = ARGUMENTS[site.method]
    if tuple(one.tag for one in found) != names or any(len(one) for one in found):
        return "arguments differ from the contract"
    if site.encoded and not _encoded(message.body, found):
        return "encodingStyle and xsi:type are required"
    return {name: xmltext.content(one) for name, one in zip(names, found, strict=True)}


def _encoded(operation: etree._Element, arguments: Sequence[etree._Element]) -> bool:
    style = operation.get(f"{{{soap.NAMESPACE}}}encodingStyle")
    kinds = ((one.get(f"{{{_XSI}}}type") or "").rpartition(":")[2] for one in arguments)
    return style == _ENCODING and all(kind == "string" for kind in kinds)


def returned(raw: bytes) -> str | soap.Fault | None:
    """The text that came back, beside the call or in a multiRef; a fault; or None for neither."""
    root = None if b"<!DOCTYPE" in raw else xmltext.read(raw)
    if root is None or root.tag != f"{{{soap.NAMESPACE}}}Envelope":
        return None
    inside = xmltext.children(root.find(f"{{{soap.NAMESPACE}}}Body"))
    if not inside:
        return None
    refused = soap.fault(soap.Envelope(None, inside[0]))
    if refused is not None:
        return refused
    node = next((one for one in xmltext.children(inside[0]) if xmltext.name_of(one).endswith("Return")), None)
    reference = "" if node is None else node.get("href") or ""
    if reference.startswith("#"):
        node = next((one for one in inside[1:] if one.get("id") == reference[1:]), None)
    return None if node is None or len(node) else xmltext.content(node)
