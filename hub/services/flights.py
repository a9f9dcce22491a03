"""Equal questions under way at the same time are asked once.

The call belongs to nobody who waits for it: one of them may leave, by its own limit or because its
connection broke, and the others still get the answer. What failed is told to all who waited and is
forgotten: the next question is asked anew.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from hub.services.chain import Question, Reached


@dataclass(slots=True)
class Flight:
    """One call under way; `leader` is the message it was begun for, `question` what it asks."""

    leader: str
    question: Question
    task: asyncio.Task[Reached]


@dataclass(slots=True)
class Flights:
    """Calls under way by key."""

    _flying: dict[object, Flight] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self._flying)

    def join(
        self,
        key: object,
        leader: str,
        question: Question,
        begin: Callable[[Question], Coroutine[Any, Any, Reached]],
    ) -> Flight:
        """The flight of this key, begun now if there is none."""
        flight = self._flying.get(key)
        if flight is None:
            task = asyncio.get_running_loop().create_task(begin(question), name="question")
            flight = self._flying[key] = Flight(leader, question, task)
            task.add_done_callback(lambda done: self._landed(key, done))
        return flight

    async def close(self) -> None:
        """End what nobody waits for any more."""
        tasks = [flight.task for flight in self._flying.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _landed(self, key: object, done: asyncio.Task[Reached]) -> None:
        self._flying.pop(key, None)
        if not done.cancelled():
            done.exception()  # heard here too, or a flight that everybody left would complain
