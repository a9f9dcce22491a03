"""What a system owes the hub after it was asked: callbacks, put in its outbox, carried away by others.

A side that must call back (a signature somebody confirmed, a guarantee that was issued) puts a `Callback` on
its desk; whoever runs the system carries them: `carry` once, or again and again. An `early` one is meant to
arrive before the answer to the question that caused it (fault callback-before-ack keeps that answer back for
a second); `times` above one is a storm of the same.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from simulators.desk import Desk
from simulators.trading.voice import Heard, Saying, Turns, Voice, Wire, attempt

OUTBOX = "outbox"
MOST = 1000
TRIES = 5
Post = Callable[[Wire], Awaitable[tuple[int, bytes] | None]]


@dataclass(frozen=True, slots=True)
class Callback:
    """One thing to be said to the hub, so many times."""

    saying: Saying
    times: int = 1
    early: bool = False


def owe(desk: Desk, saying: Saying, *, times: int = 1, early: bool = False) -> None:
    """Put it in the outbox; the oldest falls out of one that nobody empties."""
    desk.switches.setdefault(OUTBOX, deque(maxlen=MOST)).append(Callback(saying, times, early))


def owed(desk: Desk) -> list[Callback]:
    """What lies there."""
    return list(desk.switches.get(OUTBOX, ()))


async def carry(desk: Desk, voice: Voice, post: Post, clock: Callable[[], datetime]) -> list[Heard]:
    """Empty the outbox once, oldest first; each is said until it is acknowledged, at most five times."""
    heard: list[Heard] = []
    box: deque[Callback] = desk.switches.get(OUTBOX, deque())
    while box:
        callback = box.popleft()
        for _ in range(callback.times):
            for _ in range(TRIES):
                turns = attempt(voice, callback.saying, clock)
                answer = await _spoken(turns, post)
                if answer.done:
                    break
            heard.append(answer)
    return heard


async def _spoken(turns: Turns, post: Post) -> Heard:
    try:
        wire = next(turns)
        while True:
            wire = turns.send(await post(wire))
    except StopIteration as ended:
        answer: Heard = ended.value
        return answer
