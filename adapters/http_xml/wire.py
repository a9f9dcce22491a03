"""Documents as octets: declaration, charset, and the stretch from `<body>` to `</body>` that is signed.

An answer is mended where the papers say so (no declaration, UTF-8 under a GBK one, a bare `&`), a request
never. A document type is not looked into at all.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from lxml import etree

from adapters import xmltext

_DECLARED = re.compile(
    rb"""<\?xml\s+version=["']1\.0["']\s+encoding=["']([A-Za-z0-9._-]{1,40})["'][^>]{0,40}\?>"""
)
_BARE = re.compile(r"&(?!(?:amp|lt|gt|quot|apos|#[0-9]{1,7}|#x[0-9A-Fa-f]{1,6});)")
_NOT_PLAIN = re.compile(rb"<[!?]")
_KNOWN = {"GBK": "gbk", "GB2312": "gb18030", "GB18030": "gb18030", "UTF-8": "utf-8", "UTF8": "utf-8"}
_LONG = re.compile(rb"[\xe0-\xf4]")


@dataclass(frozen=True, slots=True)
class Document:
    """Head and body, and the octets that a signature covers (none when the body is not written out)."""

    head: etree._Element
    body: etree._Element
    signed: bytes


def declaration(charset: str) -> str:
    """The first line of every document."""
    return f'<?xml version="1.0" encoding="{charset}"?>\n'


def encoded(text: str, charset: str) -> bytes:
    """A document whose values have been checked; an answer that quotes its caller may lose a character."""
    return text.encode(charset, "replace")


def request(raw: bytes, charset: str) -> Document | None:
    """A request as agreed, or None for whatever else it is."""
    declared = _DECLARED.match(raw)
    if declared is None or declared[1].decode("ascii").upper() != charset.upper():
        return None
    if charset != "UTF-8" and _really_utf8(raw):
        return None
    try:
        text = raw.decode(charset)
    except UnicodeDecodeError:
        return None
    before = raw[declared.end() :].partition(b"<body>")[0]
    if _NOT_PLAIN.search(before):
        return None
    return _document(xmltext.read(text) if "<!DOCTYPE" not in text.upper() else None, "request", raw)


def answer(raw: bytes, charset: str) -> Document | None:
    """An answer, mended if need be; None when that does not help."""
    text = _answer_text(raw.removeprefix(b"\xef\xbb\xbf"), charset)
    if text is None or "<!DOCTYPE" in text.upper():
        return None
    root = xmltext.read(text)
    if root is None:
        root = xmltext.read(_BARE.sub("&amp;", text))
    return _document(root, "response", raw)


def _answer_text(raw: bytes, charset: str) -> str | None:
    declared = _DECLARED.match(raw.lstrip())
    named = _KNOWN.get(declared[1].decode("ascii").upper(), "") if declared else ""
    tries = ["utf-8"] if _really_utf8(raw) or not declared else []
    for name in (*tries, named or charset, charset):
        try:
            return raw.decode(name)
        except UnicodeDecodeError:
            continue
    return None


def _really_utf8(raw: bytes) -> bool:
    """Strictly UTF-8 with a sequence of three or four octets, whatever the document says of itself."""
    if _LONG.search(raw) is None:
        return False
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return any(one > "\u07ff" for one in text)


def _document(root: etree._Element | None, name: str, raw: bytes) -> Document | None:
    if root is None or root.tag != name:
        return None
    head, body = xmltext.child(root, "head"), xmltext.child(root, "body")
    if head is None or body is None or xmltext.repeated(root) or xmltext.repeated(head):
        return None
    start, end = raw.find(b"<body>"), raw.rfind(b"</body>")
    return Document(head, body, raw[start : end + len(b"</body>")] if 0 <= start < end else b"")
