"""When to try again: the published schedule, spread by chance so that receivers are not met by a herd."""

from __future__ import annotations

from collections.abc import Sequence

SPREAD = 0.2


def wait(schedule: Sequence[float], tries: int, chance: float) -> float | None:
    """Seconds before the next attempt after `tries` attempts; None when the schedule is used up.

    `chance` in [0, 1) spreads the wait by a fifth upwards, never below the published value.
    """
    if tries > len(schedule):
        return None
    return schedule[tries - 1] * (1.0 + SPREAD * chance)
