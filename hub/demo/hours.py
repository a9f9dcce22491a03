"""Systems with hours of their own: packages once a day, answers next morning, databases shut at night.

The clock of the simulators is set to a working morning until they have done what waits for them, and back.
Everybody else must have nothing under way meanwhile: a signature of now would be days old to them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, time, timedelta

from hub.catalogue import load as load_catalogue
from hub.catalogue.papers import Papers
from hub.demo.steering import Steering
from hub.message import CST, wall

MORNING = time(9, 40)
Window = Sequence[str]


def away(now: datetime) -> frozenset[str]:
    """Systems that do nothing now, by their papers: before their hour, behind a gate, shut for the night."""
    found = set()
    for dialect in load_catalogue().with_papers():
        facts = Papers.load(dialect).facts
        for system, own in facts.get("systems", {}).items():
            shut = _within(own.get("closed"), now) or _within(facts.get("night_batch"), now)
            if own.get("daily_at") or own.get("one_way_gate") or shut:
                found.add(system)
    return frozenset(found)


def _within(window: Window | None, now: datetime) -> bool:
    """Is it between these two times of the day (over midnight, if the second is the earlier one)?"""
    if not window:
        return False
    clock = now.astimezone(CST).time()
    first, last = (time.fromisoformat(text) for text in window)
    return first <= clock < last if first < last else clock >= first or clock < last


def next_morning(now: datetime) -> datetime:
    """The second working morning from now: whatever waits for tonight or tomorrow has happened by then."""
    at, days = datetime.combine(now.astimezone(CST), MORNING, CST), 0
    while days < 2:
        at += timedelta(days=1)
        days += at.weekday() < 5
    return at


@contextmanager
def next_working_day(sims: Steering) -> Iterator[None]:
    """It is that morning, for the simulators, inside."""
    sims.set_clock(wall(next_morning(datetime.now(CST))))
    try:
        yield
    finally:
        sims.set_clock("real")
