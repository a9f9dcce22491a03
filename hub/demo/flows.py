"""One tender of one trading system, followed from project fetch to contract."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from hub.demo.steering import Steering
from hub.errors import ReceiverError
from hub.message import Finding
from hub.standard import load as load_standard


def sealed_class(stage: str) -> bool:
    """Is the very existence of a record of this stage sealed until the opening (class P)?"""
    standard = load_standard()
    return stage in standard.by_id and "P" in standard.stage(stage).policy.classes


def title(stage: str) -> str:
    """The Chinese name of a stage or service, with its id."""
    standard = load_standard()
    known = standard.by_id.get(stage) or standard.services.get(stage)
    return f"{known.zh} {stage}" if known else stage


Say = Callable[[str, str], None]
PATIENCE = 600.0


@dataclass(slots=True)
class Tender:
    """What is asked of a trading system (`sender`, `seed`, `region`) and what it reports back."""

    sender: str
    name: str
    seed: int
    region: str
    ident: str = ""
    shown: int = 0
    veiled: bool = False
    opened: bool = False
    at_section: Callable[[dict[str, Any]], None] | None = None
    report: dict[str, Any] = field(default_factory=dict)

    def start(self, sims: Steering) -> None:
        self.ident = sims.start_tender(
            self.sender, seed=self.seed, region=self.region, pause_before="eng-bid-opening"
        )

    def follow(self, sims: Steering, say: Say) -> None:
        """Tell each new step until the driver pauses before the opening, is done, or has failed."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            self.report = sims.tender(self.sender, self.ident)
            self._tell_of_section()
            for step in self.report["steps"][self.shown :]:
                self._tell(step, say)
                self.shown += 1
            if self.report["state"] != "running" or self.report["waiting"]:
                return
            time.sleep(0.1)
        raise ReceiverError(f"{self.sender} 在 {PATIENCE:.0f} 秒内未完成", code="demo.timeout")

    def _tell_of_section(self) -> None:
        """Once, as soon as the section is registered, to whoever has something to do about it."""
        known = [message["fields"] for message in self.sent if message["stage"] == "eng-section"]
        if known and self.at_section is not None:
            self.at_section(known[0])
            self.at_section = None

    def _tell(self, step: dict[str, Any], say: Say) -> None:
        """One line a step; what happens between notice and opening is one line for all of it.

        A line per bidder would tell a bystander how many there are.
        """
        stage = step["name"].split()[0]
        if step["ok"] and not self.opened and (stage == "credit.query" or sealed_class(stage)):
            if not self.veiled:
                say(self.sender, "✓ 报名、缴费、递交(开标前不显示内容与数量)")
            self.veiled = True
            return
        self.opened = self.opened or stage == "eng-bid-opening"
        say(self.sender, f"{'✓' if step['ok'] else '✗'} {title(stage)} {step.get('detail', '')}".rstrip())

    @property
    def sent(self) -> list[dict[str, Any]]:
        return [message for message in self.report.get("sent", []) if message.get("hubId")]

    @property
    def ok(self) -> bool:
        return self.report.get("state") == "done" and all(step["ok"] for step in self.report["steps"])

    def findings(self) -> list[Finding]:
        bad = [step for step in self.report.get("steps", []) if not step["ok"]]
        found = [
            Finding("flow.step", f"{self.sender}/{s['name']}", "成功", str(s.get("detail", ""))) for s in bad
        ]
        if self.report.get("state") != "done":
            found.append(Finding("flow.unfinished", self.sender, "done", str(self.report.get("state"))))
        return found
