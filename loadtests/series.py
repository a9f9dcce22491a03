"""The run second by second, for the plots."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from loadtests.ledger import NEVER_SENT, Planned, Result
from loadtests.percentile import of_sorted


@dataclass(frozen=True, slots=True)
class Second:
    """One second of the run for the plots; p95 in milliseconds of calls meant for that second."""

    at: int
    intended: int
    sent: int
    done: int
    p50: float
    p95: float


def series(pairs: list[tuple[Planned, Result]]) -> tuple[Second, ...]:
    """One row for each second, from the first to the last in which anything happened."""
    if not pairs:
        return ()
    intended = Counter(int(row.due) for row, _ in pairs)
    sent = Counter(int(result.sent) for _, result in pairs if result.error != NEVER_SENT)
    done = Counter(int(result.done) for _, result in pairs if result.status)
    spans: dict[int, list[float]] = {}
    for row, result in pairs:
        spans.setdefault(int(row.due), []).append((result.done - row.due) * 1000)
    last = max(max(counted, default=0) for counted in (intended, sent, done))
    rows = []
    for at in range(last + 1):
        ordered = sorted(spans.get(at, []))
        rows.append(
            Second(at, intended[at], sent[at], done[at], of_sorted(ordered, 50), of_sorted(ordered, 95))
        )
    return tuple(rows)
