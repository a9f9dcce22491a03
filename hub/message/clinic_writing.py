"""Ways to write the same content down: order, white space, escapes; and what may happen to the bytes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from hub.message.clinic_content import Envelope

_NUMBER = re.compile(r'"\\u0001(-?[0-9.e+-]+)"')
_ESCAPE = re.compile(r"\\(?:u[0-9a-f]{4}|.)")
_HTML = {ord(character): f"\\u{ord(character):04x}" for character in "<>&='"}
_VALUE = re.compile(rb'("value"\s*:\s*)"[^"]*"')
_VALUE_MEMBER = (re.compile(rb',\s*"value"\s*:\s*"[^"]*"'), re.compile(rb'"value"\s*:\s*"[^"]*"\s*,?\s*'))


@dataclass(frozen=True, slots=True)
class Style:
    """How a JSON text is written; the default is the canonical form."""

    order: str = ""
    spacing: str = ""
    ascii: str = ""
    slash: bool = False
    html: bool = False


# Mistake: the member of the style it changes, and the values that it may take.
WRITING: dict[str, tuple[str, tuple[Any, ...]]] = {
    "member-order": ("order", ("as-sent",)),
    "member-order-reversed": ("order", ("reversed",)),
    "member-order-ignoring-case": ("order", ("ignoring-case",)),
    "white-space": ("spacing", ("spaced", "colon", "2", "4", "tab", "1", "2crlf", "4crlf")),
    "ascii-escapes": ("ascii", ("lower", "upper")),
    "escaped-slash": ("slash", (True,)),
    "html-escapes": ("html", (True,)),
}


# Beside other mistakes only the usual ways of indenting are tried.
_USUAL = {"white-space": ("spaced", "2", "4"), "ascii-escapes": ("lower",)}
# The defaults of libraries: Python, PHP, Gson, pretty printers, Python with sorted members.
DEFAULTS = (
    (("member-order", "white-space", "ascii-escapes"), Style("as-sent", "spaced", "lower")),
    (("member-order", "ascii-escapes", "escaped-slash"), Style("as-sent", "", "lower", slash=True)),
    (("member-order", "html-escapes"), Style("as-sent", html=True)),
    (("member-order", "white-space"), Style("as-sent", "2")),
    (("white-space", "ascii-escapes"), Style("", "spaced", "lower")),
)


def styles(style: Style, name: str) -> Iterator[Style]:
    """The style with this mistake in it too."""
    member, values = WRITING[name]
    for value in values if style == Style() else _USUAL.get(name, values):
        yield replace(style, **{member: value})


def write(value: Any, style: Style) -> str:
    """The JSON text of a value in this style; marked numbers stand without quotes."""
    text = json.dumps(
        _ordered(value, style.order),
        ensure_ascii=bool(style.ascii),
        sort_keys=not style.order,
        indent=_indent(style.spacing),
        separators=_SEPARATORS.get(style.spacing, (",", ": ")),
    )
    if "\\u0001" in text:
        text = _NUMBER.sub(r"\1", text)
    if style.spacing.endswith("crlf"):
        text = text.replace("\n", "\r\n")
    if style.slash:
        text = text.replace("/", "\\/")
    if style.html:
        text = text.translate(_HTML)
    return _ESCAPE.sub(_upper, text) if style.ascii == "upper" else text


_SEPARATORS = {"": (",", ":"), "spaced": (", ", ": "), "colon": (",", ": ")}


def _upper(match: re.Match[str]) -> str:
    text = match[0]
    return "\\u" + text[2:].upper() if text[1] == "u" else text


def _indent(spacing: str) -> int | str | None:
    if spacing == "tab":
        return "\t"
    return int(spacing[0]) if spacing[:1].isdigit() else None


def _ordered(value: Any, order: str) -> Any:
    if not order or order == "as-sent":
        return value
    if isinstance(value, list):
        return [_ordered(member, order) for member in value]
    if not isinstance(value, dict):
        return value
    names = sorted(value, reverse=True) if order == "reversed" else sorted(value, key=str.lower)
    return {name: _ordered(value[name], order) for name in names}


# What may happen to the bytes of any text.
BYTES: dict[str, Callable[[str], Iterator[bytes]]] = {
    "gbk": lambda text: _encoded(text, "gbk", "gb18030"),
    "default-charset": lambda text: iter(
        (text.encode("ascii", "replace"), text.encode("latin-1", "replace"))
    ),
    "newline": lambda text: iter((f"{text}\n".encode(), f"{text}\r\n".encode(), f"\n{text}".encode())),
    "bom": lambda text: iter((b"\xef\xbb\xbf" + text.encode(),)),
    "utf-16": lambda text: _encoded(text, "utf-16-be", "utf-16-le", "utf-16"),
}


def _encoded(text: str, *names: str) -> Iterator[bytes]:
    for name in names:
        try:
            yield text.encode(name)
        except UnicodeEncodeError:
            continue


def _as_sent(raw: bytes, _: Envelope) -> Iterator[bytes]:
    for pattern in _VALUE_MEMBER:
        yield pattern.sub(b"", raw)
    yield _VALUE.sub(rb'\1""', raw)
    yield _VALUE.sub(rb"\1null", raw)


def _query_string(_: bytes, envelope: Envelope) -> Iterator[bytes]:
    head = {name: value for name, value in envelope["head"].items() if name != "sign"}
    body = envelope["body"] if isinstance(envelope["body"], dict) else {}
    fields = body.get("fields")
    for part in (fields, {**head, **(fields if isinstance(fields, dict) else {})}, {**head, **body}):
        if not isinstance(part, dict):
            continue
        for pairs in (sorted(part.items()), list(part.items())):
            yield "&".join(f"{name}={_flat(value)}" for name, value in pairs).encode()
            filled = [(name, value) for name, value in pairs if value not in ("", None)]
            yield "&".join(f"{name}={_flat(value)}" for name, value in filled).encode()


def _flat(value: Any) -> str:
    return value if isinstance(value, str) else write(value, Style())


# Texts that are not made from the content at all.
TEXTS: dict[str, Callable[[bytes, Envelope], Iterator[bytes]]] = {
    "text-as-sent": _as_sent,
    "raw-file": lambda raw, _: iter((raw, raw.strip())),
    "query-string": _query_string,
}
