"""The mapping table of one dialect, compiled once: foreign names and forms of unified fields.

A table is two files beside the codec, `mapping.csv` and `codes.csv`. The adapter's own table, not
the papers': what the hub delivers is judged by the papers, and a mistake here must show there.
Every problem of a record is reported at once, because its sender mends it once.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from importlib.resources import files
from io import StringIO
from typing import Any

from adapters.halves import compiled
from adapters.paths import place, reach
from adapters.rows import Row, finding, item_abroad, item_home, outward, refuse
from hub.errors import SenderError
from hub.message import Finding

_ALSO = {"out": "both", "in": "both"}


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read from a foreign record: circumstances, unified fields, and the rest in `ext`."""

    about: dict[str, Any] = field(default_factory=dict)
    fields: dict[str, Any] = field(default_factory=dict)
    ext: dict[str, Any] = field(default_factory=dict)


class FieldMap:
    """Translate records of every stage and service of one dialect."""

    def __init__(self, rows: Iterable[Mapping[str, str]], codes: Iterable[Mapping[str, str]]) -> None:
        spelling: dict[str, dict[str, str]] = {}
        for code in codes:
            spelling.setdefault(code["map"], {})[code["unified"]] = code["foreign"]
        self.rows = compiled(rows, spelling)
        self._tables: dict[tuple[str, str], tuple[Row, ...]] = {}
        self._known: dict[str, frozenset[str]] = {}

    @classmethod
    def beside(cls, package: str) -> FieldMap:
        """The table in the folder of that package."""
        return cls(table(package, "mapping.csv"), table(package, "codes.csv"))

    @cached_property
    def messages(self) -> dict[str, str]:
        """Stage or service to the vocabulary name of its message."""
        return {row.stage: row.message for row in self.rows if row.stage != "*"}

    def of(self, stage: str, direction: str) -> tuple[Row, ...]:
        """Rows of a stage (`out`, `in`) or a service (`request`, `reply`); empty when not carried."""
        found = self._tables.get((stage, direction))
        if found is None:
            wanted = (direction, _ALSO.get(direction, direction))
            found = tuple(
                row
                for row in self.rows
                if row.stage == stage and row.direction in wanted and "[]" not in row.unified
            )
            self._tables[stage, direction] = found
        return found

    def _names(self, stage: str) -> frozenset[str]:
        """Every foreign name of a stage, whichever way it travels."""
        found = self._known.get(stage)
        if found is None:
            found = frozenset(row.foreign for row in self.rows if row.stage in ("*", stage))
            self._known[stage] = found
        return found

    def lists(self, stage: str, direction: str) -> dict[tuple[str, str], list[Row]]:
        """Rows of repeated parts (`hits[].kind`), by unified and foreign name of the list."""
        groups: dict[tuple[str, str], list[Row]] = {}
        for row in self.rows:
            if row.stage == stage and row.direction == direction and "[]" in row.unified:
                names = (row.unified.partition("[]")[0], row.foreign.partition("[]")[0])
                groups.setdefault(names, []).append(row)
        return groups

    def abroad(
        self, stage: str, direction: str, fields: Mapping[str, Any], about: Mapping[str, str]
    ) -> list[tuple[Row, str | None]]:
        """Foreign texts in table order, None for what the record does not have.

        Envelope rows (stage `*`) come first. Raises SenderError with every finding when a value
        cannot be expressed, and `mapping.no-place` when the dialect carries no such stage.
        """
        rows = self.of(stage, direction)
        if not rows and not self.lists(stage, direction):
            known = ", ".join(sorted(self.messages))
            raise SenderError(
                f"{stage}: no place in this dialect ({known})",
                code="mapping.no-place",
                findings=(finding("mapping.no-place", "/head/stage", known, stage),),
            )
        findings: list[Finding] = []
        values = [(row, outward(row, fields, about, findings)) for row in (*self.of("*", direction), *rows)]
        refuse(findings)
        return values

    def home(self, stage: str, direction: str, foreign: Mapping[str, str | None]) -> Reading:
        """Unified fields of a foreign record; an empty text is an absent field.

        Foreign names that the table does not have are kept in `ext`, where they reach whoever
        knows them; names that could not stand in a unified message are left to the caller.
        """
        reading = Reading()
        left = dict(foreign)
        for row in (*self.of("*", direction), *self.of(stage, direction)):
            text = row.taken(foreign) if row.whole else foreign.get(row.foreign)
            left.pop(row.foreign, None)
            if row.second:
                continue
            value: Any = row.read(text) if text else ""
            if row.unified.startswith("@"):
                reading.about[row.unified] = value
                continue
            if text:
                place(reading.fields, row.unified, value)
            unit = row.form.unit
            if unit and (text or row.form.unit_always) and reach(reading.fields, unit) is None:
                place(reading.fields, unit, row.form.unit_value)
        known = self._names(stage)
        reading.ext.update(
            {name: text for name, text in left.items() if text and name.isascii() and name not in known}
        )
        return reading

    def lists_abroad(self, stage: str, direction: str, fields: Mapping[str, Any]) -> dict[str, list[Any]]:
        """Foreign items of every list: texts, or objects of texts without the absent ones."""
        made: dict[str, list[Any]] = {}
        findings: list[Finding] = []
        for (unified, foreign), rows in self.lists(stage, direction).items():
            values = reach(fields, unified)
            made[foreign] = [
                item_abroad(rows, value, findings) for value in (values if isinstance(values, list) else ())
            ]
        refuse(findings)
        return made

    def lists_home(self, stage: str, direction: str, foreign: Mapping[str, list[Any]]) -> dict[str, Any]:
        """Unified lists of what was read: texts, or mappings of texts, under the foreign list names."""
        fields: dict[str, Any] = {}
        for (unified, name), rows in self.lists(stage, direction).items():
            items = [item_home(rows, item) for item in foreign.get(name, [])]
            place(fields, unified, [item for item in items if item])
        return fields

    def foreign_name(self, stage: str, at: str) -> str:
        """Foreign name of the field a finding points at (`/body/fields/X`), else ""."""
        name = at.rpartition("/")[2].replace("~1", "/").replace("~0", "~")
        rows = (*self.of(stage, "in"), *self.of(stage, "request"))
        return next((row.foreign for row in rows if name and row.unified == name), "")


def table(package: str, name: str) -> list[dict[str, str]]:
    """Rows of a CSV file in the folder of a package."""
    text = files(package).joinpath(name).read_text("utf-8")
    return list(csv.DictReader(StringIO(text)))
