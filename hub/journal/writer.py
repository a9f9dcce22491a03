"""The one writer: gathers what has arrived, commits it as a group, and only then answers.

While one group is being flushed the next one fills up: that is the whole of group commit, without
timers. Short pieces run where they were asked for, on the loop: handed to another thread, each of their
statements would let go of the interpreter and have to win it back (measured: twice the processor time).
Only the flush, which waits for the disk, has its own thread. What may take long runs there too, each
piece undone alone if it fails. The queue is bounded; when it is full the caller is told to come back.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from hub.errors import HubError, OverloadError
from hub.failpoints import FailPoints
from hub.faults import place
from hub.journal.port import Group, Store, Tx

log = logging.getLogger(__name__)
Result = TypeVar("Result")
RESERVE = 10  # one place in so many of the queue is for urgent work only
GROUP = 128  # pieces flushed together; on the loop they run without a pause


@dataclass(slots=True)
class _Job:
    work: Callable[[Tx], Any]
    done: asyncio.Future[Any]
    own: bool
    long: bool


@dataclass(slots=True)
class _Settled:
    job: _Job
    result: Any = None
    error: BaseException | None = None


class Writer:
    """Runs pieces of work one after another. `woken` is called on the loop after each commit."""

    def __init__(
        self,
        store: Store,
        *,
        limit: int,
        failpoints: FailPoints,
        woken: Callable[[frozenset[str]], None],
    ) -> None:
        self._store = store
        self._failpoints = failpoints
        self._woken = woken
        self._loop = asyncio.get_running_loop()
        self.limit = limit  # may change while running
        # The next four are touched on the loop only.
        self._asked = 0  # callers' pieces not settled yet
        self._jobs: deque[_Job] = deque()
        self._busy = False  # a group is open, or about to be opened
        self._closing = False
        self._idle = asyncio.Event()
        self._queue: queue.SimpleQueue[list[_Job] | tuple[Group, list[_Settled]] | None] = queue.SimpleQueue()
        self.commits = 0
        self._thread = threading.Thread(target=self._run, name="hub-writer", daemon=True)
        self._thread.start()

    @property
    def depth(self) -> int:
        return self._asked

    async def do(
        self, work: Callable[[Tx], Result], *, own: bool = False, long: bool = False, urgent: bool = False
    ) -> Result:
        """Run `work` in the next group; returns when that is durable.

        Raises OverloadError when the queue is full, and whatever `work` raises (its piece alone is undone).
        The hub's `own` work (outcomes of calls already made, bounded by the lanes) is never turned away;
        the last tenth of the queue is kept for what is `urgent`.
        Work may run twice, the first time for nothing; `long` work never runs on the loop.
        """
        if self._closing:
            raise OverloadError("正在停机 / closing", code="hub.draining", retry_after=10)
        if not own and self._asked >= (self.limit if urgent else self.limit - self.limit // RESERVE):
            raise OverloadError("写入队列已满,请稍后重试 / queue is full", retry_after=1)
        job = _Job(work, self._loop.create_future(), own, long)
        self._asked += not own
        self._jobs.append(job)
        if not self._busy:
            self._busy = True
            self._loop.call_soon(self._next)  # after whoever else is ready now has asked, too
        result: Result = await job.done
        return result

    async def close(self) -> None:
        """Finish what is queued, then stop."""
        self._closing = True
        while self._busy:
            self._idle.clear()
            await self._idle.wait()
        self._queue.put(None)
        await asyncio.to_thread(self._thread.join)

    def _next(self) -> None:
        """Open the next group, or say that there is none."""
        if not self._jobs:
            self._busy = False
            self._idle.set()
            return
        jobs = self._group()
        self._queue.put(jobs if jobs[0].long else self._together(jobs))

    def _group(self) -> list[_Job]:
        """The next pieces in their order, all long or all short: a short one dragged into the thread with a
        tree head costs twice as much (measured: one in six was, with a head a second)."""
        jobs = self._jobs
        group = [jobs.popleft()]
        while jobs and len(group) < GROUP and jobs[0].long is group[0].long:
            group.append(jobs.popleft())
        return group

    def _together(self, jobs: list[_Job]) -> list[_Job] | tuple[Group, list[_Settled]]:
        """Run them here; the jobs as they came if that cannot be, to be run each by itself in the thread."""
        group: Group | None = None
        try:
            group = self._store.begin_now()
            if group is None:
                return jobs
            tx = group.together()
            settled = [_Settled(job, job.work(tx)) for job in jobs]
            group.ready()
        except Exception:
            if group is not None:
                group.rollback()
            return jobs
        return group, settled

    def _run(self) -> None:
        while (task := self._queue.get()) is not None:
            jobs = task if isinstance(task, list) else [one.job for one in task[1]]
            woken: frozenset[str] = frozenset()
            try:
                group, settled = self._apart(task) if isinstance(task, list) else task
                woken = self._flush(group)
            except Exception as error:
                # The store itself failed (disk full, file gone): nobody in this group was acknowledged.
                log.error("group not committed: %s", place(error))
                told = OverloadError("存储暂不可用 / store unavailable", retry_after=5)
                told.__cause__ = error
                settled = [_Settled(job, None, told) for job in jobs]
            self._loop.call_soon_threadsafe(self._settle, settled, woken)

    def _apart(self, jobs: list[_Job]) -> tuple[Group, list[_Settled]]:
        group = self._store.begin()
        try:
            return group, [self._piece(group, job) for job in jobs]
        except BaseException:
            group.rollback()
            raise

    def _flush(self, group: Group) -> frozenset[str]:
        try:
            self._failpoints.hit("before-commit")
            woken = group.commit()
        except BaseException:
            group.rollback()
            raise
        self.commits += 1
        self._failpoints.hit("after-commit")
        return woken

    def _piece(self, group: Group, job: _Job) -> _Settled:
        try:
            with group.piece() as tx:
                return _Settled(job, job.work(tx))
        except HubError as error:
            return _Settled(job, None, error)
        except Exception as error:
            log.error("piece of work failed: %s", place(error))
            return _Settled(job, None, error)

    def _settle(self, settled: list[_Settled], woken: frozenset[str]) -> None:
        for one in settled:
            self._asked -= not one.job.own
            if one.job.done.done():
                continue
            if one.error is None:
                one.job.done.set_result(one.result)
            else:
                one.job.done.set_exception(one.error)
        if woken:
            self._woken(woken)
        self._next()
