"""Documents as octets: written in GB2312 and nothing else, read as the GB18030 that contains it.

Element names drift in case on the other side, so they are compared without it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime

from lxml import etree

from adapters import xmltext
from adapters.rows import CLAUSE, refuse
from adapters.times import moment_form
from hub.message import Finding, pointer, shown, wall
from hub.ports import WireRequest

END = b"</root>"
_DAY, _ = moment_form("yyyyMMdd", whole=True)
_TIME, _ = moment_form("HHmmss", whole=True)
_SPACE = b" \t\r\n"


def whole(read: bytearray) -> bool:
    """Does it end with the last tag, in any case, whatever blank follows?"""
    return bytes(read[-256:]).rstrip(_SPACE).lower().endswith(END)


def document(trans: str, serial: str, now: datetime, body: str) -> bytes:
    """Head and body as the papers write them."""
    moment = wall(now)
    head = "".join(
        xmltext.element(name, text)
        for name, text in (
            ("TransCode", trans),
            ("TransDate", _DAY(moment, {})),
            ("TransTime", _TIME(moment, {})),
            ("SeqNo", serial),
        )
    )
    text = f'<?xml version="1.0" encoding="gb2312"?><root><head>{head}</head><body>{body}</body></root>'
    return text.encode("gb18030", "replace")


def serial(trans: str, key: str) -> str:
    """Twenty digits made of transaction and key."""
    digits = hashlib.sha256(f"{trans}|{key}".encode("utf-8", "replace")).hexdigest()[:16]
    return f"{int(digits, 16):020d}"


def request(raw: bytes) -> WireRequest:
    """One exchange: closing our half or the last tag, whichever the bank waits for, ends it."""
    return WireRequest("TCP", "", {"end": f"half-close {END.decode()}"}, raw)


def check_writable(values: Iterable[tuple[str, str | None]]) -> None:
    """Raise `mapping.charset` with every field that GB2312 cannot hold, and its characters."""
    values = list(values)
    xmltext.check_encodable(values)
    findings = [
        Finding(
            "mapping.charset",
            f"/body/fields/{pointer(name)}",
            "GB2312",
            shown(" ".join(f"{one}(U+{ord(one):04X})" for one in lacking)),
            "对方的字符集是 GB2312,请改用它有的字后重报",
            CLAUSE,
        )
        for name, text in values
        if text and (lacking := [one for one in dict.fromkeys(text) if not writable(one)])
    ]
    refuse(findings)


def writable(one: str) -> bool:
    """Is the character one of GB2312, and the same when GB18030 reads it back?"""
    if one.isascii():
        return True
    raw = one.encode("gb18030", "replace")
    try:
        raw.decode("gb2312")
    except UnicodeDecodeError:
        return False
    return len(raw) == 2


def read(raw: bytes) -> etree._Element | None:
    """The document element, or None: cut off, outside the charset, not well formed, or with a DOCTYPE."""
    if not whole(bytearray(raw)):
        return None
    try:
        return xmltext.read(raw.decode("gb18030"))
    except UnicodeDecodeError:
        return None


def child(node: etree._Element | None, name: str) -> etree._Element | None:
    """The first child of that name."""
    return next(iter(children(node, name)), None)


def children(node: etree._Element | None, name: str) -> list[etree._Element]:
    """Every child of that name, in any case."""
    return [inner for inner in xmltext.children(node) if xmltext.name_of(inner).lower() == name.lower()]


def leaves(node: etree._Element | None) -> dict[str, str]:
    """Name in lower case -> text of the children without children; the first of repeated ones."""
    found: dict[str, str] = {}
    for inner in xmltext.children(node):
        if not len(inner):
            found.setdefault(xmltext.name_of(inner).lower(), xmltext.content(inner))
    return found
