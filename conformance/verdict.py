"""How a case ends, and the three ways to end it early.

`assume` guards what a case needs before it can test anything (SKIP), `expect` is the clause itself
(FAIL). Anything else that escapes is an ERROR, and says whose: a system that cannot be reached is
not a bug of the suite, and a bug of the suite is never charged to the vendor.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from conformance.difference import as_bytes, first_difference, readable


class Verdict(StrEnum):
    """`na`: the plan's scope or profile does not ask this case; named as such, never counted as passed."""

    PASS = "pass"  # noqa: S105 - a verdict, no password
    FAIL = "fail"
    SKIP = "skip"
    ERROR = "error"
    NA = "not-applicable"


class Blame(StrEnum):
    """Whose ERROR it was."""

    SYSTEM = "system"
    SUITE = "suite"


@dataclass(frozen=True, slots=True)
class Text:
    """One sentence in the two languages of reports."""

    zh: str
    en: str

    def say(self, lang: str) -> str:
        return self.en if lang == "en" else self.zh


@dataclass(frozen=True, slots=True)
class Failure:
    """What was expected and what came, already readable; `difference` is empty where bytes say nothing."""

    reason: Text
    expected: str = ""
    observed: str = ""
    difference: str = ""


class Assumption(Exception):
    """What the case wanted to test was never reached."""

    def __init__(self, reason: Text) -> None:
        super().__init__(reason.zh)
        self.reason = reason


class Expectation(Exception):
    """The clause does not hold."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.reason.zh)
        self.failure = failure


class SystemUnreachable(Exception):
    """The examined system did not answer at all: its ERROR, not ours."""


def assume(holds: object, zh: str, en: str) -> None:
    """SKIP the case unless `holds`."""
    if not holds:
        raise Assumption(Text(zh, en))


def expect(holds: object, zh: str, en: str, *, expected: Any = "", observed: Any = "") -> None:
    """FAIL the case unless `holds`, quoting what was expected and what came."""
    if holds:
        return
    raise Expectation(Failure(Text(zh, en), readable(expected), readable(observed)))


def expect_same(observed: Any, expected: Any, zh: str, en: str) -> None:
    """FAIL the case unless both are byte for byte the same (values: their canonical JSON)."""
    left, right = as_bytes(expected), as_bytes(observed)
    if left == right:
        return
    failure = Failure(Text(zh, en), readable(expected), readable(observed), first_difference(left, right))
    raise Expectation(failure)
