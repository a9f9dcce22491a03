"""A body as it came, made readable: in its own charset, and as trees of names and values.

No dialect is known here. What looks like JSON, XML, a form, or one of them inside another as text or
Base64, is opened; what is enciphered stays closed.
"""

from __future__ import annotations

import base64
import binascii
import io
import json
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote_plus

from lxml import etree

from simulators.dialects.xmlread import BadXmlError, local, read

DEPTH = 6
MEMBERS, MEMBER = 20, 256 * 2**10
_PACKAGE = b"PK\x03\x04"
_NAME = re.compile(r"^══ .+ ══$", re.MULTILINE)
_DECLARED = re.compile(rb"""<\?xml[^>]{0,80}encoding=["']([A-Za-z0-9_.\-]{1,20})""")
_CHARSET = re.compile(r"""charset=["']?([A-Za-z0-9_.\-]{1,20})""", re.IGNORECASE)
_BASE64 = re.compile(r"[A-Za-z0-9+/\r\n]{16,}={0,2}\s*")
_FORM = re.compile(r"[A-Za-z][A-Za-z0-9_.\-]*=")


def charset_of(body: bytes, content_type: str) -> str:
    """What the body says of itself, what its header says, or what it can be read as; "" for none."""
    declared = _DECLARED.match(body)
    named = _CHARSET.search(content_type)
    said = [declared[1].decode("ascii")] if declared else []
    said += [named[1]] if named else []
    for charset in (*said, "utf-8", "gb18030"):
        try:
            body.decode(charset)
        except (LookupError, UnicodeDecodeError):
            continue
        return charset.lower()
    return ""


def text_of(body: bytes, content_type: str) -> tuple[str, str]:
    """The text and its charset; other bytes in hexadecimal, a package as what is in it."""
    if body.startswith(_PACKAGE) and (inside := _unpacked(body)):
        return inside, "zip"
    charset = charset_of(body, content_type)
    if charset and b"\x00" not in body:
        return body.decode(charset), charset
    return body.hex(" ", 1), "hex"


def _unpacked(body: bytes) -> str:
    """The texts in a ZIP, each under its name; only small ones, and not too many."""
    parts = []
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as package:
            for info in package.infolist()[:MEMBERS]:
                told, charset = "", ""
                if info.file_size <= MEMBER and not info.flag_bits & 1:
                    told, charset = text_of(package.read(info), "")
                shown = told if charset not in ("", "hex", "zip") else f"({info.file_size})"
                parts.append(f"══ {info.filename} ══\n{shown}")
    except (zipfile.BadZipFile, zlib.error, OSError, ValueError, NotImplementedError):
        return ""
    return "\n".join(parts)


def trees(text: str, depth: int = DEPTH) -> Iterator[Mapping[str, Any]]:
    """Every object in a text, outermost first, also those that stand as text inside others."""
    for part in _NAME.split(text) if depth == DEPTH else (text,):
        value = _value(part) if depth else None
        if value is not None:
            yield from _inside(value, depth)


def _inside(value: Any, depth: int) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, Mapping):
        yield value
        for part in value.values():
            yield from _inside(part, depth)
    elif isinstance(value, list):
        for part in value:
            yield from _inside(part, depth)
    elif isinstance(value, str) and len(value) > 1:
        yield from trees(value, depth - 1)


def _value(text: str) -> Any:
    """What a text holds: an object, a list, or nothing that we can open."""
    text = text.strip()
    if text[:1] in ("{", "["):
        return _json(text)
    if text.startswith("<"):
        return _xml(text)
    if text.startswith(("%7B", "%5B", "%3C")):
        return _value(unquote_plus(text))
    if _FORM.match(text) and "\n" not in text:
        return dict(parse_qsl(text, keep_blank_values=True)) or None
    if _BASE64.fullmatch(text):
        return _value_of_base64(text)
    return None


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _xml(text: str) -> Any:
    try:
        root = read(re.sub(r"^<\?xml[^>]*\?>", "", text))
    except BadXmlError:
        return None
    return {local(root): element(root)}


def element(node: etree._Element) -> Any:
    """Children by local name, a repeated one as a list; attributes count as members."""
    tree: dict[str, Any] = {str(name).rpartition("}")[2]: value for name, value in node.attrib.items()}
    if not len(node):
        text = node.text or ""
        return tree | {"": text} if tree and text.strip() else tree or text
    for child in node:
        name, value = local(child), element(child)
        if isinstance(value, Mapping) and set(value) <= {"", "type", "nil"}:
            value = value.get("", "")
        if name not in tree:
            tree[name] = value
        elif isinstance(tree[name], list):
            tree[name].append(value)
        else:
            tree[name] = [tree[name], value]
    return tree


def _value_of_base64(text: str) -> Any:
    try:
        octets = base64.b64decode(text, validate=False)
    except (binascii.Error, ValueError):
        return None
    if octets[:1] not in (b"{", b"[", b"<"):
        return None
    charset = charset_of(octets, "")
    return _value(octets.decode(charset)) if charset else None
