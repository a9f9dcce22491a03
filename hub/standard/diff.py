"""Two standards compared row by row: what whoever has built against the first must do about the second.

Breaking is what makes a message that was right wrong, takes away what a reader relied on, or changes who
may know what when. What cannot be shown to be harmless (a pattern rewritten) counts as breaking: the cost
of a false alarm is a look at the page, of a missed one a refused tender notice.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from hub.standard.diff_rules import (
    BREAKING,
    COMPATIBLE,
    KEYS,
    WORDING,
    Rows,
    Table,
    Why,
    added,
    altered,
    removed,
)

ORDERED = {"fields.csv": ("stage", "name"), "service_fields.csv": ("owner", "part", "name")}


class NotAStandardError(Exception):
    """The directory holds no tables of a standard, or one that cannot be read."""


@dataclass(frozen=True, slots=True)
class Change:
    """One difference: where, what kind (added, removed, altered, moved), what it means and why."""

    file: str
    key: tuple[str, ...]
    kind: str
    column: str
    was: str
    now: str
    verdict: str
    zh: str
    en: str

    def public(self) -> dict[str, Any]:
        told = {name: getattr(self, name) for name in self.__slots__}
        return told | {"key": list(self.key)}


def tables(directory: Path) -> dict[str, Table]:
    """The files of a standard as rows by key; an older standard may lack files and columns."""
    if not (directory / "fields.csv").is_file() or not (directory / "stages.csv").is_file():
        raise NotAStandardError(f"{directory}: stages.csv or fields.csv is not there")
    found = {}
    for path in sorted(directory.glob("*.csv")):
        try:
            with path.open(encoding="utf-8", newline="") as file:
                found[path.name] = keyed(path.name, list(csv.DictReader(file, strict=True)))
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            raise NotAStandardError(f"{path}: {error}") from error
    return found


def compare(old: Mapping[str, Table], new: Mapping[str, Table]) -> list[Change]:
    """All differences, the breaking ones first, in each group file by file."""
    changes: list[Change] = []
    for file in sorted(set(old) | set(new)):
        changes += _file(file, Rows(old, new), old.get(file, {}), new.get(file, {}))
    order = (BREAKING, COMPATIBLE, WORDING)
    return sorted(changes, key=lambda change: order.index(change.verdict))


def summary(changes: list[Change]) -> dict[str, Any]:
    """The document of `diff --json`."""
    counts = {
        verdict: sum(c.verdict == verdict for c in changes) for verdict in (BREAKING, COMPATIBLE, WORDING)
    }
    return {
        "compatible": not counts[BREAKING],
        "counts": counts,
        "changes": [change.public() for change in changes],
    }


def keyed(file: str, rows: list[dict[str, str]]) -> Table:
    """The rows of one file by what tells them apart."""
    columns = KEYS.get(file)
    table: Table = {}
    for row in rows:
        plain = {name: cell or "" for name, cell in row.items() if isinstance(name, str)}
        names = columns or tuple(plain)[:1]
        key = tuple(plain.get(name, "") for name in names)
        while key in table:
            key = (*key, "+")
        table[key] = plain
    return table


def _file(file: str, rows: Rows, old: Table, new: Table) -> Iterator[Change]:
    for key in old:
        if key not in new:
            yield _change(file, key, "removed", removed(file, old[key], rows))
    for key, row in new.items():
        if key not in old:
            yield _change(file, key, "added", added(file, row, rows))
            continue
        for column, why in altered(file, old[key], row, rows):
            was, now = old[key].get(column, ""), row.get(column, "")
            yield _change(file, key, "altered", why, column, was, now)
    yield from _moved(file, old, new)


def _moved(file: str, old: Table, new: Table) -> Iterator[Change]:
    """Fields in another order: SOAP's sequence and the order of evidence follow it."""
    if file not in ORDERED:
        return
    kept = [key for key in new if key in old]
    before = {key: place for place, key in enumerate(old)}
    for first, second in pairwise(kept):
        if first[:-1] == second[:-1] and before[first] > before[second]:
            why = Why(BREAKING, "字段次序改变", "the order of fields changed")
            yield _change(
                file, second, "moved", why, "seq", old[second].get("seq", ""), new[second].get("seq", "")
            )


def _change(
    file: str, key: tuple[str, ...], kind: str, why: Why, column: str = "", was: str = "", now: str = ""
) -> Change:
    return Change(file, key, kind, column, was, now, why.verdict, why.zh, why.en)
