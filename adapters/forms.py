"""Forms of values: each name in the `form` column of a mapping table becomes one pair of functions.

Outward raises ValueError for what the form cannot express (the mapping turns it into a finding);
inward never fails: a text that does not fit is handed on as it came, so that the checker of the
standard, and nobody else, says what is wrong with it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from decimal import Context, Decimal
from typing import Any

from adapters.paths import reach, text_of

CST = timezone(timedelta(hours=8))
Record = Mapping[str, object]
Codes = Mapping[str, Mapping[str, str]]
Encode = Callable[[str, Record], str]
Decode = Callable[[str], Any]

_EXACT = Context(prec=120)
_NUMBER = re.compile(r"[+-]?[0-9]{1,60}(?:\.[0-9]{1,40})?")
_MOMENT = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})\+08:00")
_DAY = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_TOKEN = re.compile(r"yyyy|MM|dd|HH|mm|ss|M|d|H|'[^']*'")
_PLACE = {"yyyy": 0, "MM": 1, "dd": 2, "HH": 3, "mm": 4, "ss": 5, "M": 1, "d": 2, "H": 3}
_NAMED = {"local-no-zone": "yyyy-MM-dd'T'HH:mm:ss", "with-zone": "yyyy-MM-dd'T'HH:mm:ss'+08:00'"}
_SHIFT = Decimal(10000)


class UnmappedError(ValueError):
    """A code of the standard has no spelling in the dialect's code map: our table, not the sender."""


@dataclass(frozen=True, slots=True)
class Form:
    """Both directions of one form; `unit` names a field that decoding sets to `unit_value`."""

    encode: Encode
    decode: Decode
    unit: str = ""
    unit_value: str = ""
    unit_always: bool = False


def compile_form(text: str, codes: Codes) -> Form:
    """Form of one table cell; KeyError or ValueError when the table names what does not exist."""
    kind, _, rest = text.partition(":")
    if kind == "text" or text == "amount:plain":
        return Form(lambda value, _: value, _same)
    if kind == "int":
        return Form(_integer, _whole)
    if kind in ("datetime", "date"):
        return _time(rest, whole=kind == "datetime")
    if kind == "amount":
        return _amount(rest)
    if kind == "code":
        return _code(codes[rest])
    if kind == "list":
        return Form(
            lambda value, _: rest.join(part for part in value.split(";") if part),
            lambda value: ";".join(part for part in value.split(rest) if part),
        )
    raise ValueError(f"form {text!r} is not known")


def _same(value: str) -> str:
    return value


def _integer(value: str, _: Record) -> str:
    if re.fullmatch(r"-?[0-9]{1,19}", value) is None:
        raise ValueError("十进制整数")
    return value


def _whole(value: str) -> Any:
    """Unified integers are JSON integers as far as I-JSON carries them."""
    return int(value) if re.fullmatch(r"-?[0-9]{1,15}", value) else value


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


def _time(patterns: str, *, whole: bool) -> Form:
    """Written by the first pattern, read by each of them (they stand side by side with `|`)."""
    if patterns == "epoch-ms":
        return Form(_to_epoch, _from_epoch)
    pieces = [_pieces(_NAMED.get(pattern, pattern)) for pattern in patterns.split("|")]
    plan = [(_PLACE.get(piece, -1), len(piece) == 1, piece.strip("'")) for piece in pieces[0]]
    readers = [_reader(each) for each in pieces]

    def encode(value: str, _: Record) -> str:
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
        return value

    return Form(encode, decode)


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


def plain(number: Decimal) -> str:
    """Plain notation: no exponent, no trailing zeros, no point without decimals, no minus zero."""
    text = format(number, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("", "-0") else text


def _amount(rest: str) -> Form:
    wanted, _, unit = rest.partition(":")
    required = unit.endswith("!")
    unit = unit.rstrip("!")
    in_wan = wanted == "wan"
    if wanted not in ("wan", "yuan") or not unit:
        raise ValueError(f"form amount:{rest!r} is not known")

    def encode(value: str, record: Record) -> str:
        if _NUMBER.fullmatch(value) is None:
            raise ValueError("十进制数,不带指数")
        number = Decimal(value)
        is_wan = text_of(reach(record, unit)) == "1"
        if in_wan and not is_wan:
            number = _EXACT.divide(number, _SHIFT)
        elif is_wan and not in_wan:
            number = _EXACT.multiply(number, _SHIFT)
        return plain(number)

    return Form(encode, _same, unit, "1" if in_wan else "0", required)


def _code(spelling: Mapping[str, str]) -> Form:
    back = {foreign: standard for standard, foreign in spelling.items()}

    def encode(value: str, _: Record) -> str:
        missing = [part for part in value.split(";") if part and part not in spelling]
        if missing:
            raise UnmappedError("、".join(spelling))
        return ";".join(spelling[part] for part in value.split(";") if part)

    boolean = set(spelling) == {"true", "false"}
    truth = {"1": True, "0": False, "true": True, "false": False}

    def decode(value: str) -> Any:
        if boolean:
            return truth.get(back.get(value, value), value)
        return ";".join(back.get(part, part) for part in value.split(";"))

    return Form(encode, decode)
