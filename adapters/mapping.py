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

from adapters.forms import Form, UnmappedError, compile_form
from hub.errors import SenderError
from hub.message import Finding, pointer, shown

CLAUSE = "EX-MAP-01"
_ALSO = {"out": "both", "in": "both"}


@dataclass(frozen=True, slots=True)
class Row:
    """One row: a foreign place, how it is written there, and the unified field it stands for.

    `unified` beginning with `@` is not a field but a circumstance (`@key`, `@sentAt`); a dot in it
    goes down into an object of a service.
    """

    message: str
    stage: str
    direction: str
    foreign: str
    type: str
    unified: str
    required: bool
    form: Form


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
        self.rows = tuple(
            Row(
                row["message"],
                row["stage"],
                row["direction"],
                row["foreign"],
                row["type"],
                row["unified"],
                row["required"] == "yes",
                compile_form(row["form"], spelling),
            )
            for row in rows
        )
        self._tables: dict[tuple[str, str], tuple[Row, ...]] = {}

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
            found = tuple(row for row in self.rows if row.stage == stage and row.direction in wanted)
            self._tables[stage, direction] = found
        return found

    def abroad(
        self, stage: str, direction: str, fields: Mapping[str, Any], about: Mapping[str, str]
    ) -> list[tuple[Row, str | None]]:
        """Foreign texts in table order, None for what the record does not have.

        Envelope rows (stage `*`) come first. Raises SenderError with every finding when a value
        cannot be expressed, and `mapping.no-place` when the dialect carries no such stage.
        """
        rows = self.of(stage, direction)
        if not rows:
            known = ", ".join(sorted(self.messages))
            raise SenderError(
                f"{stage}: no place in this dialect ({known})",
                code="mapping.no-place",
                findings=(_finding("mapping.no-place", "/head/stage", known, stage),),
            )
        findings: list[Finding] = []
        values = [(row, _outward(row, fields, about, findings)) for row in (*self.of("*", direction), *rows)]
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
            text = left.pop(row.foreign, None)
            value = row.form.decode(text) if text else ""
            if row.unified.startswith("@"):
                reading.about[row.unified] = value
                continue
            if value:
                place(reading.fields, row.unified, value)
            if row.form.unit and (value or row.form.unit_always):
                reading.fields.setdefault(row.form.unit, row.form.unit_value)
        reading.ext.update({name: text for name, text in left.items() if text and name.isascii()})
        return reading

    def foreign_name(self, stage: str, at: str) -> str:
        """Foreign name of the field a finding points at (`/body/fields/X`), else ""."""
        name = at.rpartition("/")[2].replace("~1", "/").replace("~0", "~")
        rows = (*self.of(stage, "in"), *self.of(stage, "request"))
        return next((row.foreign for row in rows if name and row.unified == name), "")


def table(package: str, name: str) -> list[dict[str, str]]:
    """Rows of a CSV file in the folder of a package."""
    text = files(package).joinpath(name).read_text("utf-8")
    return list(csv.DictReader(StringIO(text)))


def refuse(findings: list[Finding]) -> None:
    """Raise what `findings` hold against sending; nothing when there are none."""
    if findings:
        raise SenderError(
            "; ".join(f"{finding.at} {finding.code}" for finding in findings),
            code=findings[0].code,
            findings=tuple(findings),
        )


def text_of(value: object) -> str:
    """A unified value as text: numbers in decimal digits, truth as true/false, nothing as ""."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else str(value)


def reach(fields: Mapping[str, Any], path: str) -> object:
    """The value at a dotted path; None when any step of it is missing."""
    value: object = fields
    for name in path.split("."):
        if not isinstance(value, Mapping):
            return None
        value = value.get(name)
    return value


def place(fields: dict[str, Any], path: str, value: object) -> None:
    """Put a value at a dotted path, making the objects on the way."""
    *above, last = path.split(".")
    for name in above:
        fields = fields.setdefault(name, {})
    fields[last] = value


def _outward(
    row: Row, fields: Mapping[str, Any], about: Mapping[str, str], findings: list[Finding]
) -> str | None:
    known = about.get(row.unified) if row.unified.startswith("@") else reach(fields, row.unified)
    text = text_of(known)
    if not text:
        return None
    at = f"/body/fields/{pointer(row.unified)}"
    try:
        return row.form.encode(text, fields)
    except UnmappedError as error:
        findings.append(_finding("hub.code-unmapped", at, str(error), text))
    except ValueError as error:
        findings.append(_finding("mapping.value", at, str(error), text))
    return None


def _finding(code: str, at: str, expected: str, observed: str) -> Finding:
    return Finding(code, at, expected, shown(observed), "接收方的接口不能表达此值,请改正后重报", CLAUSE)
