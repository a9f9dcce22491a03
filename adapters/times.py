"""Moments and days in the patterns of the papers, always as Beijing reads its clock.

Writing a moment that is already in the unified form is only cutting it up, which is what nearly all
of them are; anything else goes through `datetime`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from hub.message import CST

Record = Mapping[str, object]
_MOMENT = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})\+08:00")
_ZONED = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:Z|[+-][0-9]{2}:[0-9]{2})")
_DAY = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_TOKEN = re.compile(r"yyyy|MM|dd|HH|mm|ss|M|d|H|'[^']*'")
_PLACE = {"yyyy": 0, "MM": 1, "dd": 2, "HH": 3, "mm": 4, "ss": 5, "M": 1, "d": 2, "H": 3}
_NAMED = {"local-no-zone": "yyyy-MM-dd'T'HH:mm:ss", "with-zone": "yyyy-MM-dd'T'HH:mm:ss'+08:00'"}
# The patterns that nearly all papers use, cut straight out of the unified form.
_CUTS: Mapping[str, Callable[[str], str]] = {
    "yyyy-MM-dd'T'HH:mm:ss": lambda value: value[:19],
    "yyyy-MM-dd HH:mm:ss": lambda value: f"{value[:10]} {value[11:19]}",
    "yyyy-MM-dd": lambda value: value[:10],
}


def _parts(value: str) -> tuple[str, ...]:
    """Year to second of a unified moment or day, as Beijing reads its clock."""
    found = _MOMENT.fullmatch(value)
    if found:
        return found.groups()
    day = _DAY.fullmatch(value)
    if day:
        return (*day.groups(), "00", "00", "00")
    try:
        moment = datetime.fromisoformat(value).astimezone(CST)
    except (ValueError, OverflowError):
        raise ValueError("YYYY-MM-DDTHH:MM:SS+08:00") from None
    return tuple(moment.strftime("%Y %m %d %H %M %S").split())


def _pieces(pattern: str) -> list[str]:
    """A pattern cut into tokens and the text between them; quotes are gone from the text."""
    pieces: list[str] = []
    at = 0
    for token in _TOKEN.finditer(pattern):
        pieces += [pattern[at : token.start()], token.group()]
        at = token.end()
    return [*pieces, pattern[at:]]


def moment_form(patterns: str, *, whole: bool) -> tuple[Callable[[str, Record], str], Callable[[str], str]]:
    """Written by the first pattern, read by each of them (they stand side by side with `|`)."""
    if patterns == "epoch-ms":
        return _to_epoch, _from_epoch
    names = [_NAMED.get(pattern, pattern) for pattern in patterns.split("|")]
    pieces = [_pieces(name) for name in names]
    cut = _CUTS.get(names[0])
    plan = [(_PLACE.get(piece, -1), len(piece) == 1, piece.strip("'")) for piece in pieces[0]]
    readers = [_reader(each) for each in pieces]
    zoned = whole and "with-zone" in patterns.split("|")

    def encode(value: str, _: Record) -> str:
        if cut is not None and _MOMENT.fullmatch(value):
            return cut(value)
        parts = _parts(value)
        return "".join(
            text if place < 0 else (parts[place].lstrip("0") or "0") if short else parts[place]
            for place, short, text in plan
        )

    def decode(value: str) -> str:
        for reader, order in readers:
            found = reader.fullmatch(value)
            if found is not None:
                return _moment(found.groups(), order, whole) or value
        return _from_elsewhere(value) if zoned else value

    return encode, decode


def _reader(pieces: list[str]) -> tuple[re.Pattern[str], list[int]]:
    """What matches a pattern, and which part of a moment each group is; run-together digits are padded."""
    joined = all(not piece for piece in pieces[::2])
    width = "{2}" if joined else "{1,2}"
    digits = {piece: f"([0-9]{'{4}' if piece == 'yyyy' else width})" for piece in _PLACE}
    text = "".join(digits.get(piece) or re.escape(piece.strip("'")) for piece in pieces)
    return re.compile(text), [_PLACE[piece] for piece in pieces if piece in _PLACE]


def _moment(groups: tuple[str, ...], order: list[int], whole: bool) -> str:
    parts = [1, 1, 1, 0, 0, 0]
    for place, text in zip(order, groups, strict=True):
        parts[place] = int(text)
    year, month, day, hour, minute, second = parts
    try:
        moment = datetime(year, month, day, hour, minute, second, tzinfo=CST)
    except ValueError:
        return ""
    return moment.isoformat() if whole else moment.date().isoformat()


def _from_elsewhere(value: str) -> str:
    """A moment with another zone's offset, or Z, as Beijing reads its clock; anything else as it came."""
    if _ZONED.fullmatch(value) is None:
        return value
    try:
        return datetime.fromisoformat(value).astimezone(CST).isoformat()
    except (ValueError, OverflowError):
        return value


def _to_epoch(value: str, _: Record) -> str:
    year, month, day, hour, minute, second = (int(part) for part in _parts(value))
    moment = datetime(year, month, day, hour, minute, second, tzinfo=CST)
    return str(int(moment.timestamp()) * 1000)


def _from_epoch(value: str) -> str:
    if re.fullmatch(r"[0-9]{1,15}", value) is None:
        return value
    try:
        moment = datetime.fromtimestamp(int(value) // 1000, UTC).astimezone(CST)
    except (ValueError, OverflowError, OSError):
        return value
    return moment.isoformat()
