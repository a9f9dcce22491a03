"""Time limits of a connection, on a loop whose time is ours."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from hub.server.patience import Patience


@dataclass
class Handle:
    at: float
    work: Callable[[], None]
    cancelled: bool = False

    def cancel(self) -> None:
        self.cancelled = True


@dataclass
class Clockwork:
    """As much of a loop as is asked for."""

    now: float = 100.0
    handles: list[Handle] = field(default_factory=list)
    made: int = 0

    def time(self) -> float:
        return self.now

    def call_at(self, at: float, work: Callable[[], None]) -> Handle:
        self.made += 1
        self.handles.append(Handle(at, work))
        return self.handles[-1]

    def go_on_to(self, now: float) -> None:
        while due := [one for one in self.handles if one.at <= now and not one.cancelled]:
            one = min(due, key=lambda one: one.at)
            self.handles.remove(one)
            self.now = max(self.now, one.at)
            one.work()
        self.now = now

    @property
    def waiting(self) -> int:
        return sum(not one.cancelled for one in self.handles)


def patient() -> tuple[Clockwork, Patience, list[str]]:
    loop: Any = Clockwork()
    return loop, Patience(loop), []


def test_what_is_waited_with_happens_at_its_time() -> None:
    loop, patience, said = patient()
    patience.wait(10, lambda: said.append("now"))
    loop.go_on_to(109.9)
    assert said == []
    loop.go_on_to(110)
    assert said == ["now"]
    loop.go_on_to(1000)
    assert said == ["now"]


def test_later_instead_of_sooner_and_sooner_instead_of_later() -> None:
    loop, patience, said = patient()
    patience.wait(10, lambda: said.append("first"))
    patience.wait(75, lambda: said.append("second"))
    loop.go_on_to(174.9)
    assert said == []
    loop.go_on_to(175)
    assert said == ["second"]
    patience.wait(75, lambda: said.append("third"))
    patience.wait(1, lambda: said.append("fourth"))
    loop.go_on_to(176)
    assert said == ["second", "fourth"]
    loop.go_on_to(400)
    assert said == ["second", "fourth"]


def test_what_comes_first_ends_the_wait() -> None:
    loop, patience, said = patient()
    patience.wait(10, lambda: said.append("never"))
    patience.still()
    loop.go_on_to(200)
    assert said == []
    patience.wait(10, lambda: said.append("again"))
    loop.go_on_to(210)
    assert said == ["again"]


def test_a_thousand_requests_need_a_handful_of_timers() -> None:
    loop, patience, said = patient()
    for _ in range(1000):
        patience.wait(10, lambda: said.append("head"))
        patience.still()
        patience.wait(75, lambda: said.append("idle"))
        loop.go_on_to(loop.now + 0.01)
    assert said == []
    assert loop.made < 10
    loop.go_on_to(loop.now + 74)
    assert said == []
    loop.go_on_to(loop.now + 2)
    assert said == ["idle"]


def test_what_is_waited_with_may_wait_with_the_next() -> None:
    loop, patience, said = patient()

    def first() -> None:
        said.append("a")
        patience.wait(1, lambda: said.append("b"))

    patience.wait(1, first)
    loop.go_on_to(110)
    assert said == ["a", "b"]


def test_at_the_end_no_timer_is_left() -> None:
    loop, patience, said = patient()
    patience.wait(10, lambda: said.append("never"))
    patience.end()
    assert loop.waiting == 0
    loop.go_on_to(1000)
    assert said == []


async def test_on_a_real_loop() -> None:
    patience, said = Patience(asyncio.get_running_loop()), asyncio.Event()
    patience.wait(0.01, lambda: None)
    patience.wait(0.03, said.set)
    async with asyncio.timeout(60):
        await said.wait()
