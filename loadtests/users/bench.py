"""What all users of one worker share: the queue of planned calls, the clock's zero, the results file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from time import perf_counter
from typing import IO, Any

from hub.message import Key
from loadtests.ledger import NEVER_SENT, Planned, Result, line
from loadtests.outcome import ACCEPTED, good


@dataclass(slots=True)
class Bench:
    """Mutable on purpose: one per worker process, one loop, no threads."""

    queue: Any  # gevent.queue.Queue[Planned | None]
    key: Key
    t0: float
    give_up: float  # calls not taken by then are never sent
    run: str
    file: IO[str]
    acknowledged: set[int] = field(default_factory=set)
    taken_out: int = 0
    recorded: int = 0
    failed: int = 0
    never_sent: int = 0
    left: int = 0
    nonces: int = 0

    def nonce(self) -> str:
        self.nonces += 1
        return f"{self.run}{self.nonces:010d}"

    def good(self, row: Planned, result: Result) -> bool:
        return good(row, result, about_acknowledged=row.about in self.acknowledged)

    def record(self, result: Result, *, good: bool) -> None:
        """One line at once: what a crash leaves behind must be true as far as it goes."""
        self.file.write(line(result))
        self.recorded += 1
        if result.error == NEVER_SENT:
            self.never_sent += 1
        if result.status in ACCEPTED and result.hub_id:
            self.acknowledged.add(result.n)
        self.failed += not good

    def leave(self) -> None:
        self.left += 1

    def feed(self, rows: Iterator[Planned]) -> None:
        """Hand the plan to the users, then the end mark."""
        for row in rows:
            self.taken_out += 1
            self.queue.put(row)
        self.queue.put(None)

    def now(self) -> float:
        return perf_counter() - self.t0
