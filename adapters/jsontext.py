"""JSON of foreign systems: numbers keep their digits, and hostile text is read as nothing.

`json` would turn 12345678901234567890.10 into a float. Here a number is a `Number`, its own digits,
both ways; so an amount leaves and arrives as it was written.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from json.encoder import encode_basestring
from typing import Any

_MAX_DEPTH = 32


class Number(str):
    """The digits of a JSON number, written without quotes."""

    __slots__ = ()


_HALF = re.compile(r"\\u[dD][89a-fA-F]")
_DECODER = json.JSONDecoder(parse_float=Number, parse_int=Number, parse_constant=Number, strict=False)


def write(value: object) -> str:
    """Compact JSON, members in the order given."""
    if isinstance(value, Number):
        return str.__str__(value)
    if isinstance(value, str):
        return encode_basestring(value)
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{encode_basestring(str(k))}:{write(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(write, value)) + "]"
    if value is None or isinstance(value, bool | int):
        return json.dumps(value)
    raise TypeError(f"{type(value).__name__} has no JSON form here")


def document(value: object) -> bytes:
    """An answer of ours as bytes; half a character quoted from a caller is replaced, never an error."""
    return write(value).encode("utf-8", "replace")


def read(raw: bytes) -> Any:
    """The value of a foreign answer, or None when it cannot be read (a JSON null is None too)."""
    try:
        text = raw.decode("utf-8-sig")
        if text.count("[") + text.count("{") > _MAX_DEPTH and _depth(text) > _MAX_DEPTH:
            return None
        value = _DECODER.decode(text)
        return _whole(value) if _HALF.search(text) else value
    except (ValueError, RecursionError):
        return None


def _whole(value: Any) -> Any:
    """Escapes of half a character (`\\ud800`) are replaced: no store would take them."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {_whole(name): _whole(inner) for name, inner in value.items()}
    return [_whole(inner) for inner in value] if isinstance(value, list) else value


def _depth(text: str) -> int:
    """Deepest nesting, counting brackets outside strings."""
    depth = deepest = 0
    quoted = escaped = False
    for mark in text:
        if quoted:
            quoted = escaped or mark != '"'
            escaped = mark == "\\" and not escaped
        elif mark == '"':
            quoted = True
        elif mark in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif mark in "]}":
            depth -= 1
    return deepest


def scalar(value: object) -> str | None:
    """Text of a scalar; None for null, objects and arrays."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, str | int) else None


def member(value: object, *path: str) -> Any:
    """The value at a path of member names; None when any step is missing."""
    for name in path:
        if not isinstance(value, Mapping):
            return None
        value = value.get(name)
    return value
