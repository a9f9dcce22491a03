"""Mechanism `mood`: the dialect itself behaves oddly, because the oddity is part of its own language."""

from __future__ import annotations

from simulators.faults.act import Act
from simulators.faults.table import Fault, number


def act(fault: Fault) -> Act:
    """The fault's name is set on the desk while the call is answered.

    `way` says which of its kinds, `seconds` keeps the answer back.
    """
    way, after = fault.args.get("way", ""), number(fault, "seconds")
    names = {fault.name, f"{fault.name}:{way}"} if way else {fault.name}
    return Act(moods=frozenset(names), after=after)


def twice(_fault: Fault) -> Act:
    """Mechanism `twice`: an inner retry queue of the system runs the call a second time."""
    return Act(twice=True)
