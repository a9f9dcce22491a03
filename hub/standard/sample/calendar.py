"""The calendar of a lawful tender, from one start day.

Tendering law and its regulation: documents for at least five days, at least twenty days from their
issue to the deadline, clarifications fifteen days before it, candidates published within three days
of the report and for three days at least, the contract within thirty days of the award letter.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta, timezone
from random import Random

CST = timezone(timedelta(hours=8))
FIRST_DAY = datetime(2026, 3, 2, 9, 0, tzinfo=CST)


@dataclass(frozen=True, slots=True)
class Times:
    """When the steps of the tender happen, in order of the names."""

    registered: datetime
    tender_created: datetime
    notice: datetime
    documents_end: datetime
    clarified: datetime
    planned_opening: datetime
    opening: datetime
    evaluated: datetime
    reported: datetime
    publicity_start: datetime
    publicity_end: datetime
    result: datetime
    letter: datetime
    contract: datetime
    finished: datetime
    archived: datetime


def plan(start: datetime, rng: Random, *, postponed: bool, duration: int) -> Times:
    """All steps, from the notice at `start`; a postponement moves the opening by five days."""
    planned = _at(start + timedelta(days=25 + rng.randrange(5)), 9, 30)
    opening = _at(planned + timedelta(days=5), 9, 30) if postponed else planned
    publicity = _at(opening + timedelta(days=1), 16, 0)
    ended = publicity + timedelta(days=4)
    letter = _at(ended + timedelta(days=1), 15, 0)
    contract = _at(letter + timedelta(days=8 + rng.randrange(18)), 10, 0)
    finished = _at(contract + timedelta(days=duration), 17, 0)
    return Times(
        registered=start - timedelta(days=30),
        tender_created=start - timedelta(days=7),
        notice=start,
        documents_end=_at(start + timedelta(days=8), 17, 0),
        clarified=start + timedelta(days=8),
        planned_opening=planned,
        opening=opening,
        evaluated=opening + timedelta(hours=6),
        reported=opening + timedelta(hours=7),
        publicity_start=publicity,
        publicity_end=ended,
        result=_at(ended + timedelta(days=1), 11, 0),
        letter=letter,
        contract=contract,
        finished=finished,
        archived=finished + timedelta(days=60),
    )


def _at(day: datetime, hour: int, minute: int) -> datetime:
    return datetime.combine(day.date(), time(hour, minute), tzinfo=CST)


def written(moment: datetime) -> str:
    """`YYYY-MM-DDTHH:MM:SS+08:00`."""
    return moment.astimezone(CST).isoformat(timespec="seconds")
