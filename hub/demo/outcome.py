"""What came of a demo: steps, counts and findings, gathered on the way; `hutong demo --json` prints it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hub.catalogue import load as load_catalogue
from hub.demo.proofs import Proofs
from hub.message import Finding


@dataclass(slots=True)
class Outcome:
    """`exercised`: the systems that had their turn."""

    started: float = field(default_factory=time.monotonic)
    flows: list[dict[str, Any]] = field(default_factory=list)
    messages: dict[str, int] = field(default_factory=lambda: {"accepted": 0, "rejected": 0, "duplicates": 0})
    deliveries: dict[str, int] = field(
        default_factory=lambda: {"total": 0, "delivered": 0, "retried": 0, "dead": 0}
    )
    systems: dict[str, int] = field(default_factory=lambda: {"simulated": 0, "exercised": 0})
    evidence: dict[str, int] = field(default_factory=lambda: {"records": 0, "verified": 0, "stamped": 0})
    findings: list[Finding] = field(default_factory=list)
    exercised: set[str] = field(default_factory=set)
    dialects: dict[str, list[str]] = field(default_factory=dict)

    def flow(self, name: str, steps: list[dict[str, Any]]) -> None:
        self.flows.append({"name": name, "ok": all(step["ok"] for step in steps), "steps": steps})

    def public(self) -> dict[str, Any]:
        self.systems["exercised"] = len(self.exercised)
        return {
            "ok": not self.findings and all(flow["ok"] for flow in self.flows),
            "seconds": round(time.monotonic() - self.started, 1),
            "flows": self.flows,
            "messages": self.messages,
            "deliveries": self.deliveries,
            "systems": self.systems,
            "dialects": self.dialects,
            "evidence": self.evidence,
            "findings": [finding.public() for finding in self.findings],
        }

    def count_deliveries(self, trace: Mapping[str, Any] | None) -> None:
        """Those of one message, as its sender sees them."""
        counts = self.deliveries
        for delivery in (trace or {"deliveries": []})["deliveries"]:
            if delivery["state"] == "sealed":
                continue  # planned, and silent until its gate
            counts["total"] += 1
            counts["delivered"] += delivery["state"] == "delivered"
            counts["dead"] += delivery["state"] == "dead"
            counts["retried"] += max(0, len(delivery["attempts"]) - 1)

    def count_proofs(self, proofs: Proofs, asked: int) -> None:
        evidence = self.evidence
        evidence["records"] += asked
        evidence["verified"] += proofs.held
        evidence["stamped"] += proofs.stamped
        self.findings += proofs.findings

    def weigh(self, *, every: bool) -> None:
        """Has every system had its turn; has every dialect?"""
        catalogue = load_catalogue()
        for dialect, systems in catalogue.by_dialect.items():
            self.dialects[dialect] = sorted(one.id for one in systems if one.id in self.exercised)
        silent = [dialect for dialect, exercised in self.dialects.items() if not exercised]
        self.findings += [
            Finding("dialect.not-exercised", dialect, "至少一个系统往来一次", "无") for dialect in silent
        ]
        known = {finding.at.split("/")[0] for finding in self.findings}
        self.findings += [
            Finding("system.not-exercised", one.id, "往来一次并见其自有数据", "无")
            for one in catalogue.systems
            if every and one.id not in self.exercised and one.id not in known
        ]
