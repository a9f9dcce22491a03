"""Waiting until nothing is on its way; the simulators' clock is moved when only the hour is missing."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hub.client import HubClient
from hub.demo.flows import Say
from hub.demo.hours import away, next_working_day
from hub.demo.steering import Steering
from hub.message import CST, Finding

QUIET_WITHIN = 60.0
STRIKING = 1.0


@dataclass(frozen=True, slots=True)
class Quiet:
    """Of the systems that are up; what does not arrive in time is a finding."""

    centre: HubClient
    sims: Steering
    simulated: Collection[str]
    say: Say
    findings: list[Finding]

    def wait(self, ripe: Callable[[], bool] = lambda: True) -> None:
        """Until nothing waits for delivery; what is sealed does not show and is not waited for.

        When only systems that do nothing at this hour are left, or not all is `ripe`, their hours strike.
        """
        until = time.monotonic() + QUIET_WITHIN
        if not self._quiet(until, away(datetime.now(CST))) or (ripe() and not self.waiting()):
            return
        self.say("clock", "模拟系统的时钟拨到下一工作日上午:按点处理的系统此时收发")
        with next_working_day(self.sims):
            while time.monotonic() < until and ((left := self.waiting()) or not ripe()):
                time.sleep(STRIKING)
                if left:
                    self.centre.retry([row["id"] for row in left])
        self._quiet(time.monotonic() + 1.0, frozenset())

    def _quiet(self, until: float, but: frozenset[str]) -> bool:
        """Has all arrived except what goes to these? A finding when the time is over."""
        waiting: list[dict[str, Any]] = []
        while True:
            waiting = [row for row in self.waiting() if row["receiver"] not in but]
            if not waiting:
                return True
            if time.monotonic() > until:
                break
            time.sleep(0.1)
        shown = json.dumps(waiting[:3], ensure_ascii=False)[:300]
        self.findings.append(Finding("delivery.waiting", "outbox", "全部送达", shown))
        return False

    def waiting(self) -> list[dict[str, Any]]:
        """Deliveries on their way to systems that are up; the others wait until somebody starts theirs."""
        return [row for row in self.centre.outbox("waiting") if row["receiver"] in self.simulated]
