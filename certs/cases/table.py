"""The table of cases (`cases.csv`), and what one case hands over: files and a question, nothing else."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any

VALID, NOTE, INVALID, INDETERMINATE = "valid", "note", "invalid", "indeterminate"
VERDICTS = (VALID, NOTE, INVALID, INDETERMINATE)
NOW, DIALOGUE = "now", "dialogue"


@dataclass(frozen=True, slots=True)
class Row:
    """`object` is a thing of the world, `defect` what is wrong with it. `reasons` are codes of reasons, or
    names of quirks where the verdict is `note`. `state` is `dialogue` where no files can ask the question: a
    ticket is shown, scanned and used, and the reasons are answer codes of a platform."""

    id: str
    chapter: str
    operation: str
    object: str
    defect: str
    verdict: str
    sof: int
    reasons: frozenset[str]
    state: str
    clause: str
    zh: str
    en: str

    @property
    def expected(self) -> dict[str, Any]:
        """What a system under examination has to answer."""
        return {"verdict": self.verdict, "sof": self.sof, "reasons": sorted(self.reasons)}


@dataclass(frozen=True, slots=True)
class Case:
    """Everything an answer may rest on: octets by name, and the question."""

    row: Row
    files: Mapping[str, bytes] = field(repr=False)
    asked: Mapping[str, Any]


def text() -> str:
    """The table as it stands in the package."""
    return (files("certs.testpki") / "cases.csv").read_text(encoding="utf-8")


def rows(written: str) -> dict[str, Row]:
    """By id; raises ValueError for a row that says what cannot be."""
    out: dict[str, Row] = {}
    for line in csv.DictReader(written.splitlines()):
        codes = frozenset(line["reasons"].split())
        made = Row(**{**line, "sof": int(line["sof"]), "reasons": codes})  # type: ignore[arg-type]
        if made.id in out or made.verdict not in VERDICTS or made.state not in (NOW, DIALOGUE):
            raise ValueError(f"{made.id}: twice, or a verdict or state that is none")
        out[made.id] = made
    return out


CASES = rows(text())
