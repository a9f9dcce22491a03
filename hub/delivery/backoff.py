"""When to try again: the published schedule, spread by chance so that receivers are not met by a herd."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from email.utils import parsedate_to_datetime

SPREAD = 0.2
PATIENCE = 3600.0  # no receiver can ask to be left alone for longer than this


def wait(schedule: Sequence[float], tries: int, chance: float) -> float | None:
    """Seconds before the next attempt after `tries` attempts; None when the schedule is used up.

    `chance` in [0, 1) spreads the wait by a fifth upwards, never below the published value.
    """
    if tries > len(schedule):
        return None
    return schedule[tries - 1] * (1.0 + SPREAD * chance)


def asked_for(pause: float, stated: float) -> float:
    """The schedule's wait, or the receiver's own if that is longer: it knows when it will be back."""
    return max(pause, min(stated, PATIENCE))


def retry_after(headers: Mapping[str, str], now: datetime) -> float:
    """Seconds a receiver asks us to wait (RFC 9110, 10.2.3: a number or a date); 0 where it says nothing."""
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError, IndexError):
        return 0.0
    return max(0.0, (moment - now).total_seconds()) if moment.tzinfo is not None else 0.0
