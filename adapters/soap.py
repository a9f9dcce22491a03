"""SOAP 1.1 envelopes as both SOAP dialects read them: body, header, fault, and the action header."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lxml import etree

from adapters import xmltext
from adapters.answers import BROKEN, HTML, HTTP_5XX, by_status, opening, told, unreadable
from hub.ports import Outcome, WireReply

NAMESPACE = "http://schemas.xmlsoap.org/soap/envelope/"
_PAGES = ("<!doctype html", "<html")


@dataclass(frozen=True, slots=True)
class Envelope:
    """The header element (or None) and the first element of the body."""

    header: etree._Element | None
    body: etree._Element


@dataclass(frozen=True, slots=True)
class Fault:
    """Local name of the fault code, and the words beside it."""

    code: str
    words: str


def read(raw: bytes) -> Envelope | None:
    """A SOAP 1.1 message, or None for whatever else it is."""
    root = xmltext.read(raw)
    if root is None or root.tag != f"{{{NAMESPACE}}}Envelope":
        return None
    body = root.find(f"{{{NAMESPACE}}}Body")
    inner = xmltext.children(body)
    return Envelope(root.find(f"{{{NAMESPACE}}}Header"), inner[0]) if len(inner) == 1 else None


def fault(envelope: Envelope) -> Fault | None:
    """The fault in a message; judged by the local name, because prefixes are anybody's choice."""
    if envelope.body.tag != f"{{{NAMESPACE}}}Fault":
        return None
    code = xmltext.content(xmltext.child(envelope.body, "faultcode")).strip()
    words = xmltext.content(xmltext.child(envelope.body, "faultstring"))
    return Fault(code.rpartition(":")[2], words)


def action(headers: Mapping[str, str]) -> str:
    """Value of SOAPAction without its quotes; empty when absent."""
    return header(headers, "soapaction").strip().strip('"')


def header(headers: Mapping[str, str], name: str) -> str:
    """A header whatever the case of its name."""
    return next((value for key, value in headers.items() if key.lower() == name), "")


def opened(reply: WireReply, limit: int) -> Envelope | Outcome:
    """The message in an answer, or what an answer without one means."""
    decided = by_status(reply, limit)
    if decided is not None:
        return decided
    start = reply.body[:256].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    page = "text/html" in reply.headers.get("content-type", "").lower()
    words = f"HTTP {reply.status} {opening(reply.body)}"
    if page or start.decode("utf-8", "replace").startswith(_PAGES):
        return told(HTTP_5XX if reply.status >= 500 else HTML, words)
    envelope = read(reply.body)
    return missing(reply) if envelope is None else envelope


def missing(reply: WireReply) -> Outcome:
    """The meaning of an answer that lacks what it must have."""
    if reply.status >= 300:
        return unreadable(reply)
    return told(BROKEN, f"HTTP {reply.status} {opening(reply.body)}")
