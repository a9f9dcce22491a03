"""CSV files to rows that remember where they stand, so that a contradiction can be named by file and row."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from hub.errors import SettingsError

COLUMNS: dict[str, tuple[str, ...]] = {
    "stages.csv": (
        "id", "zh", "en", "category", "category_zh", "natural_key", "fields", "attachments", "ext",
        "dataset", "fj_dataset", "fj_data_no", "provenance",
    ),
    "fields.csv": (
        "stage", "seq", "name", "zh", "type", "length", "fixed", "required", "digits", "decimals",
        "code_list", "multi", "format", "source", "seen",
    ),
    "code_lists.csv": ("id", "zh", "entries", "source", "note"),
    "codes.csv": ("list", "code", "zh", "en", "provenance"),
    "formats.csv": ("id", "pattern", "zh", "en", "provenance"),
    "rules.csv": (
        "id", "kind", "severity", "zh", "en", "expected_zh", "expected_en", "advice_zh", "advice_en",
        "clause", "provenance",
    ),
    "conditions.csv": ("rule", "stage", "when", "values", "requires", "provenance"),
    "field_policy.csv": (
        "stage", "field", "openness", "personal", "sealed_until", "secret", "on_chain", "mask", "basis",
        "provenance",
    ),
    "stage_policy.csv": (
        "stage", "class", "gate", "lifted_by", "before", "after", "publish", "provenance",
    ),
    "services.csv": (
        "name", "family", "family_zh", "zh", "en", "pattern", "body", "from", "to", "carries", "sealed",
        "idempotency", "timing", "provenance",
    ),
    "service_fields.csv": (
        "owner", "part", "seq", "name", "zh", "type", "length", "required", "digits", "decimals",
        "code_list", "enum", "format", "of", "ref", "item", "personal", "sealed", "note", "provenance",
    ),
    "control.csv": (
        "command", "part", "seq", "name", "zh", "en", "type", "length", "required", "provenance",
    ),
    "service_types.csv": ("name", "zh", "provenance"),
    "service_errors.csv": ("service", "code", "zh", "retriable", "provenance"),
    "exchange_rules.csv": (
        "id", "chapter", "zh", "en", "strength", "source", "provenance", "checked_by",
    ),
    "exchange_codes.csv": (
        "code", "status", "rules", "zh", "en", "remedy_zh", "remedy_en", "provenance",
    ),
    "receipt_states.csv": (
        "id", "kind", "zh", "en", "means_zh", "means_en", "sees_zh", "sees_en", "provenance",
    ),
    "receipt_transitions.csv": ("from", "to", "who", "zh", "en", "reasons", "provenance"),
}  # fmt: skip


class StandardDataError(SettingsError):
    """The tables contradict each other; `problems` names every place, `file:row: what`. Nothing starts."""

    code = "standard.data"

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


@dataclass(frozen=True, slots=True)
class Row:
    """One line of one file; `number` counts from 1 with the header, as editors do."""

    file: str
    number: int
    cells: dict[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells[column]

    def parts(self, column: str) -> tuple[str, ...]:
        """A cell that holds several values, parted by semicolons."""
        return tuple(part for part in self.cells[column].split(";") if part)

    def flag(self, column: str) -> bool:
        return self.cells[column] == "1"

    def number_or_none(self, column: str) -> int | None:
        return int(self.cells[column]) if self.cells[column] else None


class Problems(list[str]):
    """Everything that is wrong with the tables, collected before anything is raised."""

    def at(self, row: Row, what: str) -> None:
        self.append(f"{row.file}:{row.number}: {what}")

    def file(self, file: str, what: str) -> None:
        self.append(f"{file}: {what}")


def read(directory: Path, file: str, problems: Problems) -> list[Row]:
    """The rows of one file; what cannot be read is a problem and gives no rows."""
    columns = COLUMNS[file]
    try:
        raw = (directory / file).read_bytes()
    except OSError as error:
        problems.file(file, f"cannot be read ({error.strerror})")
        return []
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        problems.append(f"{file}:{raw[: error.start].count(10) + 1}: not UTF-8 (byte {error.start})")
        return []
    lines = csv.reader(io.StringIO(text), strict=True)
    rows: list[Row] = []
    try:
        header = next(lines, [])
        if tuple(header) != columns:
            problems.append(f"{file}:1: columns are {header}, expected {list(columns)}")
            return []
        for cells in lines:
            if len(cells) != len(columns):
                problems.append(f"{file}:{lines.line_num}: {len(cells)} cells, expected {len(columns)}")
                continue
            rows.append(Row(file, lines.line_num, dict(zip(columns, cells, strict=True))))
    except csv.Error as error:
        problems.append(f"{file}:{lines.line_num}: {error}")
    for row in rows:
        for column in ("provenance", "source"):
            if column in row.cells and not row.cells[column]:
                problems.at(row, f"{column} is empty")
    return rows
