"""Rules about codes: members of a list, regions, party codes, the deal code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from certs.identity import party_ok, uscc_ok
from hub.standard.check.slot import Seen, Slot
from hub.standard.deal_code import check_character

REGION = "region"
HOME = "62"
PROVINCES = frozenset(
    f"{area}{number}"  # GB/T 2260: the first digit is the part of the country
    for area, last in (("1", 5), ("2", 3), ("3", 7), ("4", 6), ("5", 4), ("6", 5), ("7", 1), ("8", 2))
    for number in range(0 if area == "5" else 1, last + 1)
)
_SIX = re.compile("[0-9]{6}")


def is_region(slot: Slot) -> bool:
    """Regions have rules of their own: the table knows one province only."""
    return slot.codes is not None and slot.codes.id == REGION


def unknown(slot: Slot, value: Any) -> Iterator[Seen]:
    """A single code must be a member of its list."""
    if slot.multi or not isinstance(value, str):
        return
    if slot.enum and value not in slot.enum:
        yield Seen({"list": " | ".join(sorted(slot.enum))})
    elif slot.codes is not None and not is_region(slot) and value not in slot.codes:
        yield Seen({"list": _named(slot)})


def multi(slot: Slot, value: Any) -> Iterator[Seen]:
    """R10: every part between semicolons is a member; a closing semicolon is usual and allowed."""
    if not slot.multi or slot.codes is None or not isinstance(value, str):
        return
    parts = value.removesuffix(";").split(";")
    if any(part not in slot.codes for part in parts):
        yield Seen({"list": _named(slot)})


def region(slot: Slot, value: Any) -> Iterator[Seen]:
    """R09: a region of Gansu stands in the table, any other begins with a province that exists."""
    if slot.codes is None or not isinstance(value, str):
        return
    foreign = _SIX.fullmatch(value) is not None and value[:2] in PROVINCES and value[:2] != HOME
    if value not in slot.codes and not foreign:
        yield Seen({})


def region_outside(slot: Slot, value: Any) -> Iterator[Seen]:
    """A region of another province cannot be looked up here: said, not refused."""
    if not isinstance(value, str):
        return
    if value[:2] != HOME and value[:2] in PROVINCES and _SIX.fullmatch(value):
        yield Seen({})


def party(slot: Slot, value: Any) -> Iterator[Seen]:
    """GB 32100 and GB 11643: each code of a well-formed value has its check character."""
    form = slot.form
    if form is None or not isinstance(value, str) or form.regex.fullmatch(value) is None:
        return
    if form.id in ("uscc", "uscc-list"):
        good, kinds = uscc_ok, "统一社会信用代码"
    elif form.id in ("party-code", "party-code-list"):
        good, kinds = party_ok, "统一社会信用代码或居民身份证号"
    else:
        return
    if not all(good(code) for code in value.removesuffix(";").split(";")):
        yield Seen({"kinds": kinds})


def deal(slot: Slot, value: Any) -> Iterator[Seen]:
    """MOD 37-2 over each deal code; a warning, because codes in the wild fail it."""
    form = slot.form
    if form is None or not form.id.startswith("unified-deal-code") or not isinstance(value, str):
        return
    if form.regex.fullmatch(value) is None:
        return
    for code in value.removesuffix(";").split(";"):
        if check_character(code) != code[-1]:
            yield Seen({"expected": check_character(code)})


def _named(slot: Slot) -> str:
    if slot.codes is None:
        return ""
    codes = list(slot.codes.codes)
    few = "、".join(codes[:12]) + ("…" if len(codes) > 12 else "")
    return f"{slot.codes.zh}({slot.codes.id}):{few}"
