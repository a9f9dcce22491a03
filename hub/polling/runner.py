"""Opens a lane for every system with a schedule and a dialect that polls, closes it when it has none."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from hub.polling.lane import PollLane
from hub.ports import Plan

PATIENCE = 2.0  # for a look under way when the hub stops: what it would bring lies there still


@dataclass(slots=True)
class Polling:
    """`systems`: those of the catalogue now; `plan`: one's schedule; `make`: its lane, None where its dialect
    does not poll."""

    systems: Callable[[], Iterable[str]]
    plan: Callable[[str], Plan | None]
    make: Callable[[str], PollLane | None]
    _lanes: dict[str, tuple[PollLane, asyncio.Task[None], str]] = field(default_factory=dict)

    async def look(self) -> None:
        """Take up what has been written into the schedule since; a lane ends by itself when its plan does."""
        for system in [name for name, (_, task, _) in self._lanes.items() if task.done()]:
            del self._lanes[system]
        for system in self.systems():
            plan = self.plan(system)
            there = self._lanes.get(system)
            if there is not None and plan is not None and plan.source != there[2]:
                there[0].close()  # another table: opened anew at the next look
            elif there is None and plan is not None and (lane := self.make(system)) is not None:
                task = asyncio.get_running_loop().create_task(lane.run(), name=f"poll-{system}")
                self._lanes[system] = (lane, task, plan.source)

    async def close(self) -> None:
        """What was fetched is still kept; nothing new is."""
        for lane, _, _ in self._lanes.values():
            lane.close()
        tasks = [task for _, task, _ in self._lanes.values()]
        if tasks:
            _, hanging = await asyncio.wait(tasks, timeout=PATIENCE)
            for task in hanging:
                task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
