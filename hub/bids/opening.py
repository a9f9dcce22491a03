"""Opening the bids of one section: once its deadline is over, each bid apart, every result written once.

    asked -> deadline over by the hub's clock -> a time stamp says so too -> written down that it begins
          -> each bid: read, unsealed, result signed and written -> none is left

Whatever stops in between (kill -9, a key device that is away) goes on where it stopped: a bid that has a
result keeps it, one without gets it, and nothing that decides it can change any more. Bids of two holders
wait for the bidder's part; when the grace is over they have their result too.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from hub.bids import statement
from hub.bids.box import Box, Section
from hub.bids.delivery import BROUGHT
from hub.bids.reading import read
from hub.bids.unsealing import KeyAwayError
from hub.bids.working import Begun, Result, lots, results
from hub.errors import HubError, SenderError
from hub.faults import place
from hub.index.folding.bids import STANDING
from hub.index.folding.bids import WITHDRAWN as TAKEN_BACK
from hub.index.port import BidRow, OpeningRow
from hub.index.tokens import hexed
from hub.index.views import CENTRE
from hub.journal.entry import Kind
from hub.journal.port import Tx
from hub.message import canonical

log = logging.getLogger(__name__)
EARLY, FEW = "bid.before-deadline", "bid.too-few"
_ABREAST = 2  # lots under way for each thread: while one is being written the next is unsealed
_SETTLE, _STEP = 30.0, 0.02
OPENING, WAITING, PAUSED, DONE = "opening", "waiting", "paused", "done"


@dataclass(slots=True)
class Openings:
    """Belongs to the loop; unsealing has threads of its own (`bids_threads`)."""

    box: Box
    _running: dict[int, asyncio.Task[None]] = field(default_factory=dict)
    _paused: dict[int, str] = field(default_factory=dict)
    _open: dict[int, Section] = field(default_factory=dict)
    _again: set[int] = field(default_factory=set)

    async def begin(self, by: str, code: str, reason: str, least: int) -> dict[str, Any]:
        """Open the section, or go on with it; how far it is. Raises HubError."""
        box, section = self.box, self.box.section(code)
        owner = box.owner(code)
        if by not in (CENTRE, owner):
            raise SenderError("只能由运行该标段的系统或中心开标", code="auth.forbidden", status=403)
        if by == CENTRE and not reason:
            raise SenderError("中心代为开标须写明理由 reason", code="gate.act")
        if box.index.bids.opening(section.scope) is None:
            await self._begin(by, section, reason, least)
        self.go_on(section)
        return self.progress(section)

    async def _begin(self, by: str, section: Section, reason: str, least: int) -> None:
        box = self.box
        until = box.index.deadline(section.scope)
        if until is None:
            raise SenderError("标段(包、标的)不存在", code="section.unknown")
        if box.now() < until:
            raise SenderError("未到开标时间", code=EARLY)
        await asyncio.to_thread(box.keeper.open)
        said = statement.opening(box.log_key(), section.code, by, reason, box.now(), until)
        stamped = await box.times.proved(canonical(said))
        if int(stamped.at.timestamp() * 1e6) < until:
            raise SenderError("未到开标时间", code=EARLY)
        await self._settled(section)
        if box.index.deadline(section.scope) != until:  # postponed meanwhile: nor are they counted
            raise SenderError("未到开标时间", code=EARLY)
        # Two bids of one bidder through two systems are of one; what is not ripe is nobody's business.
        rows = box.index.bids.of_section(section.scope)
        if len({row.party for row in rows if row.state == STANDING and box.ripe(row)}) < least:
            raise SenderError(f"有效递交不足 {least} 家,不得开标", code=FEW)
        raw = canonical({"opening": said, "stamp": stamped.text})
        facts = {"section": hexed(section.scope), "by": by}

        def work(tx: Tx) -> None:
            moved = tx.index.deadline(section.scope)
            if moved != until or tx.index.bids.opening(section.scope) is not None:
                return  # postponed meanwhile, or somebody was quicker
            tx.append(Kind.BID_OPENING, box.now(), facts, raw)

        await box.writer.do(work)
        if box.index.bids.opening(section.scope) is None:
            raise SenderError("未到开标时间", code=EARLY)

    async def _settled(self, section: Section) -> None:
        """Who came before the deadline is in before the list is closed."""
        for _ in range(int(_SETTLE / _STEP)):
            if not self.box.inside.get(section.scope):
                return
            await asyncio.sleep(_STEP)

    def go_on(self, section: Section) -> None:
        """Work on what is left; who is at it looks once more when through, for what has come meanwhile."""
        self._open[section.scope] = section
        if self._at_it(section):
            self._again.add(section.scope)
            return
        self._paused.pop(section.scope, None)
        self._running[section.scope] = asyncio.get_running_loop().create_task(self._turns(section))

    async def tend(self) -> None:
        """From time to time: parts whose grace is over, bids whose own deadline has come."""
        for section in list(self._open.values()):
            at_it = self._at_it(section)
            if not at_it and section.scope not in self._paused and self._due(section):
                self.go_on(section)

    async def resume(self) -> None:
        """After a start: go on with what was begun."""
        for scope in self.box.index.bids.unfinished():
            begun = self.box.index.bids.opening(scope)
            if begun is not None:
                self.go_on(self.box.section(self.box.begun(begun)["opening"]["section"]))

    async def close(self) -> None:
        """What is under way is left where it is; nothing half is ever written."""
        tasks = [one for one in self._running.values() if not one.done()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def progress(self, section: Section) -> dict[str, Any]:
        """How far it is: numbers, and why it stands still if it does. A bid whose own deadline is still to
        come does not show in them: bringing the deadline forward lets nobody count."""
        total, done = self.box.index.bids.tally(section.scope, self.box.now())
        state = (
            OPENING
            if self._at_it(section)
            else PAUSED
            if section.scope in self._paused
            else WAITING
            if done < total
            else DONE
        )
        told = {"section": section.code, "state": state, "total": total, "done": done}
        if section.scope in self._paused:
            told["paused"] = self._paused[section.scope]
        return told

    def _at_it(self, section: Section) -> bool:
        running = self._running.get(section.scope)
        return running is not None and not running.done()

    def _due(self, section: Section) -> list[BidRow]:
        """What has no result and can have one now."""
        begun = self.box.index.bids.opening(section.scope)
        rows = self.box.index.bids.of_section(section.scope) if begun is not None else ()
        left = [row for row in rows if not row.result_entry]
        if not left:
            self._open.pop(section.scope, None)
        return [row for row in left if begun is not None and self._ripe(row, begun)]

    def _ripe(self, row: BidRow, begun: OpeningRow) -> bool:
        """A receipt that promised a later deadline is kept, though the deadline was brought forward since."""
        if not self.box.ripe(row):
            return False
        if row.state == TAKEN_BACK:
            return True
        over = self.box.now() >= begun.at + int(self.box.settings().bids_grace * 1e6)
        return row.model not in BROUGHT or bool(row.share_entry) or over

    async def _turns(self, section: Section) -> None:
        while True:
            self._again.discard(section.scope)
            await self._work(section)
            if section.scope not in self._again or section.scope in self._paused:
                return

    async def _work(self, section: Section) -> None:
        due, said = lots(self._due(section)), self.box.index.bids.opening(section.scope)
        if said is None:
            return
        begun = Begun(section, statement.named(self.box.begun(said)["opening"]))
        odd: list[Exception] = []
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(self.box.settings().bids_threads * _ABREAST):
                    group.create_task(self._some(begun, due, odd))
        except* KeyAwayError as error:
            self._paused[section.scope] = "bid.keys"
            log.error("opening stands still: %s", place(error.exceptions[0]))
        except* HubError as error:
            self._paused[section.scope] = str(getattr(error.exceptions[0], "code", "hub.internal"))
        except* Exception as error:
            self._paused[section.scope] = "hub.internal"
            log.error("opening stands still: %s", place(error.exceptions[0]))

        if odd:  # everybody else has a result
            self._paused.setdefault(section.scope, "hub.internal")
            log.error("a bid does not open, and nobody knows why: %s", place(odd[0]))

    async def _some(self, begun: Begun, due: Iterator[list[BidRow]], odd: list[Exception]) -> None:
        box, loop = self.box, asyncio.get_running_loop()
        for rows in due:
            lot = [one for row in rows if (one := read(box, row)) is not None]
            found = await loop.run_in_executor(box.pool, results, box, begun, lot)
            if found.had:
                await self._write(begun, found.had)
            odd += [] if found.odd is None else [found.odd]
            if found.stopped is not None:
                raise found.stopped

    async def _write(self, begun: Begun, had: Sequence[Result]) -> None:
        closing = self.box.closing(begun.section)

        def work(tx: Tx) -> None:
            for one in had:
                known = tx.index.bids.by_receipt(one.row.receipt)
                if known is not None and not known.result_entry:
                    tx.append(Kind.BID_RESULT, one.at, one.facts, one.raw, closing=closing)

        await self.box.writer.do(work, own=True)
