"""The bad habits of a platform, and the day on which it drops each: the plot of the story, as a table."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random


@dataclass(frozen=True, slots=True)
class Habit:
    """A chance that falls step by step: from each day on it is the stated chance."""

    steps: tuple[tuple[date, float], ...]

    def chance(self, day: date) -> float:
        """The chance on a day; the first step holds for all days before."""
        found = self.steps[0][1]
        for begun, chance in self.steps:
            if begun <= day:
                found = chance
        return found

    def strikes(self, day: date, rng: Random) -> bool:
        return rng.random() < self.chance(day)


@dataclass(frozen=True, slots=True)
class Practice:
    """How one platform reports: `omits` by stage and deal, `leaves` by optional field, the rest by record."""

    omits: Habit
    batches: Habit
    blanks: Habit
    leaves: Habit
    miscodes: Habit
    contradicts: Habit
    mends: Habit
    backfill: date
    slowest: int


HABITS = ("omits", "batches", "blanks", "leaves", "miscodes", "contradicts", "mends")


def practice(first: date, place: int, never: frozenset[str] = frozenset()) -> Practice:
    """The practice of the platform at that place: the same steps, each platform a day after the last.

    `never` names habits that are not mended at all: what a test takes away to see what they were good for.
    """

    def habit(name: str, start: int, *chances: float, every: int = 5) -> Habit:
        steps = [(date.min, chances[0])]
        for number, chance in enumerate(() if name in never else chances[1:]):
            steps.append((first + timedelta(days=start + place + every * number), chance))
        return Habit(tuple(steps))

    return Practice(
        omits=habit("omits", 1, 0.25, 0.06, 0.02),
        batches=habit("batches", 1, 0.58, 0.26, 0.08, 0.03),
        blanks=habit("blanks", 4, 0.30, 0.12, 0.04, 0.02),
        leaves=habit("leaves", 6, 0.60, 0.30, 0.08),
        miscodes=habit("miscodes", 7, 0.26, 0.12, 0.05, 0.03),
        contradicts=habit("contradicts", 8, 0.30, 0.12, 0.05, 0.04),
        mends=habit("mends", 1, 0.34, 0.70, 0.93, 0.98),
        backfill=date.max if "omits" in never else first + timedelta(days=3 + 2 * place),
        slowest=14,
    )
