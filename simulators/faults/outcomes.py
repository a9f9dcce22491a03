"""What each fault must look like to the hub: fault -> (blame, retriable, code, observed).

The judgement is the papers' own: the rows of a dialect's `expected.csv` that name the fault, and for faults
that every dialect knows (or that are only another way to a situation the papers have) the row of the kind
and code that `bearings.csv` says. An adapter must report exactly its row.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from hub.catalogue.papers import Expectation, Papers
from simulators.faults.plan import UnknownFaultError, known
from simulators.faults.table import faults

BEARINGS = Path(__file__).with_name("bearings.csv")


@dataclass(frozen=True, slots=True)
class Outcome:
    """One row of the fault table. `observed` is what is seen on the wire, `face` who sees it."""

    dialect: str
    fault: str
    face: str
    situation: str
    kind: str
    code: str
    blame: str
    retriable: bool
    observed: str

    def shown(self) -> dict[str, str | bool]:
        return {
            "dialect": self.dialect,
            "fault": self.fault,
            "face": self.face,
            "situation": self.situation,
            "kind": self.kind,
            "code": self.code,
            "blame": self.blame,
            "retriable": self.retriable,
            "observed": self.observed,
        }


@cache
def outcomes(dialect: str, fault: str) -> tuple[Outcome, ...]:
    """The rows of one fault in one dialect, the outward face first; empty when nobody has said."""
    rows = [row for row in Papers.load(dialect).expected if row.fault == fault]
    if not rows:
        borne = _bearings().get((fault, dialect)) or _bearings().get((fault, ""))
        status = faults()[fault].args.get("status", "") if fault in faults() else ""
        rows = _like(dialect, *borne, status) if borne else []
    rows.sort(key=lambda row: row.face != "out")
    return tuple(_outcome(dialect, fault, row) for row in rows)


def _like(dialect: str, kind: str, code: str, status: str) -> list[Expectation]:
    """The first row of that kind and code, one with the fault's own HTTP status before others."""
    rows = [row for row in Papers.load(dialect).expected if (row.kind, row.code) == (kind, code)]
    rows.sort(key=lambda row: (row.face != "out", status not in f"{row.situation} {row.wire_status}"))
    return rows[:1]


def _outcome(dialect: str, fault: str, row: Expectation) -> Outcome:
    seen = row.wire if row.wire_status in ("-", "") else f"{row.wire_status} {row.wire}"
    said = (row.face, row.situation, row.kind, row.code, row.blame, row.retriable)
    return Outcome(dialect, fault, *said, seen.strip(" -"))


@cache
def _bearings() -> dict[tuple[str, str], tuple[str, str]]:
    with BEARINGS.open(encoding="utf-8", newline="") as handle:
        return {(r["fault"], r["dialect"]): (r["kind"], r["code"]) for r in csv.DictReader(handle)}


def pairs(dialects: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Every fault that each dialect can have; `dialects` are name -> line."""
    for dialect, line in dialects.items():
        variants = Papers.load(dialect).facts.get("variants") or [""]
        for fault in faults():
            for variant in variants:
                try:
                    known(fault, dialect, str(variant), line)
                except UnknownFaultError:
                    continue
                yield dialect, fault
                break
