"""Everything on its way to one receiver: a lane of its own, so that nobody waits for somebody else's trouble.

What is due is read from the index, never kept in memory: a million waiting deliveries cost a lane
nothing, and a restart finds them where they were.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from hub.delivery.attempt import Caller
from hub.delivery.backoff import asked_for, wait
from hub.delivery.breaker import Breaker
from hub.delivery.outgoing import CHAIN, outgoing
from hub.delivery.turns import Turns
from hub.errors import OverloadError
from hub.faults import place
from hub.index.port import DeliveryRow
from hub.journal.claims import delivering
from hub.journal.entry import Kind as EntryKind
from hub.journal.port import Reading, Tx
from hub.journal.writer import Writer
from hub.ports import PENDING, Blame, Kind, Outcome
from hub.standard import Standard
from hub.tracing.spans import Tracer

log = logging.getLogger(__name__)
IDLE = 1.0
ERASED = "privacy.erased"
DONE = frozenset({Kind.DELIVERED, Kind.DUPLICATE})
SHORT = 200


class Chance(Protocol):
    def random(self) -> float: ...


@dataclass(slots=True)
class Lane:
    """One receiver's worker. `parallel` bounds calls at a time; one key never has two."""

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

    def wake(self) -> None:
        self._wake.set()

    async def run(self) -> None:
        """Until `close`: launch what is due, then sleep until woken or the next time comes."""
        while not self._closing:
            self._wake.clear()
            try:
                pause = self._launch()
            except Exception as error:
                log.error("lane %s: %s", self.receiver, place(error))
                pause = IDLE
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._wake.wait()

    async def close(self) -> None:
        """Let calls in flight end and be recorded; nothing new starts."""
        self._closing = True
        self._wake.set()
        if self._flying:
            await asyncio.gather(*self._flying.values(), return_exceptions=True)

    def _launch(self) -> float:
        now = self._now()
        free = self.parallel - len(self._flying)
        if free <= 0:
            return IDLE
        if self.breaker.state(now / 1e6) == "open":
            return min(IDLE, self.breaker.waits(now / 1e6))
        # Those in flight are still `waiting` in the index, so look past them.
        due, most = self.reading.index.due, free + len(self._flying)
        urgent = due(self.receiver, now, most, urgent=True)
        for row in self._turns.order(urgent, due(self.receiver, now, most)):
            if row.id in self._flying or row.order_key in self._keys or len(self._flying) >= self.parallel:
                continue
            if not self.breaker.allows(now / 1e6):
                return min(IDLE, self.breaker.waits(now / 1e6))
            self._turns.went(row)
            self._keys.add(row.order_key)
            task = asyncio.get_running_loop().create_task(self._traced(row))
            self._flying[row.id] = task
        upcoming = self.reading.index.next_due(self.receiver)
        if upcoming is None or self._flying:
            return IDLE
        return min(IDLE, max((upcoming - now) / 1e6, 0.01))

    async def _traced(self, row: DeliveryRow) -> None:
        """The attempt in the trace its message came with, if all may know of the message."""
        message = self.reading.index.message(row.seq)
        known = message is not None and not message.hidden
        heads = self.reading.journal.heads(row.seq - 1, 1) if known else ()
        # Most have none, and reading the whole head to learn that would cost each delivery.
        traced = bool(heads) and b'"trace":' in heads[0].head
        header = str(heads[0].facts.get("trace", "")) if traced else ""
        with self.tracer.delivery(header, known=known, receiver=self.receiver):
            await self._attempt(row)

    async def _attempt(self, row: DeliveryRow) -> None:
        try:
            n = row.attempts + 1
            quiet = row.message == CHAIN and row.order_key == 0
            started = await self.writer.do(lambda tx: self._begin(tx, row, n, quiet), own=True)
            if not started:
                self.breaker.withdrawn()
                return
            entry = self.reading.journal.entry(row.seq, delivering(row.id))
            assert entry is not None  # noqa: S101 - a delivery without its entry is a broken file
            if entry.gone:
                # Nobody is sent masks in the place of values; the officer sees why it does not go.
                self.breaker.withdrawn()
                outcome = Outcome(Kind.REFUSED, ERASED, Blame.HUB)
            else:
                saying = outgoing(entry, row, self.caller.system.kind, self.standard)
                outcome = await self.caller.deliver(saying, row.key, unsure=row.unsure)
                self._judge_receiver(outcome, row)
            await self.writer.do(lambda tx: self._record(tx, row, n, outcome, quiet), own=True)
        except OverloadError:
            self.breaker.withdrawn()  # our own trouble, not the receiver's
            await asyncio.sleep(IDLE)
        except Exception as error:
            # A codec broke its word: the attempt stays open and is looked at again.
            self.breaker.failed(self._now() / 1e6)
            log.error("attempt to %s: %s", self.receiver, place(error))
            await asyncio.sleep(IDLE)
        finally:
            self._flying.pop(row.id, None)
            self._keys.discard(row.order_key)
            self._wake.set()

    def _begin(self, tx: Tx, row: DeliveryRow, n: int, quiet: bool) -> bool:
        """Durably say that we are about to speak; False when this is no longer ours to do."""
        current = tx.index.delivery(row.id)
        if current is None or current.state != "waiting" or current.attempts != row.attempts:
            return False
        tx.append(EntryKind.ATTEMPT, self._now(), {"delivery": row.id, "n": n, "quiet": quiet})
        return True

    def _record(self, tx: Tx, row: DeliveryRow, n: int, outcome: Outcome, quiet: bool) -> None:
        now = self._now()
        state, code, following = "waiting", outcome.code, now
        if outcome.kind in DONE:
            state = "delivered"
        elif outcome.kind is Kind.REFUSED:
            state = "dead"
        else:
            # An attempt that died with the hub says nothing of the receiver and uses up no patience.
            before = tx.index.attempts(row.id)
            tries = 1 + sum(1 for one in before if one.n > row.base and one.n != n and one.outcome)
            pause = wait(self.schedule, tries, self.chance.random())
            if pause is None:
                state = "dead"
            else:
                following = now + int(asked_for(pause, outcome.wait) * 1e6)
        facts = {
            "delivery": row.id,
            "n": n,
            "outcome": outcome.kind.value,
            "code": code,
            "blame": outcome.blame.value if outcome.blame else "",
            "foreign": outcome.foreign[:SHORT],
            "state": state,
            "next": following,
            "quiet": quiet,
        }
        if _taken(outcome):
            facts["taken"] = True
        tx.append(EntryKind.OUTCOME, now, facts)

    def _judge_receiver(self, outcome: Outcome, row: DeliveryRow) -> None:
        message = self.reading.index.message(row.seq)
        breakers = [self.breaker]
        if message is not None and not message.hidden:
            breakers.append(self.shown)
        taken = _taken(outcome)  # whoever has taken it in hand is at work
        troubled = (
            outcome.kind in {Kind.RETRY, Kind.UNKNOWN}
            and outcome.blame in {Blame.NETWORK, Blame.RECEIVER}
            and not taken
        )
        for breaker in breakers:
            if troubled:
                breaker.failed(self._now() / 1e6)
            elif taken or outcome.kind in DONE or outcome.kind is Kind.REFUSED:
                breaker.passed()
            else:
                breaker.withdrawn()

    def _now(self) -> int:
        return int(self.clock().timestamp() * 1e6)


def _taken(outcome: Outcome) -> bool:
    """Is it in the receiver's hands, so that the next attempt only asks after it?"""
    return outcome.kind is Kind.RETRY and outcome.code == PENDING
