"""One tender under way: walks the steps, resends until acknowledged, remembers what it sent."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from hub.standard.sample import Project
from simulators.trading.flow import Step, before_opening, fields_of, from_opening
from simulators.trading.voice import (
    NO_ANSWER,
    Fields,
    Heard,
    Saying,
    Turns,
    Voice,
    Wire,
    attempt,
)

PAUSES = (0.05, 0.1, 0.2, 0.4, 0.8, 1.0)
ATTEMPTS = 240
LEAST = 3

Post = Callable[[Wire], Awaitable[tuple[int, bytes] | None]]
"""One attempt on the wire; None when there was no whole answer."""


async def carried(turns: Turns, post: Post) -> Heard:
    """Carry one attempt's calls to the hub and their answers back, to what it heard in the end."""
    wire = next(turns)
    while True:
        got = await post(wire)
        try:
            wire = turns.send(got)
        except StopIteration as end:
            heard: Heard = end.value
            return heard


class Refused(Exception):
    """The hub said no for good, or the tender cannot lawfully go on."""


@dataclass(slots=True)
class Sent:
    """One message as the seams show it."""

    msg_id: str
    stage: str
    key: str
    fields: Fields
    status: int = 0
    code: str = ""
    hub_id: str = ""
    attempts: int = 0
    repeats: int = 0

    def shown(self) -> dict[str, Any]:
        return {
            "msgId": self.msg_id,
            "stage": self.stage,
            "key": self.key,
            "fields": self.fields,
            "status": self.status,
            "code": self.code,
            "hubId": self.hub_id,
            "attempts": self.attempts,
            "repeats": self.repeats,
        }


@dataclass(slots=True)
class Tender:
    """State machine of one tender; `run` is its life, `proceed` releases a pause."""

    ident: str
    project: Project
    voice: Voice
    post: Post
    clock: Callable[[], datetime]
    stamp: str
    pace: float = 0.0
    pause_before: str = ""
    state: str = "running"
    step: str = ""
    waiting: bool = False
    steps: list[dict[str, Any]] = field(default_factory=list)
    sent: list[Sent] = field(default_factory=list)
    barred: set[int] = field(default_factory=set)
    _go: asyncio.Event = field(default_factory=asyncio.Event)
    _acknowledged: int = 0

    async def run(self) -> None:
        """All steps in order; ends `done` or `failed`, never by an exception."""
        try:
            bidders = tuple(range(len(self.project.bidders)))
            await self._walk(before_opening(self.project, bidders))
            if len(bidders) - len(self.barred) < LEAST or self.project.winner in self.barred:
                raise Refused("fewer than three bidders left, or the winner is barred")
            await self._walk(from_opening(self.project.candidates))
        except Refused as no:
            self.state = "failed"
            self.steps.append({"name": self.step, "ok": False, "detail": str(no)})
        except Exception as error:  # a tender must show why it stopped, not vanish with its task
            self.state = "failed"
            self.steps.append({"name": self.step, "ok": False, "detail": f"{type(error).__name__}: {error}"})
        else:
            self.state = "done"

    def proceed(self) -> None:
        self._go.set()

    async def _walk(self, steps: Iterable[Step]) -> None:
        for step in steps:
            if step.bidder in self.barred:
                continue
            self.step = step.name
            if step.stage == self.pause_before and not self._go.is_set():
                self.waiting = True
                await self._go.wait()
                self.waiting = False
            heard = await self._say(step)
            self.steps.append({"name": step.name, "ok": True, "detail": self._detail(step, heard)})
            if self.pace:
                await asyncio.sleep(self.pace)

    def _detail(self, step: Step, heard: Heard) -> str:
        if step.stage == "project.query":
            return self._same_project(heard.told)
        if step.stage == "credit.query":
            if heard.told.get("barred"):
                self.barred.add(step.bidder if step.bidder is not None else -1)
                return "barred"
            return "clean"
        return f"{heard.status} {heard.hub_id}"

    def _same_project(self, told: Fields) -> str:
        """One-click fetch must give the project we are about to register."""
        wanted = self.project.record("eng-project")
        wrong = [
            n for n in ("INVEST_PROJECT_CODE", "PROJECT_NAME", "LEGAL_PERSON") if told.get(n) != wanted[n]
        ]
        if wrong:
            raise Refused(f"project.query answered another {', '.join(wrong)}")
        return str(told["INVEST_PROJECT_CODE"])

    async def _say(self, step: Step) -> Heard:
        stage = step.stage if not step.point else f"{step.stage}-{step.point}"
        msg_id, key = self.voice.name(stage, step.bidder, self.stamp)
        saying = Saying(msg_id, key, step.stage, fields_of(step, self.project), step.service, self.clock())
        sent = Sent(msg_id, step.stage, key, self.voice.meant(saying))
        if not step.service:
            self.sent.append(sent)
        heard = await self._until_heard(saying, sent)
        if not heard.ok:
            raise Refused(f"{heard.status} {heard.code} {heard.told}")
        if not step.service:
            await self._late_duplicate(saying, sent)
        return heard

    async def _until_heard(self, saying: Saying, sent: Sent) -> Heard:
        """The same message again and again, with short growing pauses, until an answer ends it."""
        heard = NO_ANSWER
        for number in range(ATTEMPTS):
            sent.attempts += 1
            heard = await carried(attempt(self.voice, saying, self.clock), self.post)
            sent.status, sent.code, sent.hub_id = heard.status, heard.code, heard.hub_id
            if heard.done:
                return heard
            await asyncio.sleep(PAUSES[min(number, len(PAUSES) - 1)])
        return heard

    async def _late_duplicate(self, saying: Saying, sent: Sent) -> None:
        """An impatient old system: what was acknowledged long ago is sent once more."""
        self._acknowledged += 1
        every = self.voice.late_duplicate_every
        if not every or self._acknowledged % every:
            return
        first = sent.hub_id
        again = await self._until_heard(saying, sent)
        sent.repeats += 1
        if not again.ok or again.hub_id != first or not again.repeat:
            raise Refused(f"a repeated message got another answer: {again.code} {again.hub_id} after {first}")

    def shown(self) -> dict[str, Any]:
        """The shape of `GET /trading/{id}/tenders/{tender}` (seams)."""
        return {
            "tender": self.ident,
            "state": self.state,
            "step": self.step,
            "waiting": self.waiting,
            "waitingBefore": self.pause_before if self.waiting else "",
            "seed": self.project.seed,
            "region": self.project.region,
            "bidders": len(self.project.bidders),
            "steps": self.steps,
            "sent": [sent.shown() for sent in self.sent],
        }
