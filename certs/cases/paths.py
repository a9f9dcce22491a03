"""The same case along other paths: what may differ there and why (`paths.csv`), and how that is compared.

A path says `valid`, `note`, `invalid`, `indeterminate`, or refuses to say. What occurs must be explained, and
every pattern of a row, of cases and of paths, must occur: one that is no longer needed is a fault.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from importlib.resources import files

from certs.cases.table import NOTE, VALID, Row

REFUSED = "refused"
CARRIED, ANSWER, NOTED, VERDICT, SOF, REASONS = "carried", "answer", "note", "verdict", "sof", "reasons"
PARTS = (CARRIED, ANSWER, NOTED, VERDICT, SOF, REASONS)
SILENT = "-"  # the path says nothing of it


@dataclass(frozen=True, slots=True)
class Said:
    """What a path answered; None where it says nothing of it. Refusals have their code in `reasons`."""

    verdict: str
    sof: int | None = None
    reasons: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    case: Row
    path: str
    part: str
    expected: str
    said: str

    def __str__(self) -> str:
        return f"{self.path} {self.case.id}: {self.part} {self.expected or '∅'} -> {self.said or '∅'}"


@dataclass(frozen=True, slots=True)
class Explained:
    """A row: `cases` are patterns of ids or `@Operation`, the others patterns each."""

    cases: str
    paths: str
    part: str
    expected: str
    said: str
    zh: str
    en: str
    clause: str

    def explains(self, one: Difference) -> frozenset[str]:
        """The patterns of `cases` and `paths` that are about it; none where it is not explained."""
        paths = {pattern for pattern in self.paths.split() if fnmatchcase(one.path, pattern)}
        cases = {pattern for pattern in self.cases.split() if _meant(one.case, pattern)}
        words = fnmatchcase(one.expected, self.expected) and fnmatchcase(one.said, self.said)
        return (
            frozenset(paths | cases) if self.part == one.part and paths and cases and words else frozenset()
        )

    @property
    def patterns(self) -> frozenset[str]:
        return frozenset((*self.cases.split(), *self.paths.split()))


def _meant(case: Row, pattern: str) -> bool:
    if pattern.startswith("@"):
        return case.operation == pattern[1:]
    return fnmatchcase(case.id, pattern)


def differences(case: Row, path: str, said: Said | None) -> list[Difference]:
    """Each thing in which this answer is not the table's."""

    def one(part: str, expected: str, other: str) -> Difference:
        return Difference(case, path, part, expected, other)

    reasons = " ".join(sorted(case.reasons))
    if said is None:
        return [one(CARRIED, "yes", "no")]
    told = SILENT if said.reasons is None else " ".join(sorted(said.reasons))
    if said.verdict == REFUSED:
        return [one(ANSWER, case.verdict, told)]
    if (case.verdict in (VALID, NOTE)) != (said.verdict in (VALID, NOTE)):
        return [one(ANSWER, case.verdict, said.verdict)]
    if case.verdict == NOTE and said.verdict == VALID:
        return [one(NOTED, reasons, SILENT)]
    pairs = (
        (VERDICT, case.verdict, said.verdict),
        (SOF, str(case.sof), SILENT if said.sof is None else str(said.sof)),
        (REASONS, reasons, told),
    )
    return [one(*each) for each in pairs if each[1] != each[2]]


def read_explained(text: str | None = None) -> tuple[Explained, ...]:
    """Raises ValueError for a row that explains nothing or too much."""
    written = (files("certs.cases") / "paths.csv").read_text("utf-8") if text is None else text
    found = tuple(Explained(**line) for line in csv.DictReader(written.splitlines()))
    for row in found:
        if row.part not in PARTS or not (row.zh and row.en and row.clause and row.cases and row.paths):
            raise ValueError(f"{row}: no such part, or a cell is empty")
        if row.said in (VALID, NOTE, "*") and row.part == ANSWER and "*" in row.cases.split():
            raise ValueError(f"{row}: a yes is explained case by case")
    return found


def judged(
    answers: Mapping[tuple[str, str], tuple[Row, Said | None]], table: Iterable[Explained]
) -> tuple[list[str], list[str], dict[str, list[int]]]:
    """Differences nobody explains, patterns of rows that explain nothing, and for each path how many cases
    were asked, came out the same, came out otherwise as explained, and cannot be carried. `answers` by path
    and case."""
    rows = tuple(table)
    used: dict[Explained, set[str]] = {row: set() for row in rows}
    unexplained: list[str] = []
    counts: dict[str, list[int]] = {}
    for (path, _), (case, said) in answers.items():
        found = differences(case, path, said)
        for one in found:
            matching = {row: patterns for row in rows if (patterns := row.explains(one))}
            for row, patterns in matching.items():
                used[row] |= patterns
            if not matching:
                unexplained.append(str(one))
        count = counts.setdefault(path, [0, 0, 0, 0])
        if said is None:
            count[3] += 1
        else:
            count[0] += 1
            count[2 if found else 1] += 1
    idle = [
        f"{one.part} {one.expected} -> {one.said}: {' '.join(sorted(one.patterns - used[one]))}"
        for one in rows
        if one.patterns - used[one]
    ]
    return unexplained, idle, counts
