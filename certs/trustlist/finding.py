"""What is wrong with a trust list: what, where, what was expected, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from certs.verdict import Reason


@dataclass(frozen=True, slots=True)
class Finding:
    """`code` is a reason of `certs.reasons`; `at` a JSON pointer (RFC 6901)."""

    code: str
    at: str
    expected: str
    observed: str = ""
    advice: str = ""

    @property
    def reason(self) -> Reason:
        said = f"应为 {self.expected}" + (f",实为 {self.observed}" if self.observed else "")
        return Reason(self.code, self.at, f"{said}。{self.advice}" if self.advice else said)

    def as_dict(self) -> dict[str, Any]:
        return {"code": self.code, "at": self.at, "expected": self.expected, "observed": self.observed,
                "advice": self.advice, "zh": self.reason.zh, "en": self.reason.row.en}  # fmt: skip


def shown(value: object, most: int = 60) -> str:
    """A value in a finding: short, whatever was sent."""
    text = str(value)[: most + 1]
    return text if len(text) <= most else text[:most] + "…"
