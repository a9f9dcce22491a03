"""What the standard asks of one value, as a regular expression over a row of values.

The row is all text values of a record with a NUL between any two: no text of an envelope may hold one
(I-JSON as contracts.md has it). So a whole record is one match, made in C. Each part is atomic and looks
at its seam: it is tried once, and a hostile record costs no more time than its length.
"""

from __future__ import annotations

import re

from hub.message.shape import Member
from hub.standard.bindings import forms
from hub.standard.check.codes import is_region
from hub.standard.check.slot import Slot

SEAM = "(?![^\\0])"  # a NUL, or the end
_NESTED = ("integer", "boolean", "object", "array", "blobref")
_OPENING = re.compile(r"\\.|\((?!\?)", re.DOTALL)
# Literals, classes that name their members, plain groups, repetitions: nothing that could reach over a seam.
_TAME = re.compile(r"(?:[^.^$\\\[(]|\\[^A-Za-z0-9]|\[[^\^\\(\]][^\\(\]]*\]|\((?!\?))*")


def expressible(slot: Slot) -> bool:
    """Is everything the rules ask of this value a matter of its text alone?"""
    if slot.type in _NESTED or (slot.multi and (slot.codes is None or is_region(slot))):
        return False
    return slot.form is None or _TAME.fullmatch(slot.form.pattern) is not None


def part(slot: Slot, *, required: bool) -> str:
    """The value of this slot; one that is not required may also be blank."""
    form = f"{_form(slot)}{SEAM}"
    if not required:
        return f"(?>{form}|\\s*+{SEAM})"
    return f"(?>(?=\\s*+[^\\s\\0]){form})" if _may_be_blank(slot) else f"(?>{form})"


def plain(pattern: str) -> str:
    """The same pattern, keeping nothing of what its groups matched."""
    return _OPENING.sub(lambda found: "(?:" if found.group() == "(" else found.group(), pattern)


def member(one: Member) -> str:
    """A text member of head or body; one that may be left out is then empty."""
    return f"(?>(?:{plain(one.pattern)}){'' if one.required else '?'}{SEAM})"


def _may_be_blank(slot: Slot) -> bool:
    """Could a blank text fit? Not a form whose letters, and so the ends of its ranges, are visible ASCII."""
    if slot.form is None:
        return not _written(slot)
    letters = slot.form.pattern
    return (
        not letters.isascii() or min(letters, default=" ") <= " " or slot.form.regex.fullmatch("") is not None
    )


def _form(slot: Slot) -> str:
    """All rules of a value hold: those before the last look ahead to the seam. Lengths are code points."""
    *first, last = [plain(form) for form in _written(slot)] or ["[^\\0]*+"]
    if slot.length is not None:
        sized = f"[^\\0]{{{slot.length if slot.fixed else 0},{slot.length}}}+"
        if last == "[^\\0]*+":
            return sized
        if not _short(slot, slot.length):
            first.append(sized)
    return "".join(f"(?={form}{SEAM})" for form in first) + last


def _short(slot: Slot, length: int) -> bool:
    """One code of a list, none of which has another length than is allowed."""
    if slot.codes is None or slot.multi or is_region(slot):
        return False
    return all(len(code) == length if slot.fixed else len(code) <= length for code in slot.codes.codes)


def _written(slot: Slot) -> list[str]:
    found: list[str] = []
    if slot.type == "decimal":
        found.append(forms.decimal(slot.precision))
    elif slot.type in ("date", "datetime"):
        found.append(forms.DATE if slot.type == "date" else forms.DATETIME)
    if slot.form is not None:
        found.append(f"({slot.form.pattern})")
    codes = slot.codes
    if codes is not None and slot.multi:
        found.append(forms.several(codes))
    elif slot.enum:
        found.append(forms.one_of(sorted(slot.enum)))
    elif codes is not None and not is_region(slot):
        found.append(forms.one_of(codes.codes))
    if codes is not None and is_region(slot):
        found.append(forms.region(codes))
    return found
