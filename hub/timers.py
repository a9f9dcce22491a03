"""What the hub does by the clock: seal and stamp, lift gates whose time has come, look at tables, tidy up."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

from hub.delivery.expiry import AT_ONCE, expire
from hub.faults import place
from hub.histogram import Histogram
from hub.index.tokens import hexed
from hub.journal.entry import Kind
from hub.parts import Parts

log = logging.getLogger(__name__)
TICK, MAINTAIN, TEND = 0.5, 2.0, 60.0
LATE = 3  # pulses that may fail to come before somebody should look


class Timers:
    """Every piece of work has a task of its own; one that fails is tried again at its next time."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._tasks: list[asyncio.Task[None]] = []
        self._pulses, self._pulsed = Histogram(), time.monotonic()

    def start(self) -> None:
        parts = self._parts
        self._every(lambda: parts.settings.head_interval, self.seal)
        self._every(lambda: parts.settings.head_pulse, self.pulse)
        self._every(lambda: TICK, self.stamp)
        self._every(lambda: TICK, self.tick)
        self._every(lambda: MAINTAIN, self.maintain)
        self._every(lambda: TICK, parts.polling.look)
        self._every(lambda: TEND, parts.files.tend)
        self._every(lambda: TEND, parts.ca.tend)
        self._every(lambda: TICK, parts.bids.tend)
        self._tasks.append(asyncio.get_running_loop().create_task(parts.files.resume()))
        self._tasks.append(asyncio.get_running_loop().create_task(parts.bids.openings.resume()))

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def gauges(self) -> dict[str, float]:
        """Commits as the pulse sees them, because the pulse follows no message."""
        late = time.monotonic() - self._pulsed > LATE * self._parts.settings.head_pulse
        return {**self._pulses.exposed("commit_seconds"), "head_pulse_overdue": float(late)}

    async def seal(self) -> None:
        await self._parts.notary.seal()

    async def pulse(self) -> None:
        began = time.monotonic()
        await self._parts.notary.seal(pulse=True)
        self._pulses.observe(time.monotonic() - began)
        self._pulsed = began

    async def stamp(self) -> None:
        await self._parts.notary.stamp(self._parts.settings)

    async def tick(self) -> None:
        """Gates whose time has come, and deliveries whose time is over."""
        due = list(self._parts.index.timers_due(self._parts.now(), 100))
        if due:
            gates = [hexed(gate) for gate in due]
            await self._parts.writer.do(
                lambda tx: tx.append(Kind.GATE, self._parts.now(), {"gates": gates, "cause": "time"}),
                own=True,
                long=True,
            )
        late = list(self._parts.index.expired(self._parts.now(), AT_ONCE))
        if late:
            await self._parts.writer.do(lambda tx: expire(tx, late, self._parts.now()), own=True)

    async def maintain(self) -> None:
        await asyncio.to_thread(self._parts.store.maintain)

    def _every(self, seconds: Callable[[], float], work: Callable[[], Awaitable[None]]) -> None:
        async def loop() -> None:
            while True:
                await asyncio.sleep(seconds())
                try:
                    await work()
                except Exception as error:
                    log.error("%s: %s", getattr(work, "__name__", "timer"), place(error))

        self._tasks.append(asyncio.get_running_loop().create_task(loop()))
