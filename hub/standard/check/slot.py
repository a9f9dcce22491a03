"""A field made ready for checking: its code list and format looked up once, when the checker is built."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hub.standard.book import Book
from hub.standard.model import CodeList, Field, Format, ServiceField


@dataclass(frozen=True, slots=True)
class Slot:
    """What the value rules need to know of a stage field or a service row."""

    name: str
    zh: str
    type: str
    length: int | None
    fixed: bool
    precision: tuple[int, int] | None
    codes: CodeList | None
    multi: bool
    form: Format | None
    personal: bool
    enum: frozenset[str] = frozenset()
    nested: str = ""
    texts: bool = False  # an array whose items are plain strings


@dataclass(frozen=True, slots=True)
class Seen:
    """A rule's yield: words for its sentence, and what to quote instead of the masked value."""

    words: Mapping[str, object]
    observed: str | None = None


def of_field(field: Field, standard: Book) -> Slot:
    """The slot of a stage field."""
    return Slot(
        field.name, field.zh, field.type, field.length, field.fixed, field.precision,
        standard.code_lists[field.code_list] if field.code_list else None, field.multi,
        standard.formats[field.format] if field.format else None, field.policy.personal != "none",
    )  # fmt: skip


def of_row(row: ServiceField, standard: Book) -> Slot:
    """The slot of a service row."""
    return Slot(
        row.name, row.zh, row.type, row.length, False, row.precision,
        standard.code_lists[row.code_list] if row.code_list else None, False,
        standard.formats[row.format] if row.format else None, row.personal, frozenset(row.enum),
        _nested(row, standard), row.type == "array" and row.item == "string",
    )  # fmt: skip


def _nested(row: ServiceField, standard: Book) -> str:
    name = {"object": row.ref, "array": row.item, "blobref": "fileRef"}.get(row.type)
    return name if name is not None and name in standard.types else ""
