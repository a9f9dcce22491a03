"""Mechanism `place`: tables or folders of the system are locked, shut, full or read-only to others."""

from __future__ import annotations

from simulators.faults.act import AS_USUAL, Act
from simulators.faults.table import Fault


def act(_fault: Fault) -> Act:
    """`way=locked|shut|full|read-only`, `seconds` (none: until lifted). It stands: no single call has it."""
    return AS_USUAL
