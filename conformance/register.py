"""The register of requirements: every clause, examined or not, each with where it comes from.

The official text of the unified standard is not public, so each row says its provenance; swapping in
the official text is an edit of the table. A clause is either asked by a case or says why not.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from conformance.case import Case
from conformance.verdict import Text


@dataclass(frozen=True, slots=True)
class Requirement:
    """One clause. `reason` is set exactly where no case asks it."""

    id: str
    area: str
    strength: str
    profile: str
    clause: Text
    advice: Text
    source: str
    provenance: str
    reason: str

    def public(self, asked_by: Iterable[str]) -> dict[str, object]:
        """The row of a report."""
        return {
            "id": self.id,
            "area": self.area,
            "strength": self.strength,
            "clause": self.clause.zh,
            "clauseEn": self.clause.en,
            "source": self.source,
            "provenance": self.provenance,
            "cases": list(asked_by),
            "notTested": self.reason,
        }


def _rows(name: str) -> list[dict[str, str]]:
    text = files("conformance").joinpath(name).read_text("utf-8-sig")
    return list(csv.DictReader(text.splitlines()))


@cache
def areas() -> Mapping[str, Text]:
    """C01 to C23 by their names (interconnection.md, section 4)."""
    return {row["id"]: Text(row["zh"], row["en"]) for row in _rows("areas.csv")}


@cache
def requirements() -> Mapping[str, Requirement]:
    """All clauses by id, in the order of the table."""
    return {
        row["id"]: Requirement(
            row["id"],
            row["area"],
            row["strength"],
            row["profile"],
            Text(row["clause_zh"], row["clause_en"]),
            Text(row["advice_zh"], row["advice_en"]),
            row["source"],
            row["provenance"],
            row["not_tested"],
        )
        for row in _rows("requirements.csv")
    }


def asked_by(cases: Iterable[Case]) -> dict[str, list[str]]:
    """Requirement -> ids of the cases that ask it."""
    found: dict[str, list[str]] = {}
    for case in cases:
        found.setdefault(case.requirement, []).append(case.id)
    return found


def contradictions(register: Mapping[str, Requirement], cases: Iterable[Case]) -> list[str]:
    """What keeps register and cases from fitting together; empty when they do."""
    every = tuple(cases)
    asked = asked_by(every)
    wrong = [
        f"{name}: asked by {ids[0]} but not in the register"
        for name, ids in asked.items()
        if name not in register
    ]
    for name, row in register.items():
        if name not in asked and not row.reason:
            wrong.append(f"{name}: no case asks it and no reason says why not")
        if name in asked and row.reason:
            wrong.append(f"{name}: asked by {asked[name][0]} yet said to be untested")
        if row.area not in areas():
            wrong.append(f"{name}: no area {row.area}")
    for case in every:
        row_of = register.get(case.requirement)
        if row_of is not None and (row_of.strength, row_of.profile) != (case.level.value, case.profile.value):
            wrong.append(
                f"{case.id}: {case.level}/{case.profile} but its clause is {row_of.strength}/{row_of.profile}"
            )
    return wrong
