"""JSON Schema of one value: type, length in code points, pattern, codes; titles in Chinese.

A schema can say everything the checker says of one value except check characters. Decimals are
strings with a pattern, because a JSON number would have been rounded before anybody looked.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hub.standard.bindings import forms
from hub.standard.book import Book
from hub.standard.check.codes import is_region
from hub.standard.check.slot import Slot
from hub.standard.model import CodeList, Format

Schema = dict[str, Any]
BLANK = "".join(
    f"\\u{low:04x}" if low == high else f"\\u{low:04x}-\\u{high:04x}" for low, high in forms.BLANK_RANGES
)
NOT_BLANK = f"[^{BLANK}]"
# `$` of some engines also stands before a last line feed; no form of the standard holds one.
ONE_LINE: Schema = {"not": {"pattern": "\\n"}}


class Shelf:
    """Definitions that the values of one document share; only what somebody asked for is on it."""

    def __init__(self, standard: Book, prefix: str = "#/$defs/") -> None:
        self.standard = standard
        self.prefix = prefix
        self.definitions: dict[str, Schema] = {}

    def ref(self, name: str, make: Callable[[], Schema]) -> Schema:
        """A reference to the definition of that name, made when first asked for."""
        if name not in self.definitions:
            self.definitions[name] = {}  # stands there while being made, so that types may nest
            self.definitions[name] = make()
        return {"$ref": f"{self.prefix}{name}"}


def anchored(pattern: str) -> Schema:
    """A text that is the pattern from end to end, in every engine."""
    return {"type": "string", "pattern": f"^({pattern})$", **ONE_LINE}


def blank(shelf: Shelf) -> Schema:
    """A value that counts as not given."""
    told = {"title": "未填", "description": "Empty or white space only: counts as not given."}
    return shelf.ref("blank", lambda: {**told, "type": "string", "pattern": f"^[{BLANK}]*$"})


def value(slot: Slot, shelf: Shelf) -> Schema:
    """The schema of a value that is given; whether it may be left out is its object's matter."""
    if slot.type == "integer":
        return _integer(slot.length)
    if slot.type == "boolean":
        return {"type": "boolean"}
    if slot.type in ("object", "array", "blobref"):
        return {"type": "object"}  # nested types are json_rows' matter
    if slot.type == "decimal":
        digits, behind = slot.precision or (0, 0)
        told = f"Decimal as a plain string, {digits} digits, {behind} behind the point."
        return shelf.ref(
            f"decimal-{digits}-{behind}" if slot.precision else "decimal",
            lambda: {"title": "小数", "description": told, **anchored(forms.decimal(slot.precision))},
        )
    if slot.type in ("date", "datetime"):
        return _moment(slot.type, shelf)
    return {**_text(slot, shelf), **_sizes(slot)}


def _moment(kind: str, shelf: Shelf) -> Schema:
    if kind == "date":
        told = {"title": "日期", "description": "YYYY-MM-DD, a day that the calendar has."}
        return shelf.ref("date", lambda: told | anchored(forms.DATE))
    told = {"title": "时间", "description": "YYYY-MM-DDTHH:MM:SS+08:00, on a day that the calendar has."}
    return shelf.ref("datetime", lambda: told | anchored(forms.DATETIME))


def _integer(length: int | None) -> Schema:
    most = forms.MAX_INTEGER if length is None else min(10**length - 1, forms.MAX_INTEGER)
    number = {"type": "integer", "minimum": -most, "maximum": most}
    pattern = forms.big_integer(length)
    return number if pattern is None else {"anyOf": [number, anchored(pattern)]}


def _text(slot: Slot, shelf: Shelf) -> Schema:
    if slot.form is not None:
        return _form(slot.form, shelf)
    codes = slot.codes
    if slot.enum:
        return {"type": "string", "enum": sorted(slot.enum)}
    if codes is None:
        return {"type": "string"}
    if slot.multi:
        pattern = forms.several(codes)
        told = f"Codes of {codes.id}, semicolons between them."
        return shelf.ref(
            f"codes.{codes.id}", lambda: {"title": codes.zh, "description": told, **anchored(pattern)}
        )
    if is_region(slot):
        return shelf.ref("code.region", lambda: _region(codes))
    return shelf.ref(f"code.{codes.id}", lambda: _codes(codes))


def _form(form: Format, shelf: Shelf) -> Schema:
    told = {"title": form.zh, "description": form.en or form.id}
    return shelf.ref(f"form.{form.id}", lambda: told | anchored(form.pattern))


def _codes(codes: CodeList) -> Schema:
    named = "; ".join(f"{code} {zh} {codes.english[code]}".rstrip() for code, zh in codes.codes.items())
    return {"title": codes.zh, "description": named, "type": "string", "enum": list(codes.codes)}


def _region(codes: CodeList) -> Schema:
    told = "GB/T 2260: a region of the table, or six digits of another province (not looked up here)."
    return {"title": codes.zh, "description": told, **anchored(forms.region(codes))}


def _sizes(slot: Slot) -> Schema:
    found: Schema = {}
    if slot.length is not None:
        found["maxLength"] = slot.length
        if slot.fixed:
            found["minLength"] = slot.length
    return found


def given(schema: Schema, slot: Slot) -> Schema:
    """A required value: plain text must hold something, other forms cannot be blank."""
    plain = slot.type in ("string", "text") and slot.form is None
    return {**schema, "pattern": NOT_BLANK, "minLength": schema.get("minLength", 1)} if plain else schema


def optional(schema: Schema, slot: Slot, shelf: Shelf) -> Schema:
    """A value that may be left out may also be there and blank."""
    if slot.type in ("string", "text") and slot.form is None and not slot.fixed:
        return schema
    return {"anyOf": [schema, blank(shelf)]}
