"""What checking a proof found: what was proved, what was not looked at, what is wrong."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Verdict:
    """`claims` are the sentences that were proved (zh); `open` are (code, zh) of what was not established
    and is not wrong; `faults` are (code, zh) of what is."""

    claims: list[str] = field(default_factory=list)
    open: list[tuple[str, str]] = field(default_factory=list)
    faults: list[tuple[str, str]] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return not self.faults

    def fault(self, code: str, zh: str) -> None:
        self.faults.append((code, zh))

    def ask(self, holds: bool, claim: str, code: str, zh: str) -> bool:
        """One clause: either the sentence it proves, or the fault."""
        if holds:
            self.claims.append(claim)
        else:
            self.fault(code, zh)
        return holds

    def as_dict(self) -> dict[str, Any]:
        def rows(found: list[tuple[str, str]]) -> list[dict[str, str]]:
            return [{"code": code, "zh": zh} for code, zh in found]

        return {
            "ok": self.ok,
            "claims": self.claims,
            "open": rows(self.open),
            "faults": rows(self.faults),
        }
