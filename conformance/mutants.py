"""The suite's own test: every broken variant of T01 must fail at the case named for it, and only there.

A variant that merely crashes proves nothing, so a kill is a FAIL of the named case; an ERROR is none.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources import files

from conformance.driver import Outcome
from conformance.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Mutant:
    """One row of `mutants.csv`: the variant, the case named for it, and others that see the same mistake."""

    variant: str
    case: str
    also: frozenset[str]
    note: str


@dataclass(frozen=True, slots=True)
class Kill:
    """What became of one variant. `caught` are all cases that failed or broke."""

    mutant: Mutant
    caught: tuple[tuple[str, Verdict], ...]

    @property
    def killed(self) -> bool:
        return (self.mutant.case, Verdict.FAIL) in self.caught

    @property
    def unexpected(self) -> tuple[str, ...]:
        """Cases that failed although nobody foresaw it, or broke."""
        foreseen = self.mutant.also | {self.mutant.case}
        return tuple(name for name, v in self.caught if name not in foreseen or v is Verdict.ERROR)

    @property
    def sound(self) -> bool:
        return self.killed and not self.unexpected


def mutants() -> tuple[Mutant, ...]:
    """The table."""
    text = files("conformance").joinpath("mutants.csv").read_text("utf-8-sig")
    return tuple(
        Mutant(row["variant"], row["case"], frozenset(filter(None, row["also"].split(";"))), row["note"])
        for row in csv.DictReader(text.splitlines())
    )


def judge(mutant: Mutant, outcomes: Iterable[Outcome]) -> Kill:
    """What a run against the variant showed."""
    bad = (Verdict.FAIL, Verdict.ERROR)
    return Kill(mutant, tuple((o.case.id, o.verdict) for o in outcomes if o.verdict in bad))
