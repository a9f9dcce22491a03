"""The generator watched while it works: is it late, is it out of breath, did the clock jump.

A generator that cannot keep its own plan measures itself; such a run must not pass for one.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from loadtests.percentile import percentile

BEAT = 0.02


@dataclass(slots=True)
class Gauge:
    """`beat` runs on the users' own loop: whatever keeps it from waking keeps them from sending."""

    late: list[float] = field(default_factory=list)  # seconds a wake-up came late
    cpu: list[float] = field(default_factory=list)  # share of one core, second by second
    drift: list[float] = field(default_factory=list)  # wall clock against the steady one
    ended: bool = False

    def run(self, sleep: Callable[[float], Any]) -> None:
        """Beat until `ended`."""
        wall0, steady0 = time.time(), time.perf_counter()
        mark, used = steady0, time.process_time()
        while not self.ended:
            before = time.perf_counter()
            sleep(BEAT)
            now = time.perf_counter()
            self.late.append(max(0.0, now - before - BEAT))
            if now - mark >= 1.0:
                spent = time.process_time()
                self.cpu.append((spent - used) / (now - mark))
                self.drift.append((time.time() - wall0) - (now - steady0))
                mark, used = now, spent

    def summary(self) -> dict[str, float]:
        """`cpu` is the mean over the window, `cpu_peak` its worst second."""
        return {
            "lag_p50_ms": percentile(self.late, 50) * 1000,
            "lag_p99_ms": percentile(self.late, 99) * 1000,
            "lag_max_ms": max(self.late, default=0.0) * 1000,
            "cpu": sum(self.cpu) / len(self.cpu) if self.cpu else 0.0,
            "cpu_peak": max(self.cpu, default=0.0),
            "clock_drift_s": max(self.drift, key=abs, default=0.0),
            "beats": float(len(self.late)),
        }
