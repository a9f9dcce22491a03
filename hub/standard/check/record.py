"""Rules about a record as a whole: what must be there, what may not, and what must agree."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from hub.standard.book import nearest
from hub.standard.check.flaw import Flaw
from hub.standard.check.observed import quoted
from hub.standard.check.slot import Slot
from hub.standard.model import Condition, Format

SUGGESTED = 3
LONGEST_NAME = 120


@dataclass(frozen=True, slots=True)
class Prefix:
    """R11: values of `child` begin with the value of `parent`."""

    parent: str
    parent_form: Format
    child: str
    child_form: Format


@dataclass(frozen=True, slots=True)
class Record:
    """The fields of one record, where they stand, and what the standard says about them."""

    fields: Mapping[str, Any]
    at: str
    op: str
    slots: Mapping[str, Slot]
    required: tuple[str, ...]
    closed: bool = True
    conditions: tuple[Condition, ...] = ()
    prefixes: tuple[Prefix, ...] = ()

    @property
    def whole(self) -> bool:
        """A deletion names a record; it does not carry one."""
        return self.op != "delete"


def empty(value: Any) -> bool:
    """Null and blank text count as not given."""
    return value is None or (isinstance(value, str) and not value.strip())


def point(at: str, name: str) -> str:
    """JSON pointer to a member; of names that no field could have, only the beginning."""
    if len(name) > LONGEST_NAME:
        name = f"{name[:LONGEST_NAME]}…"
    return f"{at}/{name.replace('~', '~0').replace('/', '~1')}"


def required(record: Record) -> Iterator[Flaw]:
    """Every mandatory field, unless the record is being deleted."""
    if not record.whole:
        return
    fields = record.fields
    for name in record.required:
        if empty(fields.get(name)):
            slot = record.slots[name]
            yield Flaw("field.required", point(record.at, name), "", {"zh": slot.zh, "name": name})


def unknown(record: Record) -> Iterator[Flaw]:
    """Only fields of the stage; the name is quoted, the value is nobody's business."""
    if not record.closed:
        return
    strange = [name for name in record.fields if name not in record.slots]
    for count, name in enumerate(strange):
        # A likely name is a kindness to slips; for a flood of strange names it would be a waste.
        near = nearest(name[:64], record.slots) if count < SUGGESTED else []
        words = {"nearest": f":{'、'.join(near)}" if near else ""}
        yield Flaw("field.unknown", point(record.at, name), quoted(name, personal=False), words)


def conditions(rule: str, record: Record) -> Iterator[Flaw]:
    """R01, R02, R03, R12: a value of one field makes others mandatory."""
    if not record.whole:
        return
    for row in record.conditions:
        value = record.fields.get(row.when)
        if row.rule != rule or not isinstance(value, str) or value not in row.values:
            continue
        for name in row.requires:
            if empty(record.fields.get(name)):
                words = {"zh": record.slots[name].zh, "name": name, "when": row.when, "value": value}
                yield Flaw(rule, point(record.at, name), f"{row.when}={value}", words)


def prefixes(record: Record) -> Iterator[Flaw]:
    """R11: project, tender and section codes nest; malformed ones are `field.format`'s business."""
    for row in record.prefixes:
        parent, child = record.fields.get(row.parent), record.fields.get(row.child)
        if not (isinstance(parent, str) and isinstance(child, str)):
            continue
        if row.parent_form.regex.fullmatch(parent) is None or row.child_form.regex.fullmatch(child) is None:
            continue
        if not all(part.startswith(parent) for part in child.removesuffix(";").split(";")):
            observed = quoted(child, personal=False)
            yield Flaw("R11", point(record.at, row.child), observed, {"prefix": f"{row.parent}={parent}"})
