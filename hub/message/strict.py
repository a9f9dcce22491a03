"""The short way through `parse`: a text that is certainly unambiguous, or no word about it.

A C decoder (msgspec) reads the text; it keeps the last of two members of one name and says nothing. But
every name and every string of a text stands between two quotation marks: a text that lost a member has
more marks than its value accounts for. That costs a count and a look at each object, not a Python call
for each member as the hooks of `json` do. Whoever gets `UNSURE` asks those, which also explain.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

UNSURE: Final = object()
MAX_INTEGER = 2**53
MAX_BRACKETS = 16  # so few cannot be nested deeper than `parse` allows; more are counted there
_decode = msgspec.json.Decoder().decode


def strict(raw: bytes) -> Any:
    """The value of a text in which `parse` would find nothing, or UNSURE; never raises."""
    if raw.count(b"{") + raw.count(b"[") > MAX_BRACKETS or b"\\u0000" in raw:
        return UNSURE
    try:
        value = _decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return UNSURE
    quoted = _quoted(value)
    return value if quoted >= 0 and 2 * quoted == _marks(raw) else UNSURE


def _marks(raw: bytes) -> int:
    """Quotation marks that begin or end a name or string; escaped ones are text."""
    marks = raw.count(b'"')
    if b"\\" not in raw:
        return marks
    return marks - raw.replace(b"\\\\", b"").count(b'\\"')


def _quoted(value: Any) -> int:
    """How many names and strings a value has; -1 when a name or a number in it is not allowed."""
    count = 0
    nodes: list[Any] = [[value]]
    for node in nodes:  # grows while it is walked
        members = node
        if type(node) is dict:
            if not "".join(node).isascii():
                return -1
            count += len(node)
            members = node.values()
        strings = [*map(type, members)].count(str)
        count += strings
        if strings == len(node):
            continue
        for member in members:
            kind = type(member)
            if kind is dict or kind is list:
                nodes.append(member)
            elif kind is float or (kind is int and not -MAX_INTEGER <= member <= MAX_INTEGER):
                return -1
    return count
