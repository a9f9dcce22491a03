"""The instants at which calls are meant to arrive, fixed before the run.

The plan does not wait for answers (an open model): a hub that stops for two seconds meets everybody
who came in those two seconds, as it would in life.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from loadtests.shapes.shape import Phase


def arrivals(phases: tuple[Phase, ...], spacing: str, rng: Random) -> Iterator[tuple[float, int]]:
    """(seconds since the start, number of the phase), in order."""
    begin = 0.0
    for number, phase in enumerate(phases):
        end = begin + phase.seconds
        if spacing == "even":
            count = round(phase.seconds * phase.rate)
            yield from ((begin + place / phase.rate, number) for place in range(count))
        else:
            due = begin + rng.expovariate(phase.rate)
            while due < end:
                yield due, number
                due += rng.expovariate(phase.rate)
        begin = end
