"""Forms of values: each name in the `form` column of a mapping table becomes one pair of functions.

Outward raises ValueError for what the form cannot express (the mapping turns it into a finding);
inward never fails: a text that does not fit is handed on as it came, so that the checker of the
standard, and nobody else, says what is wrong with it.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Context, Decimal
from typing import Any

from adapters.paths import reach, text_of
from adapters.times import Record, moment_form
from certs.algorithms.digest import digest

Codes = Mapping[str, Mapping[str, str]]
Encode = Callable[[str, Record], str]
Decode = Callable[[str], Any]

_EXACT = Context(prec=120)
_NUMBER = re.compile(r"[+-]?[0-9]{1,60}(?:\.[0-9]{1,40})?")
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
    blob: bool = False


def compile_form(text: str, codes: Codes) -> Form:
    """Form of one table cell; KeyError or ValueError when the table names what does not exist."""
    kind, _, rest = text.partition(":")
    if kind == "text" or text == "amount:plain":
        return Form(lambda value, _: value, _same)
    if kind == "int":
        return Form(_integer, _whole)
    if kind in ("datetime", "date"):
        return Form(*moment_form(rest, whole=kind == "datetime"))
    if kind == "amount":
        return _amount(rest)
    if kind == "code":
        return _code(codes[rest])
    if kind == "blob":
        return Form(lambda value, _: value, _octets, blob=True)
    if kind == "list":
        return Form(
            lambda value, _: rest.join(part for part in value.split(";") if part),
            lambda value: ";".join(part for part in value.split(rest) if part),
        )
    raise ValueError(f"form {text!r} is not known")


def _same(value: str) -> str:
    return value


def _octets(text: str) -> Any:
    """A file as the unified message names it, with its octets in `data` for the shell to put away."""
    try:
        octets = base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return text
    found = digest(octets, "sm3").hex()
    return {
        "name": found,
        "digest": f"sm3:{found}",
        "size": len(octets),
        "media": "application/octet-stream",
        "data": base64.b64encode(octets).decode("ascii"),
    }


def _integer(value: str, _: Record) -> str:
    if re.fullmatch(r"-?[0-9]{1,19}", value) is None:
        raise ValueError("十进制整数")
    return value


def _whole(value: str) -> Any:
    """Unified integers are JSON integers as far as I-JSON carries them."""
    return int(value) if re.fullmatch(r"-?[0-9]{1,15}", value) else value


def plain(number: Decimal) -> str:
    """Plain notation: no exponent, no trailing zeros, no point without decimals, no minus zero."""
    text = format(number, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("", "-0") else text


def _two_decimals(text: str) -> str:
    """At least two decimals as money is written, none of more cut off."""
    whole, _, decimals = text.partition(".")
    return f"{whole}.{decimals:0<2}"


def _amount(rest: str) -> Form:
    wanted, _, unit = rest.partition(":")
    required = unit.endswith("!")
    unit = unit.rstrip("!")
    in_wan, padded = wanted == "wan", wanted == "yuan2"
    if wanted not in ("wan", "yuan", "yuan2") or not unit:
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
        return _two_decimals(plain(number)) if padded else plain(number)

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
