"""Opens a lane for every receiver that has something coming, and wakes it when more does."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from hub.delivery.lane import Lane
from hub.journal.port import Reading
from hub.tracing.spans import Tracer

log = logging.getLogger(__name__)


class Dispatcher:
    """Lanes by receiver. `make` returns None for a receiver nobody can speak to (no such dialect)."""

    def __init__(self, make: Callable[[str], Lane | None], reading: Reading, tracer: Tracer) -> None:
        self._make = make
        self._reading = reading
        self._tracer = tracer
        self._lanes: dict[str, Lane] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._mute: set[str] = set()
        self._closing = False

    def start(self) -> None:
        """Take up everything that was waiting when the hub last stopped."""
        self.wake(frozenset(self._reading.index.receivers()))

    def wake(self, receivers: frozenset[str]) -> None:
        if self._closing:
            return
        for receiver in receivers:
            lane = self._lanes.get(receiver) or self._open(receiver)
            if lane is not None:
                lane.wake()

    def renew(self, change: Callable[[Lane], None]) -> None:
        """Every lane under other terms; whoever had nobody to speak for it may have somebody now."""
        for lane in self._lanes.values():
            change(lane)
        self._mute.clear()
        self.start()

    def avoided(self, now: float) -> frozenset[str]:
        """Receivers left alone for a while, as far as open messages tell."""
        return frozenset(name for name, lane in self._lanes.items() if lane.shown.state(now) == "open")

    async def close(self) -> None:
        self._closing = True
        await asyncio.gather(*(lane.close() for lane in self._lanes.values()))
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _open(self, receiver: str) -> Lane | None:
        lane = self._make(receiver)
        if lane is None:
            if receiver not in self._mute:
                self._mute.add(receiver)
                log.warning("no dialect for %s: its deliveries wait", receiver)
            return None
        lane.tracer = self._tracer
        self._lanes[receiver] = lane
        self._tasks.append(asyncio.get_running_loop().create_task(lane.run(), name=f"lane-{receiver}"))
        return lane
