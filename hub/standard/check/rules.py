"""The rules as two tables, id to function: a rule can be read, counted and left out by its id.

Value rules look at one value of one field; record rules at the fields together. `field.type` stands
first: of a value of the wrong type nothing else is worth saying.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from hub.standard.check import codes, record, values
from hub.standard.check.flaw import Flaw
from hub.standard.check.record import Record
from hub.standard.check.slot import Seen, Slot


@dataclass(frozen=True, slots=True)
class ValueRule:
    """`applies` is asked once, when the checker is built; `test` for each value."""

    id: str
    applies: Callable[[Slot], bool]
    test: Callable[[Slot, Any], Iterator[Seen]]


def _form(slot: Slot, *starts: str) -> bool:
    return slot.form is not None and slot.form.id.startswith(starts)


VALUE_RULES: tuple[ValueRule, ...] = (
    ValueRule("field.type", lambda slot: True, values.type_),
    ValueRule("field.length", lambda slot: slot.length is not None, values.length),
    ValueRule("field.precision", lambda slot: slot.precision is not None, values.precision),
    ValueRule("field.format", lambda slot: slot.form is not None, values.format_),
    ValueRule("field.date", lambda slot: slot.type in values.FORMS, values.calendar),
    ValueRule("code.unknown", lambda slot: bool(slot.codes or slot.enum) and not slot.multi, codes.unknown),
    ValueRule("code.multi", lambda slot: slot.multi, codes.multi),
    ValueRule("code.region", codes.is_region, codes.region),
    ValueRule("code.region-outside", codes.is_region, codes.region_outside),
    ValueRule("party.code-check", lambda slot: _form(slot, "uscc", "party-code"), codes.party),
    ValueRule("deal.check-character", lambda slot: _form(slot, "unified-deal-code"), codes.deal),
)

RECORD_RULES: dict[str, Callable[[Record], Iterator[Flaw]]] = {
    "field.required": record.required,
    "field.unknown": record.unknown,
    "R01": partial(record.conditions, "R01"),
    "R02": partial(record.conditions, "R02"),
    "R03": partial(record.conditions, "R03"),
    "R11": record.prefixes,
    "R12": partial(record.conditions, "R12"),
}
