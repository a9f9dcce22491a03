"""Local first: what the hub can answer itself it answers, and others are asked only when that is not enough.

Where both have answered they must agree. If they do not, the stricter answer is given, the difference stands
in it as a finding, and people are told: one of the two lies or has old data, and a silent yes would hide it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

from hub.message import Finding, Severity
from hub.ports import Answer, Outgoing
from hub.services.chain import Chain, Question, Reached
from hub.services.record import note
from hub.services.story import Attempt

log = logging.getLogger(__name__)
HUB = "hub"
DISAGREES, ALONE = "ca.disagreement", "ca.unconfirmed"


@dataclass(frozen=True, slots=True)
class Said:
    """`settled`: nobody else need be asked. `stands`: others may know more, but who refuses does not know
    better why: all of it was read here, and one thing alone is open."""

    answer: Answer
    settled: bool
    stands: bool = False


class Own(Protocol):
    """What the hub knows by itself (`hub.ca.answering`)."""

    def answers(self, service: str) -> bool: ...
    def alone(self, service: str) -> bool:
        """Is it ours and nobody else's? Then one that is addressed to somebody else is not answered here."""
        ...

    def both(self) -> bool:
        """Are others asked even where we know?"""
        ...

    def mark(self) -> int:
        """Changes with everything that answers rest on."""
        ...

    async def answer(self, outgoing: Outgoing) -> Said | None: ...
    def conclusion(self, service: str, data: Mapping[str, Any]) -> tuple[str, bool] | None:
        """What an answer comes down to, and whether that is a yes; None where answers are not compared."""
        ...


@dataclass(frozen=True, slots=True)
class Several:
    """Whoever of these knows a service answers it."""

    own: tuple[Own, ...]

    def answers(self, service: str) -> bool:
        return any(one.answers(service) for one in self.own)

    def alone(self, service: str) -> bool:
        return self._of(service).alone(service)

    def both(self) -> bool:
        return any(one.both() for one in self.own)

    def mark(self) -> int:
        return sum(one.mark() for one in self.own)

    async def answer(self, outgoing: Outgoing) -> Said | None:
        return await self._of(outgoing.message).answer(outgoing)

    def conclusion(self, service: str, data: Mapping[str, Any]) -> tuple[str, bool] | None:
        return self._of(service).conclusion(service, data)

    def _of(self, service: str) -> Own:
        return next((one for one in self.own if one.answers(service)), self.own[0])


@dataclass(slots=True)
class LocalFirst(Chain):
    """The providers of a question, with the hub before them."""

    own: Own | None = None

    def mark(self, service: str) -> int:
        return self.own.mark() if self.own is not None and self.own.answers(service) else 0

    async def ask(self, question: Question, deadline: float, *, cut: bool) -> Reached:
        named = question.ways != question.terms.ways(HUB, question.outgoing.fields)
        ours = None if named and self._alone(question) else await self._ours(question, deadline)
        if ours is None or self.own is None:
            return await Chain.ask(self, question, deadline, cut=cut)
        if ours.settled and not named and (self._alone(question) or not self.own.both()):
            return Reached(ours.answer, HUB)
        theirs = await Chain.ask(self, question, deadline, cut=cut)
        if theirs.answer.status >= 300:
            refused = theirs.answer.status < 500  # silence has its own rules: remembered answers stand in
            return Reached(ours.answer, HUB) if ours.settled or (ours.stands and refused) else theirs
        return self._together(question, ours, theirs)

    def _alone(self, question: Question) -> bool:
        service = question.terms.service
        return self.own is not None and self.own.answers(service) and self.own.alone(service)

    async def _ours(self, question: Question, deadline: float) -> Said | None:
        service = question.terms.service
        if self.own is None or not self.own.answers(service):
            return None
        began = self.ticks()
        try:
            async with asyncio.timeout(max(0.0, deadline - began)):
                said = await self.own.answer(question.outgoing)
        except TimeoutError:
            said = None
        if said is not None:
            millis = round((self.ticks() - began) * 1000)
            outcome = "delivered" if said.settled else "skipped"
            question.attempts.append(
                Attempt(HUB, self.now() - millis * 1000, millis, outcome, said.answer.code)
            )
        return said

    def _together(self, question: Question, ours: Said, theirs: Reached) -> Reached:
        assert self.own is not None  # noqa: S101 - there is an answer of ours
        service = question.terms.service
        there = self.own.conclusion(service, theirs.answer.data)
        if there is None:
            return theirs
        if not ours.settled:
            warned = note(ALONE, "枢纽手边的数据不足以核实,此为提供方的结论")
            return replace(theirs, answer=_with(theirs.answer, warned))
        here = self.own.conclusion(service, ours.answer.data)
        word = here[0] if here is not None else ours.answer.code
        if word == there[0]:
            return Reached(ours.answer, HUB)
        if question.shown:
            log.warning("%s: %s and the hub do not agree", service, theirs.provider)
        found = Finding(
            DISAGREES, "", word, there[0],
            f"{theirs.provider} 与枢纽结论不一,从严;请核对双方的信任列表与吊销数据",
            "EX-ERR-03", Severity.WARNING,
        )  # fmt: skip
        if here is not None and here[1]:
            return replace(theirs, answer=_with(theirs.answer, found))
        return Reached(_with(ours.answer, found), HUB)


def _with(answer: Answer, found: Finding) -> Answer:
    return replace(answer, findings=(*answer.findings, found))
