"""Exact percentiles of the samples themselves: no buckets, so p99 is never above the maximum.

Nearest rank (ceil(q/100 * n)): the answer is always a latency that somebody really had.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import ceil


def percentile(samples: Iterable[float], q: float) -> float:
    """The smallest sample that at least `q` per cent of all samples do not exceed; 0.0 of none."""
    return of_sorted(sorted(samples), q)


def of_sorted(ordered: Sequence[float], q: float) -> float:
    """The same of samples already in order."""
    if not 0 <= q <= 100:
        raise ValueError(f"percentile {q} is not within 0..100")
    if not ordered:
        return 0.0
    # round: 99.9 / 100 * 1000 must be 999, whatever binary fractions make of it
    rank = ceil(round(q / 100 * len(ordered), 9))
    return ordered[max(rank, 1) - 1]


def curve(ordered: Sequence[float]) -> list[tuple[float, float]]:
    """(percentile, sample) at points that grow closer towards 100, for the plot."""
    points = [
        0.0,
        10,
        20,
        30,
        40,
        50,
        60,
        70,
        75,
        80,
        85,
        90,
        92.5,
        95,
        97.5,
        99,
        99.5,
        99.9,
        99.95,
        99.99,
        100.0,
    ]
    return [(q, of_sorted(ordered, q)) for q in points] if ordered else []
