"""One table or folder of one system, looked at on its schedule.

What a look brought and how far it went are one piece of the journal: a crash before the commit leaves
the old watermark and nothing kept, a crash after it both. So nothing is lost and nothing doubled,
whatever the other side can or cannot be told. Where it wants to be told (`Settles`), it is told after that,
and again after a crash between the two, because what is not settled is still there at the next look.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from hub.credentials import CredentialError
from hub.delivery.breakers import Pair
from hub.errors import OverloadError, SenderError
from hub.failpoints import FailPoints
from hub.faults import place
from hub.index.tokens import hexed
from hub.journal.entry import Kind
from hub.journal.port import Reading, Tx
from hub.journal.writer import Writer
from hub.live import Live
from hub.pipeline import Exchange
from hub.pipeline.facts import micros
from hub.ports import Answer, Blame, Haul, Incoming, Outcome, Plan, Poller, Settles
from hub.ports import Kind as Meaning

log = logging.getLogger(__name__)
SPREAD = 0.2  # schedules of many systems drift apart instead of meeting
REST = 0.2  # while the writer has enough to do, fetched rows wait where they lie
_WELL = Outcome(Meaning.DELIVERED, "polled")
_SICK = Outcome(Meaning.RETRY, "poll.failed", Blame.RECEIVER)
_CUT = Outcome(Meaning.RETRY, "cut")


class Chance(Protocol):
    def random(self) -> float: ...


class Unpacking(Protocol):
    """Keeps the files that came inside an item (`hub/files/enclosed.py`); raises HubError."""

    async def incoming(self, owner: str, incoming: Incoming) -> Incoming: ...


@dataclass(slots=True)
class PollLane:
    """`plan` is None as soon as the system is to be looked at no more; `online`: is it a member now?"""

    system: str
    poller: Poller
    plan: Callable[[], Plan | None]
    online: Callable[[str], bool]
    fuse: Pair
    writer: Writer
    reading: Reading
    live: Callable[[], Live]
    clock: Callable[[], datetime]
    chance: Chance
    failpoints: FailPoints
    enclosures: Unpacking | None = None
    _closing: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """Until the plan ends or `close`."""
        try:
            while not self._closing.is_set() and (plan := self.plan()) is not None:
                pause = await self._round(plan)
                try:
                    async with asyncio.timeout(pause * (1.0 + SPREAD * self.chance.random())):
                        await self._closing.wait()
                except TimeoutError:
                    continue
        finally:
            await self.poller.close()

    def close(self) -> None:
        """Take nothing more up; what was fetched is still kept."""
        self._closing.set()

    async def _round(self, plan: Plan) -> float:
        """One look and what came of it; the seconds before the next one."""
        if not self.online(self.system):
            return plan.every
        if self.writer.depth * 2 > self.writer.limit:
            return REST
        if not self.fuse.allows():
            return min(plan.every, self.fuse.breaker.waits(self.fuse.now()))
        outcome = _CUT
        try:
            before, mark = self._mark(plan.source)
            async with asyncio.timeout(plan.patience):
                haul = await self.poller.next(mark, plan.limit)
            outcome, news = _WELL, haul.watermark != mark
            self.failpoints.hit("after-fetch")
            if haul.items or haul.watermark != mark:
                told = await self._keep(plan.source, before, mark, haul)
                news = news or any(answer.status == 202 for answer in told)
                if told and isinstance(self.poller, Settles):
                    outcome = _CUT
                    self.failpoints.hit("before-settle")
                    async with asyncio.timeout(plan.patience):
                        await self.poller.settle(tuple(zip(haul.items, told, strict=True)))
                    outcome = _WELL
        except OverloadError as error:
            return float(error.retry_after or 1)  # nothing was kept, the watermark stands where it was
        except Exception as error:
            outcome = _SICK if outcome is _CUT else outcome
            why = error.detail if isinstance(error, CredentialError) else place(error)
            log.error("poll of %s: %s", self.system, why)
            return plan.every
        finally:
            self.fuse.judge(outcome, shown=True)
        # What is there again and again because nobody settles it shall not keep us busy.
        return 0.0 if haul.more and news else plan.every

    def _mark(self, source: str) -> tuple[int, str]:
        """The entry that says how far it has been read, and what it says."""
        before = self.reading.index.watermark(self.system, source)
        entry = self.reading.journal.entry(before) if before else None
        return before, str(entry.facts["watermark"]) if entry is not None else ""

    async def _keep(self, source: str, before: int, mark: str, haul: Haul) -> list[Answer]:
        """All of it and the watermark in one piece, or nothing; what was decided of each."""
        live, tokens = self.live(), self.live().acceptance.tokens
        exchanges = [self._exchange(live, await self._unpacked(one)) for one in haul.items]
        work, now = live.ingress.together(exchanges), micros(self.clock())
        names = [hexed(tokens.of("known", self.system, one.message_id)) for one in haul.items]

        def piece(tx: Tx) -> list[Answer]:
            if tx.index.watermark(self.system, source) != before:
                return []  # somebody else has been here: look again from there
            told = work(tx)
            if haul.watermark == mark and all(answer.status == 200 for answer in told):
                return told  # all of it known already: only the verdicts had not arrived over there
            tx.append(
                Kind.WATERMARK,
                now,
                {
                    "system": self.system,
                    "source": source,
                    "watermark": haul.watermark,
                    # Nobody waits for an answer, so what was not taken is said here.
                    "refused": [
                        [name, answer.code]
                        for name, answer in zip(names, told, strict=True)
                        if answer.status >= 400
                    ],
                },
            )
            return told

        return await self.writer.do(piece, long=True)

    async def _unpacked(self, incoming: Incoming) -> Incoming:
        """An item whose enclosed files are kept; what is not taken of them is a finding like any other."""
        if self.enclosures is None:
            return incoming
        try:
            taken = incoming.authenticated and not incoming.findings
            return await self.enclosures.incoming(self.system if taken else "", incoming)
        except SenderError as error:
            bare = await self.enclosures.incoming("", incoming)
            return replace(bare, findings=(*bare.findings, *error.findings))

    def _exchange(self, live: Live, incoming: Incoming) -> Exchange:
        exchange = live.ingress.foreign(self.system, incoming)
        if exchange.answer is None and not incoming.stage and live.services.mediated(incoming.message):
            told = Answer(422, "service.path", "问题须即问即答,不能经库表或文件轮询")
            return exchange._replace(answer=told)
        return exchange
