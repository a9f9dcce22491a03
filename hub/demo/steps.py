"""What a flow has shown so far: a line for whoever watches, a step for the summary."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from hub.demo.flows import Say
from hub.message import Finding


@dataclass(slots=True)
class Steps:
    """`ok` of a step is what was read back; nobody says it of himself."""

    flow: str
    say: Say
    rows: list[dict[str, Any]] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    def step(self, who: str, name: str, ok: bool, detail: str = "", *, wanted: str = "成功") -> bool:
        self.say(who, f"{'✓' if ok else '✗'} {name}{':' if detail else ''}{detail}")
        self.rows.append({"name": f"{who} {name}", "ok": ok, "detail": detail})
        if not ok:
            self.findings.append(Finding("flow.step", f"{self.flow}/{who} {name}", wanted, detail[:300]))
        return ok
