"""Rules about one value: type, length, precision, form, calendar."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

from hub.standard.check.slot import Seen, Slot

MAX_INTEGER = 2**53
_JSON_TYPES: dict[str, type] = {"boolean": bool, "array": list, "object": dict, "blobref": dict}
INTEGER = re.compile(r"0|-?[1-9][0-9]*")
DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?")
DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
DATETIME = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]\+08:00")
FORMS = {
    "date": ("YYYY-MM-DD", DATE),
    "datetime": ("YYYY-MM-DDTHH:MM:SS+08:00", DATETIME),
}
TYPE_WORDS = {
    "integer": ("整数(JSON 整数,超过 2^53 写成字符串)", "a JSON integer, or a string beyond 2^53"),
    "decimal": ("小数,写成普通记数法的字符串,如 1250.5", "a decimal as a plain string, like 1250.5"),
    "boolean": ("true 或 false", "true or false"),
    "array": ("数组", "an array"),
    "object": ("对象", "an object"),
}
TEXT_WORDS = ("字符串", "a string")


def type_(slot: Slot, value: Any) -> Iterator[Seen]:
    """Text is a string, a decimal a plain string, an integer an integer."""
    if slot.type == "integer":
        good = _is_integer(value)
    elif slot.type == "decimal":
        good = isinstance(value, str) and DECIMAL.fullmatch(value) is not None
    else:
        good = isinstance(value, _JSON_TYPES.get(slot.type, str))
        if slot.texts and good:
            good = all(isinstance(item, str) for item in value)
    if not good:
        zh, en = TYPE_WORDS.get(slot.type, TEXT_WORDS)
        yield Seen({"type_zh": zh, "type_en": en})


def _is_integer(value: Any) -> bool:
    if isinstance(value, bool):
        return False
    if isinstance(value, int):
        return abs(value) <= MAX_INTEGER
    if not isinstance(value, str) or INTEGER.fullmatch(value) is None:
        return False
    # int() refuses thousands of digits; more than 16 are beyond 2^53 without counting.
    return len(value.lstrip("-")) > 16 or abs(int(value)) > MAX_INTEGER


def length(slot: Slot, value: Any) -> Iterator[Seen]:
    """Code points for text, digits for integers; `fixed` means neither more nor fewer."""
    limit = slot.length
    if limit is None:
        return
    if not isinstance(value, str):
        if slot.type != "integer" or isinstance(value, bool) or not isinstance(value, int):
            return
        value = str(value)
    count = len(value.lstrip("-")) if slot.type == "integer" else len(value)
    if not (count > limit or (slot.fixed and count != limit)):
        return
    unit, units = ("位数字", "digits") if slot.type == "integer" else ("个字符", "characters")
    word, words = ("正好", "exactly") if slot.fixed else ("至多", "at most")
    yield Seen(
        {"limit_zh": f"{word} {limit} {unit}", "limit_en": f"{words} {limit} {units}"}, f"{count} {unit}"
    )


def precision(slot: Slot, value: Any) -> Iterator[Seen]:
    """Digits before and after the point, leading zeros and sign aside."""
    if slot.precision is None or not isinstance(value, str):
        return
    digits, decimals = slot.precision
    whole, _, fraction = value.lstrip("-").partition(".")
    if len(whole.lstrip("0")) > digits - decimals or len(fraction) > decimals:
        yield Seen({"whole": digits - decimals, "decimals": decimals})


def format_(slot: Slot, value: Any) -> Iterator[Seen]:
    """The written form that the standard names for this field."""
    form = slot.form
    if form is not None and isinstance(value, str) and form.regex.fullmatch(value) is None:
        yield Seen({"form_zh": form.zh, "form_en": form.en or form.id})


def calendar(slot: Slot, value: Any) -> Iterator[Seen]:
    """Dates and times in the one form of the native envelope, on a day that exists."""
    written = FORMS.get(slot.type)
    if written is None or not isinstance(value, str):
        return
    form, regex = written
    found = regex.fullmatch(value)
    if found is None:
        yield Seen({"form_zh": form, "form_en": form})
        return
    try:
        date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        yield Seen({"form_zh": form, "form_en": form})
