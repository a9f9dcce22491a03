"""Where personal values stand in the bytes of a message, and what is left when they are taken out.

What is left is still JSON of the same shape: a text becomes `***`, a number 0. The places are found in
the bytes as they came, whatever their writing, because it is those bytes that were signed and that
must come back exactly.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, NamedTuple

from hub.message import canonical

TEXT, NUMBER = b"***", b"0"
_BACKSLASH = ord("\\")
_ENDS = b",}] \t\r\n"


class Cut(NamedTuple):
    """Bytes `start` to `end` belong to the persons numbered `whose`; `mask` stands there without them."""

    start: int
    end: int
    mask: bytes
    whose: tuple[int, ...]


def cuts(raw: bytes, values: Iterable[tuple[int, str, Any, bool]]) -> tuple[Cut, ...] | None:
    """Places of (whose, member name, value, wide) in order, none overlapping another.

    None when one of the values is not found under its name: then nothing less than the whole will do.
    """
    found: list[Cut] = []
    for whose, name, value, wide in values:
        text, member, mine = canonical(value), _member(name), (whose,)
        if wide:
            start = raw.find(text[1:-1])
            end = start + len(text) - 2
            if raw.startswith(member + text, start - len(member) - 1) and raw.find(text[1:-1], end) < 0:
                found.append(Cut(start, end, TEXT, mine))  # under its name and nowhere else: nearly all
                continue
        places = _everywhere(raw, member, text) if wide else _under(raw, member, text)
        if not places:
            places = _written_otherwise(raw, name, value)
            if not places:
                return None
            if wide:
                places += _anywhere(raw, text[1:-1])
        found += [Cut(start, end, mask, mine) for start, end, mask in places]
    return _apart(found)


@lru_cache(2048)
def _member(name: str) -> bytes:
    """How a member of this name begins. Unescaped it can stand inside no string."""
    return b'"%b":' % name.encode("ascii")


def _everywhere(raw: bytes, member: bytes, written: bytes) -> list[tuple[int, int, bytes]]:
    """Wherever these characters stand, if they stand under their name: one pass for both questions.

    The quotation mark before a value is in none of its occurrences, so that none hides the other.
    """
    needle, places = member + written, _anywhere(raw, written[1:-1])
    ahead = len(member) + 1
    for place in places:
        if raw.startswith(needle, place[0] - ahead):
            return places
    return []


def _under(raw: bytes, member: bytes, written: bytes) -> list[tuple[int, int, bytes]]:
    """Under its member name and nowhere else."""
    needle, text = member + written, written.startswith(b'"')
    found, at = [], raw.find(needle)
    while at >= 0:
        end = at + len(needle)
        if text:
            found.append((at + len(member) + 1, end - 1, TEXT))
        elif raw[end : end + 1] in _ENDS:
            found.append((at + len(member), end, NUMBER))
        at = raw.find(needle, end)
    return found


_VALUE = rb'"\s*:\s*("(?:[^"\\]|\\.)*"|-?[0-9]+|true|false)'


def _written_otherwise(raw: bytes, name: str, value: Any) -> list[tuple[int, int, bytes]]:
    """With white space, or with characters escaped that need not be."""
    found = []
    for match in re.finditer(b'"' + name.encode("ascii") + _VALUE, raw):
        start, end = match.span(1)
        if json.loads(match[1]) == value:
            text = isinstance(value, str)
            found.append((start + 1, end - 1, TEXT) if text else (start, end, NUMBER))
    return found


def _anywhere(raw: bytes, text: bytes) -> list[tuple[int, int, bytes]]:
    """Also in free text, in the record's own key, in extras: wherever these characters stand."""
    found, at = [], raw.find(text)
    while at >= 0:
        end = at + len(text)
        if raw[at - 1] != _BACKSLASH:  # else an escape would be cut in two
            found.append((at, end, TEXT))
        at = raw.find(text, end)
    return found


def _apart(found: list[Cut]) -> tuple[Cut, ...]:
    """In order; what overlaps is one cut that belongs to all of its persons: each can have it destroyed."""
    placed: list[Cut] = []
    covered = 0
    for cut in sorted(found):
        if cut[0] >= covered:
            placed.append(cut)
        elif cut != placed[-1]:
            last = placed[-1]
            whose = tuple(sorted({*last.whose, *cut.whose}))
            placed[-1] = Cut(last.start, max(last.end, cut.end), last.mask, whose)
        covered = placed[-1][1]
    return tuple(placed)
