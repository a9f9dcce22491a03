"""Mechanism `cut`: the connection breaks before or after the effect, or in the middle of the answer."""

from __future__ import annotations

from simulators.faults.act import Act
from simulators.faults.table import Fault, number


def act(fault: Fault) -> Act:
    """`effect` yes/no; `bytes` of the answer that still arrive."""
    return Act(
        effect=fault.args.get("effect", "yes") == "yes", cut=True, cut_after=int(number(fault, "bytes"))
    )
