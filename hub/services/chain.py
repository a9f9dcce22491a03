"""The providers of a question, one after another, until one answers or the time is up.

What cannot have had an effect, or does no harm twice, may be asked again and of somebody else; after an
unknown outcome of anything else the chain ends there. A ticket instead of an answer is no failure: the
same question is asked again until it is answered, as long as there is time. A provider that is known
to be in trouble is left out: its breaker is the one its deliveries have.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from hub.faults import place
from hub.ports import PENDING, Answer, Blame, Kind, Outcome, Outgoing
from hub.services.mediate import LATE, Asker, Check, answer, wait_of
from hub.services.story import Attempt
from hub.services.terms import Provider, Terms

log = logging.getLogger(__name__)
PAUSE = 0.05  # before a second try at the same provider, spread upwards by as much again
FETCHING = 0.8  # at most this between two looks for what a ticket stands for, unless it names a longer wait
LEAST = 0.005  # with less time left nobody is asked


class Fuse(Protocol):
    """Is this system worth asking now? (`hub.delivery.breakers`)"""

    def allows(self) -> bool: ...
    def judge(self, outcome: Outcome, *, shown: bool) -> None: ...


class Chance(Protocol):
    def random(self) -> float: ...


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked; `shown`: may it be seen in what anybody is told of a provider's health? `taken`: a
    provider has it in hand since an earlier time, and is asked how far it has come."""

    terms: Terms
    ways: tuple[Provider, ...]
    outgoing: Outgoing
    key: Callable[[str], str]
    shown: bool
    taken: bool = False
    attempts: list[Attempt] = field(default_factory=list)
    under_way: list[tuple[str, float]] = field(default_factory=list)

    def so_far(self, ticks: float, now: int) -> tuple[Attempt, ...]:
        """What there was, and what is still open."""
        spent = [(name, round((ticks - began) * 1000)) for name, began in self.under_way]
        return (
            *self.attempts,
            *(Attempt(name, now - millis * 1000, millis, "open", "") for name, millis in spent),
        )


@dataclass(frozen=True, slots=True)
class Reached:
    """The answer a chain ended with, and who gave it ("" when nobody did)."""

    answer: Answer
    provider: str = ""


_SILENT = Outcome(Kind.UNKNOWN, "upstream.timeout", Blame.NETWORK)
_CUT = Outcome(Kind.RETRY, "cut")  # tells nothing of the provider
_WELL = Outcome(Kind.DELIVERED, PENDING)  # whoever gives tickets is at work
NOBODY = Answer(502, "upstream.unavailable", "没有可用的提供方系统", retry_after=5)


@dataclass(slots=True)
class Chain:
    """`asker` finds who speaks to a provider; `ticks` are steady seconds, `now` microseconds of the wall
    clock; `places`: calls at a time to one provider, the others wait for their turn within their time."""

    asker: Callable[[str], Asker | None]
    fuse: Callable[[str], Fuse]
    check: Check
    ticks: Callable[[], float]
    now: Callable[[], int]
    chance: Chance
    places: int
    _turns: dict[str, asyncio.Semaphore] = field(default_factory=dict)

    def mark(self, service: str) -> int:
        """Changes with whatever makes remembered answers old."""
        return 0

    async def ask(self, question: Question, deadline: float, *, cut: bool) -> Reached:
        """`cut`: the deadline is the caller's own, shorter than the terms say; being late then tells
        nothing of the provider."""
        last = Reached(NOBODY)
        for way in question.ways:
            failed, tickets = 0, int(question.taken)
            pause = 0.0
            while failed < way.tries:
                if pause and not await self._pause(deadline, pause):
                    break
                if deadline - self.ticks() < LEAST:
                    return last if question.attempts else Reached(LATE)
                outcome = await self._once(question, way, deadline, cut=cut, taken=tickets > 0)
                if outcome is None:
                    break
                last, more = self._meant(question, way, outcome)
                if more is None:
                    return last
                if not more:
                    break
                pause = PAUSE
                if outcome.code == PENDING:
                    pause, tickets = _until_fetched(outcome, tickets), tickets + 1
                else:
                    failed += 1
        return last

    def _meant(self, question: Question, way: Provider, outcome: Outcome) -> tuple[Reached, bool | None]:
        """The answer this would be, and what next: None the end, True again here, False the next one."""
        terms = question.terms
        told = answer(outcome, terms.service, self.check)
        reached = Reached(told, way.system)
        if told.status < 300:
            return reached, None
        if outcome.kind is Kind.REFUSED:
            elsewhere = outcome.blame is Blame.HUB or outcome.code in terms.again
            return reached, False if elsewhere else None
        if outcome.kind in {Kind.DELIVERED, Kind.DUPLICATE} or outcome.code == "upstream.timeout":
            return reached, False if terms.harmless else None
        return reached, True if terms.harmless or outcome.kind is Kind.RETRY else None

    async def _once(
        self, question: Question, way: Provider, deadline: float, *, cut: bool, taken: bool
    ) -> Outcome | None:
        """One call; None where there was none, which is noted too. What was taken is asked after."""
        asker, fuse = self.asker(way.system), self.fuse(way.system)
        if asker is None or not fuse.allows():
            self._note(
                question, way, self.ticks(), "skipped", "peer.mute" if asker is None else "peer.avoided"
            )
            return None
        turn = self._turns.setdefault(way.system, asyncio.Semaphore(self.places))
        began, asked, outcome = self.ticks(), False, _CUT
        question.under_way.append((way.system, began))
        try:
            async with asyncio.timeout(deadline - began), turn:
                asked = True
                async with asyncio.timeout(way.seconds):
                    outcome = await asker.deliver(question.outgoing, question.key(way.system), unsure=taken)
        except TimeoutError:
            # Once something was said, nobody knows what became of it.
            outcome = _SILENT if asked else Outcome(Kind.RETRY, LATE.code, Blame.HUB)
        except Exception as error:
            # A codec broke its word; that is no reason to leave the caller without an answer.
            log.error("question to %s: %s", way.system, place(error))
            outcome = Outcome(Kind.UNKNOWN, "hub.internal", Blame.RECEIVER)
        finally:
            question.under_way.pop()
            fuse.judge(_told_of(outcome, cut=cut), shown=question.shown)
        self._note(question, way, began, outcome.kind.value, outcome.code)
        return outcome

    def _note(self, question: Question, way: Provider, began: float, outcome: str, code: str) -> None:
        millis = round((self.ticks() - began) * 1000)
        question.attempts.append(Attempt(way.system, self.now() - millis * 1000, millis, outcome, code))

    async def _pause(self, deadline: float, least: float) -> bool:
        """A short rest before the same provider is asked again; False when there is no time for one."""
        pause = least + PAUSE * self.chance.random()
        if deadline - self.ticks() < pause + LEAST:
            return False
        await asyncio.sleep(pause)
        return True


def _told_of(outcome: Outcome, *, cut: bool) -> Outcome:
    """What a call told of the provider's health."""
    if outcome.code == PENDING:
        return _WELL
    return _CUT if cut and outcome is _SILENT else outcome


def _until_fetched(outcome: Outcome, tickets: int) -> float:
    """How long to wait for what a ticket stands for: as it says, and longer each time."""
    return max(wait_of(outcome), min(PAUSE * 2.0**tickets, FETCHING))
