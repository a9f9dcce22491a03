"""One thing that is wrong with a message, said so that its sender can mend it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Severity(StrEnum):
    """`error` refuses a message, `warning` travels with its receipt."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """What, where, what was expected, what came, what to do, and the clause that asks for it.

    `code` is stable English (`code.unknown`); `at` a JSON pointer into the envelope ("" is the
    whole); `observed` is already shortened and masked, so that it can be printed anywhere.
    """

    code: str
    at: str = ""
    expected: str = ""
    observed: str = ""
    advice: str = ""
    clause: str = ""
    severity: Severity = Severity.ERROR

    def public(self) -> dict[str, Any]:
        """The shape of contracts.md: `{code, at, severity, expected, observed, advice, clause}`."""
        return {
            "code": self.code,
            "at": self.at,
            "severity": self.severity.value,
            "expected": self.expected,
            "observed": self.observed,
            "advice": self.advice,
            "clause": self.clause,
        }


def refusing(findings: list[Finding]) -> list[Finding]:
    """Those findings that alone are enough to refuse a message."""
    return [finding for finding in findings if finding.severity is Severity.ERROR]


SHOWN = 80


def shown(value: object) -> str:
    """Quote an offending value short enough for a receipt and a log line."""
    text = repr(value) if not isinstance(value, str) else value
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…({len(text)})"
