"""XML as a foreign system must read it: no DTD, no entities, no network; a bomb is simply not well-formed."""

from __future__ import annotations

from lxml import etree


class BadXmlError(ValueError):
    """Not well-formed, or carrying a DOCTYPE."""


_PARSER = etree.XMLParser(
    resolve_entities=False,
    no_network=True,
    load_dtd=False,
    huge_tree=False,
    remove_comments=True,
    remove_pis=True,
)  # one for all: making it costs as much as a small document does


def read(body: bytes | str) -> etree._Element:
    """The root element; raises BadXmlError."""
    raw = body.encode("utf-8") if isinstance(body, str) else body
    try:
        root = etree.fromstring(raw, _PARSER)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise BadXmlError(str(error)) from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise BadXmlError("DOCTYPE")
    return root


def local(element: etree._Element) -> str:
    """The name without its namespace."""
    return str(element.tag).rpartition("}")[2]


def namespace(element: etree._Element) -> str:
    return str(element.tag).rpartition("}")[0][1:]


def escape(text: str) -> str:
    """Element content; a carriage return survives only as a reference."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#13;")
