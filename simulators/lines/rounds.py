"""The line of a system with tables or folders: it comes by, takes what waits, answers, goes again.

A look at whether anything changed costs microseconds and happens every `PACE` seconds of real time; a
round is
made when something did, when the side's own hour has struck on the (movable) clock, and when somebody
wakes it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Hashable
from datetime import datetime
from typing import Any, cast

from simulators.lines.place import Place
from simulators.listening import Address, Arrival, Files, FilesSaid, Refused, Rows, RowsSaid, Step, Working
from simulators.serving import Clock, serve
from simulators.system import System

PACE = 0.1
_log = logging.getLogger(__name__)


class RoundsLine:
    """`tables` and `files` are made and closed by whoever makes the line; a server before them is its
    matter too."""

    def __init__(
        self,
        address: Address,
        clock: Clock,
        tables: Place[Rows, RowsSaid] | None = None,
        files: Place[Files, FilesSaid] | None = None,
        pace: float = PACE,
    ) -> None:
        self.address = address
        self._clock, self._pace = clock, pace
        self._tables, self._files = tables, files
        self._woken = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._system: System | None = None
        self._due: datetime | None = None
        self._busy = asyncio.Lock()
        self._marks: list[Hashable] = []

    @property
    def _places(self) -> list[Place[Any, Any]]:
        return [place for place in (self._tables, self._files) if place is not None]

    async def start(self, system: System, _host: str) -> Address:
        self._system = system
        system.faults.ways = frozenset().union(*(place.can for place in self._places))
        self._task = asyncio.create_task(self._run(system), name=f"rounds of {system.desk.id}")
        return self.address

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    def wake(self) -> None:
        self._woken.set()

    async def _run(self, system: System) -> None:
        """Until it is stopped; a round that fails by a mistake of the side is told and not repeated at
        once."""
        while True:
            await self._pause()
            try:
                await self._step(system)
            except Exception:
                _log.exception("round of %s", system.desk.id)
                await asyncio.sleep(1.0)

    async def _pause(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._pace):
                await self._woken.wait()

    async def _step(self, system: System) -> None:
        standing = system.faults.standing(asyncio.get_running_loop().time())
        closed = getattr(system.side, "closed", None)
        if closed is not None and closed(self._clock()):
            standing |= {"shut"}
        for place in self._places:
            await place.suffer(standing)
        woken = self._woken.is_set()
        self._woken.clear()
        before, self._marks = self._marks, [await place.mark() for place in self._places]
        if woken or before != self._marks or (self._due is not None and self._clock() >= self._due):
            await self.round(system)

    async def round(self, system: System) -> None:
        """One round of the side; where its place cannot be had, soon again."""
        async with self._busy:
            turn = cast(Working, system.side).turn(self._clock())
            try:
                step = next(turn)
                while True:
                    try:
                        said = await self._done(system, step)
                    except Refused as error:
                        step = turn.throw(error)
                    else:
                        step = turn.send(said)
            except StopIteration as end:
                self._due = end.value
            except Refused:
                self._due = self._clock()

    async def _done(self, system: System, step: Step) -> Any:
        if isinstance(step, Arrival):
            reply, act = await serve(system, step.request, self._clock)
            return None if act.cut else reply
        if isinstance(step, Rows) and self._tables is not None:
            return await self._tables.do(step)
        if isinstance(step, Files) and self._files is not None:
            return await self._files.do(step)
        raise TypeError(f"{system.desk.id}: no place for {type(step).__name__}")

    async def snapshot(self) -> list[Any]:
        async with self._busy:
            return [await place.snapshot() for place in self._places]

    async def restore(self, kept: list[Any]) -> None:
        async with self._busy:
            for place, state in zip(self._places, kept, strict=True):
                await place.restore(state)
        self.wake()
