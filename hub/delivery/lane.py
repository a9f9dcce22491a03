"""Everything on its way to one receiver: a lane of its own, so that nobody waits for somebody else's trouble.

What is due is read from the index, never kept in memory: a million waiting deliveries cost a lane
nothing, and a restart finds them where they were.

Each delivery waits for the disk twice, before its call and after it. A place among the calls is held for the
call alone; with it held all the way, a lane spent nine tenths of its time waiting for others' flushes.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from hub.delivery.attempt import UNLISTED, Caller
from hub.delivery.backoff import wait
from hub.delivery.breaker import Breaker
from hub.delivery.noting import DONE, begin, in_hand, record
from hub.delivery.outgoing import outgoing
from hub.delivery.turns import Turns
from hub.errors import OverloadError
from hub.faults import place
from hub.index.port import DeliveryRow
from hub.journal.claims import delivering
from hub.journal.port import Reading, Tx
from hub.journal.writer import Writer
from hub.ports import Blame, Kind, Outcome
from hub.standard import Standard
from hub.tracing.spans import Tracer

log = logging.getLogger(__name__)
IDLE = 1.0
TOGETHER = 16  # deliveries to nowhere that are written down in one piece
IN_WORK = 4  # deliveries at once for each place among the calls of a receiver that is well
ERASED = "privacy.erased"


class Chance(Protocol):
    def random(self) -> float: ...


@dataclass(slots=True)
class Lane:
    """One receiver's worker. `parallel` bounds calls at a time; one key never has two.

    `_recording` counts the deliveries that have called and wait until that is on the disk; `_well`: the last
    call that ended got its answer.
    """

    receiver: str
    caller: Caller
    breaker: Breaker
    writer: Writer
    reading: Reading
    clock: Callable[[], datetime]
    chance: Chance
    schedule: tuple[float, ...]
    standard: Standard
    # What anybody may be told: the same judgement from open messages alone, or trouble with a sealed one
    # would show that there is one.
    shown: Breaker
    parallel: int = 4
    tracer: Tracer = field(default_factory=lambda: Tracer(os.urandom))
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _flying: dict[int, asyncio.Task[None]] = field(default_factory=dict)
    _keys: set[int] = field(default_factory=set)
    _turns: Turns = field(default_factory=Turns)
    _closing: bool = False
    _recording: int = 0
    _well: bool = False
    _places: asyncio.Semaphore = field(init=False)

    def __post_init__(self) -> None:
        self._places = asyncio.Semaphore(self.parallel)

    def wake(self) -> None:
        self._wake.set()

    async def run(self) -> None:
        """Until `close`: launch what is due, then sleep until woken or the next time comes."""
        while not self._closing:
            self._wake.clear()
            try:
                pause = self._launch() if self.caller.listed else await self._nowhere()
            except Exception as error:
                log.error("lane %s: %s", self.receiver, place(error))
                pause = IDLE
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._wake.wait()

    async def _nowhere(self) -> float:
        """Try in vain what is due to a receiver without an address; seconds until there is more.

        Nothing leaves the house, so nothing must be durable before it: a piece of the writer for many, and
        their bytes are not read (of eighteen receivers of a record seventeen may not be connected yet).
        """
        now = self._now()
        if self._flying or self.breaker.state(now / 1e6) != "closed":
            return self._launch()
        rows = self.reading.index.due(self.receiver, now, TOGETHER)
        try:
            if rows:
                await self.writer.do(lambda tx: self._in_vain(tx, rows), own=True)
        except OverloadError:
            return IDLE
        return self._pause(now)

    def _in_vain(self, tx: Tx, rows: Sequence[DeliveryRow]) -> None:
        """All attempts first: what each outcome changes is then written once for all."""
        now = self._now()
        begun = [row for row in rows if begin(tx, row, now)]
        for row in begun:
            self._record(tx, row, UNLISTED)

    async def close(self) -> None:
        """Let calls in flight end and be recorded; nothing new starts."""
        self._closing = True
        self._wake.set()
        if self._flying:
            await asyncio.gather(*self._flying.values(), return_exceptions=True)

    def _launch(self) -> float:
        now = self._now()
        free = self._free()
        if free <= 0:
            return IDLE
        if self.breaker.state(now / 1e6) == "open":
            return min(IDLE, self.breaker.waits(now / 1e6))
        # Those in flight are still `waiting` in the index, so look past them.
        due, most = self.reading.index.due, free + len(self._flying)
        urgent = due(self.receiver, now, most, urgent=True)
        for row in self._turns.order(urgent, due(self.receiver, now, most)):
            if row.id in self._flying or row.order_key in self._keys or free <= 0:
                continue
            if not self.breaker.allows(now / 1e6):
                return min(IDLE, self.breaker.waits(now / 1e6))
            self._turns.went(row)
            self._keys.add(row.order_key)
            task = asyncio.get_running_loop().create_task(self._attempt(row))
            self._flying[row.id] = task
            free -= 1
        return IDLE if self._flying else self._pause(now)

    def _pause(self, now: int) -> float:
        upcoming = self.reading.index.next_due(self.receiver)
        return IDLE if upcoming is None else min(IDLE, max((upcoming - now) / 1e6, 0.01))

    def _free(self) -> int:
        """How many more may start. Whoever fails gets no more at once than it may have calls.

        Else all places but one have a successor that is ready; more of them would keep green ones waiting.
        """
        flying = len(self._flying)
        if not self._well:
            return self.parallel - flying
        return min(2 * self.parallel - 1 - (flying - self._recording), IN_WORK * self.parallel - flying)

    async def _attempt(self, row: DeliveryRow) -> None:
        called = 0
        try:
            started = await self.writer.do(lambda tx: begin(tx, row, self._now()), own=True)
            if not started:
                self.breaker.withdrawn()
                return
            async with self._places:
                outcome = await self._call(row)
            called = 1
            self._recording += 1
            self._wake.set()
            await self.writer.do(lambda tx: self._record(tx, row, outcome), own=True)
        except OverloadError:
            self.breaker.withdrawn()  # our own trouble, not the receiver's
            await asyncio.sleep(IDLE)
        except Exception as error:
            # A codec broke its word: the attempt stays open and is looked at again.
            self.breaker.failed(self._now() / 1e6)
            log.error("attempt to %s: %s", self.receiver, place(error))
            await asyncio.sleep(IDLE)
        finally:
            self._recording -= called
            self._flying.pop(row.id, None)
            self._keys.discard(row.order_key)
            self._wake.set()

    async def _call(self, row: DeliveryRow) -> Outcome:
        """What became of it, in the trace its message came with if all may know of the message."""
        entry = self.reading.journal.entry(row.seq, delivering(row.id))
        assert entry is not None  # noqa: S101 - a delivery without its entry is a broken file
        if entry.gone:
            # Nobody is sent masks in the place of values; the officer sees why it does not go.
            self.breaker.withdrawn()
            return Outcome(Kind.REFUSED, ERASED, Blame.HUB)
        message = self.reading.index.message(row.seq)
        known = message is not None and not message.hidden
        # Most have none, and reading the whole head to learn that would cost each delivery.
        traced = known and b'"trace":' in entry.head
        header = str(entry.facts.get("trace", "")) if traced else ""
        saying = outgoing(entry, row, self.caller.system.kind, self.standard)
        with self.tracer.delivery(header, known=known, receiver=self.receiver):
            outcome = await self.caller.deliver(saying, row.key, unsure=row.unsure)
        self._judge_receiver(outcome, known=known)
        return outcome

    def _record(self, tx: Tx, row: DeliveryRow, outcome: Outcome) -> None:
        record(tx, row, outcome, self._now(), lambda tries: wait(self.schedule, tries, self.chance.random()))

    def _judge_receiver(self, outcome: Outcome, *, known: bool) -> None:
        breakers = [self.breaker, self.shown] if known else [self.breaker]
        taken = in_hand(outcome)  # whoever has taken it in hand is at work
        troubled = (
            outcome.kind in {Kind.RETRY, Kind.UNKNOWN}
            and outcome.blame in {Blame.NETWORK, Blame.RECEIVER}
            and not taken
        )
        self._well = outcome.kind in DONE or outcome.kind is Kind.REFUSED
        for breaker in breakers:
            if troubled:
                breaker.failed(self._now() / 1e6)
            elif taken or outcome.kind in DONE or outcome.kind is Kind.REFUSED:
                breaker.passed()
            else:
                breaker.withdrawn()

    def _now(self) -> int:
        return int(self.clock().timestamp() * 1e6)
