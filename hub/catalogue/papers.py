"""The papers of one dialect as values: translation table, code maps, expected answers, transcripts.

Tests, the demo's check of effects and the simulators' tests read these. Adapters and simulators
are written from the same files by hand, so nothing here may become their shared translation:
`expected_foreign` answers what the receiver's record must hold, for a judge.
"""

from __future__ import annotations

import csv
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from hub.catalogue.forms import abroad, row_key
from hub.catalogue.model import CatalogueError

ROOT = Path(__file__).parent / "data" / "dialects"


class PapersError(CatalogueError):
    """The papers contradict themselves; the text names file and row."""

    code = "catalogue.papers"


@dataclass(frozen=True, slots=True)
class FieldRow:
    """One row of `fields.csv`: a foreign name, its form, and the standard field it stands for."""

    message: str
    stage: str
    direction: str
    foreign: str
    foreign_type: str
    form: str
    required: bool
    standard: str
    zh: str


@dataclass(frozen=True, slots=True)
class Expectation:
    """One row of `expected.csv`: what is seen on the wire and what it means."""

    face: str
    situation: str
    fault: str
    wire_status: str
    wire: str
    kind: str
    code: str
    blame: str
    retriable: bool
    zh: str


@dataclass(frozen=True, slots=True)
class Papers:
    """Everything a dialect's folder says, loaded once."""

    dialect: str
    root: Path
    facts: Mapping[str, Any]
    fields: tuple[FieldRow, ...]
    codes: Mapping[str, Mapping[str, str]]
    expected: tuple[Expectation, ...]

    @classmethod
    def load(cls, dialect: str) -> Papers:
        """Read and cross-check one folder; raises PapersError naming file and row."""
        return _load(dialect)

    def stages(self) -> tuple[str, ...]:
        """Stages and services this dialect carries, in table order."""
        return tuple(dict.fromkeys(row.stage for row in self.fields if row.stage != "*"))

    def rows(self, stage: str, direction: str = "out") -> tuple[FieldRow, ...]:
        """Rows of one stage that hold in one direction (`both` holds in out and in)."""
        also = {"out": "both", "in": "both"}.get(direction, direction)
        return tuple(r for r in self.fields if r.stage == stage and r.direction in (direction, also))

    def expected_foreign(self, stage: str, fields: Mapping[str, Any], system: str = "") -> dict[str, str]:
        """Foreign name -> value as text that the receiver must hold for this unified record.

        Only fields present in `fields` (non-empty) and carried by the dialect appear; the native
        dialect, whose table is one identity row, answers every field unchanged. `system`: where the
        papers give one receiver other forms than the rest (`times` in its table), it has those.
        """
        forms = self._forms_of(system)
        record = {name: str(value) for name, value in fields.items() if value not in (None, "")}
        rows = self.rows(stage)
        if any(row.foreign == "*" for row in self.fields if row.stage == "*"):
            return dict(record)
        if not rows:
            raise KeyError(f"{self.dialect} carries no stage {stage}")
        return {
            row.foreign: abroad(forms.get(row.form, row.form), record[row.standard], record, self.codes)
            for row in rows
            if row.standard in record
        }

    def _forms_of(self, system: str) -> Mapping[str, str]:
        """Form of the table -> form at this system, for those that differ."""
        peculiar = self.facts.get("systems", {}).get(system, {})
        forms: Mapping[str, str] = self.facts.get("times", {}).get(peculiar.get("times", ""), {})
        return forms

    def row_key(self, sender: str, stage: str, key: str) -> str:
        """The idempotency key of a record under this dialect (see `hub.catalogue.forms.row_key`)."""
        return row_key(sender, stage, key, str(self.facts["key_shape"]))

    def golden(self) -> list[dict[str, Any]]:
        """All golden transcript lines, each with its `file`."""
        lines: list[dict[str, Any]] = []
        for path in sorted((self.root / "golden").glob("*.jsonl")):
            for text in path.read_text("utf-8").splitlines():
                lines.append({"file": path.name, **json.loads(text)})
        return lines


def _table(path: Path) -> list[dict[str, str]]:
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def _codes(path: Path) -> dict[str, dict[str, str]]:
    maps: dict[str, dict[str, str]] = {}
    for number, row in enumerate(_table(path), start=2):
        entries = maps.setdefault(row["map"], {})
        if row["standard"] in entries or row["foreign"] in entries.values():
            raise PapersError(f"{path.name} row {number}: {row['map']} is not one to one")
        entries[row["standard"]] = row["foreign"]
    return maps


def _fields(path: Path, codes: Mapping[str, Mapping[str, str]]) -> tuple[FieldRow, ...]:
    rows: list[FieldRow] = []
    seen: dict[tuple[str, str, str], int] = {}
    for number, raw in enumerate(_table(path), start=2):
        row = FieldRow(**{**raw, "required": raw["required"] == "yes"})  # type: ignore[arg-type]
        place = (row.stage, row.direction, row.foreign)
        if place in seen:
            raise PapersError(f"{path.name} row {number}: {row.foreign} already in row {seen[place]}")
        seen[place] = number
        kind, _, rest = row.form.partition(":")
        if kind == "code" and rest not in codes:
            raise PapersError(f"{path.name} row {number}: code map {rest!r} is not in codes.csv")
        rows.append(row)
    return tuple(rows)


@cache
def _load(dialect: str) -> Papers:
    root = ROOT / dialect
    if not (root / "dialect.toml").is_file():
        raise PapersError(f"{dialect}: no papers (dialect.toml missing)")
    codes = _codes(root / "codes.csv")
    expected = tuple(
        Expectation(**{**raw, "retriable": raw["retriable"] == "yes"})  # type: ignore[arg-type]
        for raw in _table(root / "expected.csv")
    )
    facts = tomllib.loads((root / "dialect.toml").read_text("utf-8"))
    return Papers(dialect, root, facts, _fields(root / "fields.csv", codes), codes, expected)
