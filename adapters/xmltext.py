"""XML of foreign systems: read without entities, DTD or network; written from templates.

What XML 1.0 cannot hold is found before it is written: a control character silently dropped would
be another text than the one that was signed.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable

from lxml import etree

from adapters.rows import refuse
from hub.message import Finding, pointer, shown

_PARSERS = threading.local()
_DECLARATION = re.compile(r"\s*<\?xml\s[^>]*\?>")
_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SPECIAL = re.compile("[^\t\n\x20-%'-;=?-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"})


def escape(text: str) -> str:
    """Element text; a carriage return is a reference, or the reader would turn it into a line feed.

    What XML cannot hold becomes U+FFFD: only answers that quote a caller's own bytes come here with
    such, because `check_encodable` refuses a record before it is written.
    """
    if _SPECIAL.search(text) is None:
        return text
    return _ILLEGAL.sub("\ufffd", text).translate(_ESCAPES)


def forbidden(text: str) -> bool:
    """Does it hold a character that XML 1.0 has no way to write?"""
    return _ILLEGAL.search(text) is not None


def element(name: str, text: str) -> str:
    """One element with text."""
    return f"<{name}>{escape(text)}</{name}>"


def check_encodable(values: Iterable[tuple[str, str | None]]) -> None:
    """Raise `mapping.unencodable` naming every (unified name, text) that XML cannot carry."""
    values = list(values)
    if _ILLEGAL.search("".join([text for _, text in values if text])) is None:
        return
    refuse(
        [
            Finding(
                "mapping.unencodable",
                f"/body/fields/{pointer(name)}",
                "XML 1.0 允许的字符",
                shown(repr(text)),
                "删除控制字符后重报",
                "EX-MAP-01",
            )
            for name, text in values
            if text and _ILLEGAL.search(text)
        ]
    )


def read(raw: bytes | str) -> etree._Element | None:
    """The root of a document, or None: not UTF-8, not well formed, or with a document type.

    The declaration is dropped, because it lies about the encoding too often to be believed.
    """
    try:
        text = raw.decode("utf-8") if isinstance(raw, bytes) else raw
        body = _DECLARATION.sub("", text.lstrip("\ufeff"), count=1).encode("utf-8")
    except UnicodeError:
        return None
    try:
        root = etree.fromstring(body, _parser())
    except (etree.XMLSyntaxError, ValueError):
        return None
    return root if root.getroottree().docinfo.internalDTD is None else None


def _parser() -> etree.XMLParser:
    """One for each thread: making it costs more than a small document."""
    found = getattr(_PARSERS, "one", None)
    if found is None:
        found = _PARSERS.one = etree.XMLParser(
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            dtd_validation=False,
            huge_tree=False,
            remove_comments=True,
            remove_pis=True,
        )
    return found


def name_of(node: etree._Element) -> str:
    """Local name."""
    tag = node.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def children(node: etree._Element | None) -> list[etree._Element]:
    """Element children; none of nothing."""
    return [] if node is None else [inner for inner in node if isinstance(inner.tag, str)]


def child(node: etree._Element | None, *path: str) -> etree._Element | None:
    """The first descendant along local names."""
    for name in path:
        if node is None:
            return None
        for inner in node:
            if name_of(inner) == name:
                node = inner
                break
        else:
            return None
    return node


def content(node: etree._Element | None) -> str:
    """Text of a leaf; nothing, nil and empty are the same."""
    return "" if node is None else (node.text or "")


def leaves(node: etree._Element | None) -> dict[str, str]:
    """Local name -> text of the children that have no children; the first of repeated ones."""
    found: dict[str, str] = {}
    for inner in () if node is None else node:
        if not len(inner):
            found.setdefault(name_of(inner), inner.text or "")
    found.pop("", None)
    return found


def repeated(node: etree._Element | None) -> list[str]:
    """Local names that occur more than once among the children."""
    names = [name_of(inner) for inner in children(node)]
    return sorted({name for name in names if names.count(name) > 1})
