"""The calendar's day of a moment, by the clock on the wall here (UTC+8); moments are microseconds."""

from __future__ import annotations

DAY, _CST = 86_400_000_000, 8 * 3_600_000_000


def day_of(at: int) -> int:
    """The number of the day it belongs to."""
    return (at + _CST) // DAY


def ends(day: int) -> int:
    """The moment at which it is over."""
    return (day + 1) * DAY - _CST
