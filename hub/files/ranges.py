"""Which bytes are there: half-open ranges, pure."""

from __future__ import annotations

from collections.abc import Iterable

Range = tuple[int, int]


def merged(ranges: Iterable[Range]) -> list[Range]:
    """In order, touching ones joined; empty ones vanish."""
    found: list[Range] = []
    for start, stop in sorted(ranges):
        if start == stop:
            continue
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(stop, found[-1][1]))
        else:
            found.append((start, stop))
    return found


def missing(ranges: Iterable[Range], total: int) -> list[Range]:
    """What is still to come of `total` bytes."""
    gaps, at = [], 0
    for start, stop in merged(ranges):
        if at < start:
            gaps.append((at, start))
        at = stop
    return [*gaps, (at, total)] if at < total else gaps


def overlap(one: Range, others: Iterable[Range]) -> bool:
    return any(one[0] < stop and start < one[1] for start, stop in others)
