"""What counts as caught: a FAIL of the named case, nowhere else; a crash is none."""

from __future__ import annotations

from conformance.case import Case
from conformance.driver import Outcome
from conformance.mutants import Mutant, judge
from conformance.suite import cases
from conformance.terminal import matrix
from conformance.verdict import Failure, Text, Verdict

NAMED, OTHER, THIRD = cases()[:3]
MUTANT = Mutant("broken", NAMED.id, frozenset({OTHER.id}), "")


def ended(case: Case, verdict: Verdict) -> Outcome:
    return Outcome(case, verdict, Failure(Text("", "")))


def test_the_named_case_must_fail() -> None:
    assert judge(MUTANT, [ended(NAMED, Verdict.FAIL), ended(OTHER, Verdict.FAIL)]).sound
    assert not judge(MUTANT, [ended(NAMED, Verdict.ERROR)]).killed
    assert not judge(MUTANT, [ended(NAMED, Verdict.SKIP), ended(OTHER, Verdict.FAIL)]).killed


def test_nothing_unforeseen_may_fail() -> None:
    kill = judge(MUTANT, [ended(NAMED, Verdict.FAIL), ended(THIRD, Verdict.FAIL)])
    assert kill.killed and not kill.sound and kill.unexpected == (THIRD.id,)
    assert judge(MUTANT, [ended(NAMED, Verdict.FAIL), ended(OTHER, Verdict.ERROR)]).unexpected == (OTHER.id,)
    drawn = matrix([kill], "en")
    assert "#" in drawn and "!" in drawn and "0 of 1" in drawn
