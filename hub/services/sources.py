"""Where the answer to one question comes from: memory, a provider's callback, a provider, or the terms.

The desk decides nothing of this and keeps what is told; nothing here writes to the journal.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from hub.journal.claims import own
from hub.journal.port import Reading
from hub.message import canonical, parse, wall
from hub.ports import Answer
from hub.services import story
from hub.services.caching import Rule
from hub.services.callbacks import Callbacks, Ears
from hub.services.case import Case
from hub.services.chain import LEAST, Chain, Question, Reached
from hub.services.flights import Flights
from hub.services.mediate import LATE, question
from hub.services.record import Told, note
from hub.services.rows import NOTHING
from hub.services.shelf import Remembered, Shelf
from hub.services.story import Story
from hub.services.terms import NOW, Provider

STALE = "service.stale"
DEGRADED = "service.degraded"


@dataclass(frozen=True, slots=True)
class Memory:
    """What outlives a reload: answers remembered and calls under way."""

    shelf: Shelf = field(default_factory=Shelf)
    flights: Flights = field(default_factory=Flights)
    ears: Ears = field(default_factory=Ears)


@dataclass(frozen=True, slots=True)
class Sources:
    """`ceiling` bounds every budget in seconds; `ticks` are steady seconds; `key_of` makes the key of an
    effect from the question's number and the provider."""

    chain: Chain
    memory: Memory
    callbacks: Callbacks
    reading: Reading
    clock: Callable[[], datetime]
    ticks: Callable[[], float]
    key_of: Callable[[str, str], str]
    ceiling: float

    async def told(self, case: Case) -> Told:
        """From memory if it is fresh, else from a provider, else whatever the terms still allow."""
        found = self.memory.shelf.get(case.key, case.marks, self._now()) if case.key is not None else None
        if found is not None and case.rule is not None and self.ticks() - found.at < case.rule.fresh:
            return self._again(case, found, story.CACHE, ())
        if (said := self._heard(case)) is not None:
            return said
        if case.deadline - self.ticks() < LEAST:
            return Told(LATE, self._story(case, story.NOBODY))
        told = await self._first(case)
        if told.answer.status < 500:
            return told
        return self._fallen_back(case, told)

    async def _first(self, case: Case) -> Told:
        """What the provider answers, or says by calling back while it is asked, if that is further."""
        key = self._ear(case)
        if key is None:
            return await self._asked(case)
        asking = asyncio.ensure_future(self._asked(case))
        with self.memory.ears.listening(key) as bell:
            try:
                while True:
                    await _either(asking, bell)
                    said = self._heard(case)
                    if said is not None and not case.terms.open(said.answer.data):
                        return said
                    if asking.done():
                        return asking.result()
                    bell.clear()
            finally:
                asking.cancel()

    def _ear(self, case: Case) -> int | None:
        """The token under which a callback would bring an answer to this question."""
        rule = self.callbacks.telling(case.row.msg_type)
        value = case.envelope["body"]["fields"].get(rule.by) if rule is not None else None
        return self.callbacks.found(rule, case.row.sender, str(value)) if rule is not None and value else None

    def _heard(self, case: Case) -> Told | None:
        """What the provider said by calling back, if that still holds and is for whoever asks now.

        A state that is not the last one is told for a moment only: the next callback may have been lost.
        """
        rule, key = self.callbacks.telling(case.row.msg_type), self._ear(case)
        row = self.reading.index.heard(key) if key is not None else None
        now = self._now()
        if rule is None or row is None or 0 < row.until <= now:
            return None
        sender, journal = case.row.sender, self.reading.journal
        asked = journal.entry(row.question, own(sender))
        said, kept = (
            journal.entry(row.entry, own(sender, message=row.question)),
            self.reading.index.message(row.entry),
        )
        if asked is None or said is None or kept is None or asked.gone or said.gone or not said.raw:
            return None
        if not rule.alike(parse(asked.raw).value["body"]["fields"], case.envelope["body"]["fields"]):
            return None
        data = self.callbacks.reply(rule, parse(said.raw).value["body"]["fields"])
        if case.terms.open(data) and now - kept.received > rule.fresh * 1e6:
            return None
        told = self._story(case, story.CALLBACK, provider=kept.sender, asked=kept.received)
        return Told(Answer(200, "0000", data=data), told)

    async def _asked(self, case: Case) -> Told:
        """Ask, or wait for who is asking the same; never longer than this question's own limit."""
        row = case.row
        alone = case.key is None
        asking = Question(
            case.terms,
            self._ways(case),
            question(case.envelope, case.terms, opened=case.opened),
            lambda provider: self.key_of(row.hub_id, provider),
            shown=not row.hidden,
            taken=case.before is not None,
        )
        flight = self.memory.flights.join(
            row.seq if alone else case.key, row.hub_id, asking, lambda asked: self._fly(case, asked)
        )
        mine = flight.question is asking
        try:
            async with asyncio.timeout(case.deadline - self.ticks()):
                reached = await asyncio.shield(flight.task)
        except TimeoutError:
            reached = Reached(Answer(504, "upstream.timeout", "提供方系统未在时限内应答", retry_after=5))
        said = self._story(
            case,
            story.NOBODY if not reached.provider else story.PROVIDER if mine else story.COALESCED,
            provider=reached.provider,
            asked=self._now() if reached.answer.status < 500 else 0,
            question="" if mine else flight.leader,
            attempts=flight.question.so_far(self.ticks(), self._now()),
        )
        return Told(reached.answer, said)

    def _ways(self, case: Case) -> tuple[Provider, ...]:
        """Whom to ask; whoever has it in hand already is the only one who can say more."""
        ways = case.terms.ways(case.envelope["head"].get("to", "hub"), case.envelope["body"]["fields"])
        has_it = case.before.story.get("provider") if case.before is not None else None
        return tuple(one for one in ways if one.system == has_it) or ways

    async def _fly(self, case: Case, asked: Question) -> Reached:
        """The call itself. One that others may join has the service's own time, whoever began it."""
        alone = case.key is None
        whole = case.began + min(case.terms.seconds, self.ceiling)
        deadline = case.deadline if alone else whole
        reached = await self.chain.ask(asked, deadline, cut=deadline < whole)
        self._remember(case, reached)
        return reached

    def _remember(self, case: Case, reached: Reached) -> None:
        """Only answers of substance: not to have found something is true for a moment only."""
        data = reached.answer.data
        if (
            case.key is None
            or case.rule is None
            or reached.answer.status != 200
            or case.terms.open(data)
            or data.get("found") in NOTHING
        ):
            return
        until = _micros(data.get(case.rule.until)) if case.rule.until else 0
        size = len(canonical(dict(data))) + 400
        self.memory.shelf.put(
            case.key,
            Remembered(
                data, reached.provider, case.row.hub_id, self._now(), self.ticks(), case.marks, until, size
            ),
        )

    def _fallen_back(self, case: Case, told: Told) -> Told:
        """A remembered answer that is not too old, then what the terms say instead; else the failure."""
        attempts = told.story.attempts
        found = self.memory.shelf.get(case.key, case.marks, self._now()) if case.key is not None else None
        if found is not None and case.rule is not None and self.ticks() - found.at < case.rule.stale:
            return self._again(case, found, story.STALE, attempts)
        if not case.terms.degraded:
            return told
        now = wall(self.clock())
        data = {name: now if value == NOW else value for name, value in case.terms.degraded.items()}
        warned = note(DEGRADED, "提供方系统均不可用,此为降级应答,不作为认定依据")
        answer = Answer(200, "0000", data=data, findings=(warned,))
        return Told(answer, self._story(case, story.DEGRADED, attempts=attempts))

    def _again(self, case: Case, found: Remembered, source: str, attempts: tuple[story.Attempt, ...]) -> Told:
        warned = note(STALE, "提供方系统暂不可用,此为先前的应答,时点见 service.askedTime")
        said = self._story(
            case, source, provider=found.provider, asked=found.asked, question=found.hub_id, attempts=attempts
        )
        notes = (warned,) if source == story.STALE else ()
        return Told(Answer(200, "0000", data=found.data, findings=notes), said)

    def _story(self, case: Case, source: str, **more: Any) -> Story:
        asked = sum(one.millis for one in more.get("attempts", ()))
        took = {
            "kept": round((case.kept - case.began) * 1000),
            "providers": asked,
            "whole": round((self.ticks() - case.began) * 1000),
        }
        return Story(source, took=took, limit=round(case.limit * 1000), **more)

    def marks(self, rule: Rule | None, service: str) -> tuple[int, ...]:
        """How much has arrived, visible to all, of what makes a remembered answer old; and what the hub
        itself knows of it: whoever has been frozen since is not told good from memory."""
        if rule is None:
            return ()
        arrived = (self.reading.index.settled(name) for name in rule.leaves)
        return (*arrived, self.chain.mark(service))

    def _now(self) -> int:
        return int(self.clock().timestamp() * 1e6)


def _micros(text: Any) -> int:
    try:
        return int(datetime.fromisoformat(str(text)).timestamp() * 1e6)
    except ValueError:
        return 0


async def _either(asking: asyncio.Future[Told], bell: asyncio.Event) -> None:
    """Until the answer is there or the bell has rung."""
    ringing = asyncio.ensure_future(bell.wait())
    try:
        both: set[asyncio.Future[Any]] = {asking, ringing}
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
    finally:
        ringing.cancel()
