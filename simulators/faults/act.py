"""What the shell is to do with one call: the faults describe, the shell sleeps, cuts and answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from simulators.wire import Reply, Request

Rewrite = Callable[[Reply, Request], Reply]


@dataclass(frozen=True, slots=True)
class Act:
    """`effect` False means the system never sees the call; `cut` closes the connection unanswered.

    `cut_after` bytes of the answer still go out first (a truncated transfer).
    """

    before: float = 0.0
    effect: bool = True
    moods: frozenset[str] = frozenset()
    after: float = 0.0
    rewrite: Rewrite | None = None
    cut: bool = False
    cut_after: int = 0
    twice: bool = False  # the system processes the call twice (its own retry queue did)


AS_USUAL = Act()
