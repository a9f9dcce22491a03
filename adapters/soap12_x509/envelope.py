"""SOAP 1.2 envelopes: written in their canonical form as they are, read strictly."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass

from lxml import etree

from adapters import xmltext
from adapters.soap import header
from adapters.soap12_x509 import mtom
from adapters.soap12_x509.papers import NAMESPACE

ENV = "http://www.w3.org/2003/05/soap-envelope"
WSA = "http://www.w3.org/2005/08/addressing"
WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
WSU = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
ANONYMOUS = f"{WSA}/anonymous"
_XOP = "{http://www.w3.org/2004/08/xop/include}Include"
NAMESPACES = f'xmlns:env="{ENV}" xmlns:wsa="{WSA}" xmlns:wsse="{WSSE}" xmlns:wsu="{WSU}"'


@dataclass(frozen=True, slots=True)
class Envelope:
    """A message taken apart; `inner` is the one element of the Body."""

    root: etree._Element
    header: etree._Element | None
    body: etree._Element
    inner: etree._Element

    def addressed(self, name: str) -> str:
        """Text of an addressing header; "" when it is not there."""
        found = None if self.header is None else self.header.find(f"{{{WSA}}}{name}")
        return xmltext.content(found).strip()

    @property
    def operation(self) -> str:
        """Local name of what is in the Body, if it is of the papers' namespace."""
        name = etree.QName(self.inner)
        return name.localname if name.namespace == NAMESPACE else ""


def read(raw: bytes, headers: Mapping[str, str]) -> Envelope | None:
    """The message in plain or packaged octets, every Include in its place; None for whatever else it is."""
    content_type = header(headers, "content-type")
    parts: dict[str, bytes] = {}
    if content_type.strip().lower().startswith("multipart/"):
        package = mtom.unpacked(raw, content_type)
        if package is None:
            return None
        raw, parts = package
    root = None if b"<!DOCTYPE" in raw else xmltext.read(raw)
    if root is None or root.tag != f"{{{ENV}}}Envelope" or not _included(root, parts):
        return None
    bodies, heads = root.findall(f"{{{ENV}}}Body"), root.findall(f"{{{ENV}}}Header")
    inner = xmltext.children(bodies[0]) if len(bodies) == 1 else []
    if len(inner) != 1 or len(heads) > 1:
        return None
    return Envelope(root, heads[0] if heads else None, bodies[0], inner[0])


def _included(root: etree._Element, parts: Mapping[str, bytes]) -> bool:
    """Put every part where it is referred to, as Base64; each must be wanted and there."""
    wanted: set[str] = set()
    for node in list(root.iter(_XOP)):
        name = node.get("href") or ""
        parent = node.getparent()
        if not name.startswith("cid:") or parent is None or len(parent) != 1 or (parent.text or "").strip():
            return False
        octets = parts.get(mtom.named(name[4:]))
        if octets is None:
            return False
        wanted.add(mtom.named(name[4:]))
        parent.remove(node)
        parent.text = base64.b64encode(octets).decode("ascii")
    return wanted == set(parts)


def action_of(headers: Mapping[str, str]) -> str:
    """The `action` parameter of the content type; "" when it is not there."""
    return mtom.parameter(header(headers, "content-type"), "action")


def written(head: str, body: str) -> bytes:
    """A message as the papers write it; `body` is the Body element itself."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<env:Envelope {NAMESPACES}>'
        f"<env:Header>{head}</env:Header>{body}</env:Envelope>"
    ).encode("utf-8", "replace")
