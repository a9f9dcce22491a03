"""The bytes of http-xml: a declared charset, a document in one line, and what stands before `<body>`.

Requests are never mended: whatever is not as agreed is refused (rules.md 2, 4, 15).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from lxml import etree

from certs.algorithms import rsa
from simulators.dialects.xmlread import BadXmlError, escape, local, read

_PROLOG = re.compile(rb'<\?xml version="1\.0" encoding="([A-Za-z0-9._-]{2,20})"[ ]*\?>[\r\n]*')
_BODY, _END = b"<body>", b"</body>"
_LONG_UTF8 = re.compile(rb"[\xe0-\xf7]")


@dataclass(frozen=True, slots=True)
class Message:
    """One document: its head as texts, its body, and the octets that a signature covers."""

    head: Mapping[str, str]
    body: etree._Element
    signed: bytes


def parse(raw: bytes, charset: str, root: str) -> Message:
    """Read a document as agreed; raises BadXmlError for any other."""
    found = _PROLOG.match(raw)
    if found is None or found[1].decode("ascii").upper() != charset.upper():
        raise BadXmlError("prolog")
    try:
        text = raw[found.end() :].decode(charset)
    except UnicodeDecodeError as error:
        raise BadXmlError("charset") from error
    if charset.upper() != "UTF-8" and _is_utf8(raw):
        raise BadXmlError("UTF-8 under another name")
    first, last = raw.find(_BODY), raw.rfind(_END)
    if "<!DOCTYPE" in text or first < 0 or last < first:
        raise BadXmlError("DOCTYPE, or no body")
    before = raw[found.end() : first]
    if b"<!" in before or b"<?" in before:
        raise BadXmlError("something else before the body")
    document = read(text)
    head, body = document.find("head"), document.find("body")
    if local(document) != root or head is None or body is None:
        raise BadXmlError("shape")
    texts = {local(child): child.text or "" for child in head}
    return Message(texts, body, raw[first : last + len(_END)])


def document(root: str, head: Sequence[tuple[str, str]], body: str, charset: str) -> bytes:
    """Prolog, line feed, one line."""
    lines = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in head)
    text = f"<{root}><head>{lines}</head><body>{body}</body></{root}>"
    return f'<?xml version="1.0" encoding="{charset}"?>\n'.encode("ascii") + text.encode(charset)


def body_octets(body: str, charset: str) -> bytes:
    """What a signature covers."""
    return f"<body>{body}</body>".encode(charset)


def md5_of(octets: bytes, key: str) -> str:
    return hashlib.md5(octets + key.encode("ascii")).hexdigest()  # noqa: S324 - theirs


def rsa_of(octets: bytes, private: str) -> str:
    return base64.b64encode(rsa.sign(octets, _read(private))).decode("ascii")


@lru_cache(64)
def _read(private: str) -> bytes:
    """Reading one costs more than signing with it."""
    return rsa.read_private(private.encode("ascii"))


def rsa_holds(octets: bytes, sign: str, public: bytes) -> bool:
    try:
        signature = base64.b64decode(sign, validate=True)
    except (ValueError, binascii.Error):
        return False
    return rsa.verify(octets, signature, public)


def tree_of(element: etree._Element, lists: frozenset[str]) -> dict[str, Any]:
    """Elements as nested members; those named in `lists` are lists, with or without their container."""
    tree: dict[str, Any] = {}
    for child in element:
        name = local(child)
        value = tree_of(child, lists) if len(child) else (child.text or "")
        if name in lists:
            tree.setdefault(name, []).append(value)
        else:
            tree[name] = value
    return tree


def elements(tree: Mapping[str, Any]) -> str:
    """Members as elements in their order; lists as the same element again and again."""
    written = []
    for name, value in tree.items():
        for one in value if isinstance(value, list) else [value]:
            inner = elements(one) if isinstance(one, Mapping) else escape(str(one))
            written.append(f"<{name}>{inner}</{name}>")
    return "".join(written)


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return _LONG_UTF8.search(raw) is not None
