"""Mechanism `delay`: the effect is punctual, the answer is not (or both are late)."""

from __future__ import annotations

from simulators.faults.act import Act
from simulators.faults.table import Fault, number


def act(fault: Fault) -> Act:
    """`seconds` after the effect, `before` seconds ahead of it."""
    return Act(before=number(fault, "before"), after=number(fault, "seconds"))
