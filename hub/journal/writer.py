"""The one writer: a thread that gathers what has arrived, commits it as a group, and only then answers.

While one group is being flushed the next one fills up: that is the whole of group commit, without
timers. The queue is bounded; when it is full the caller is told to come back, and memory stays flat.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from hub.errors import HubError, OverloadError
from hub.failpoints import FailPoints
from hub.faults import place
from hub.journal.port import Store, Tx

log = logging.getLogger(__name__)
Result = TypeVar("Result")
GROUP = 256


@dataclass(slots=True)
class _Job:
    work: Callable[[Tx], Any]
    done: asyncio.Future[Any]
    own: bool


class Writer:
    """Runs pieces of work in the writer thread. `woken` is called on the loop after each commit."""

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
        self._limit = limit
        self._asked = 0  # callers' pieces not settled yet; touched on the loop only
        self._closing = False
        self._queue: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self.commits = 0
        self._thread = threading.Thread(target=self._run, name="hub-writer", daemon=True)
        self._thread.start()

    @property
    def depth(self) -> int:
        return self._asked

    async def do(self, work: Callable[[Tx], Result], *, own: bool = False) -> Result:
        """Run `work` in the next group; returns when that is durable.

        Raises OverloadError when the queue is full, and whatever `work` raises (its piece alone is undone).
        The hub's `own` work (outcomes of calls already made, bounded by the lanes) is never turned away.
        """
        if self._closing:
            raise OverloadError("正在停机 / closing", code="hub.draining", retry_after=10)
        if not own and self._asked >= self._limit:
            raise OverloadError("写入队列已满,请稍后重试 / queue is full", retry_after=1)
        job = _Job(work, self._loop.create_future(), own)
        self._asked += not own
        self._queue.put(job)
        result: Result = await job.done
        return result

    async def close(self) -> None:
        """Finish what is queued, then stop."""
        self._closing = True
        self._queue.put(None)
        await asyncio.to_thread(self._thread.join)

    def _run(self) -> None:
        ending = False
        while not ending:
            jobs: list[_Job] = []
            first = self._queue.get()
            while first is not None:
                jobs.append(first)
                if len(jobs) >= GROUP:
                    break
                try:
                    first = self._queue.get_nowait()
                except queue.Empty:
                    break
            ending = first is None
            if jobs:
                self._commit(jobs)

    def _commit(self, jobs: list[_Job]) -> None:
        settled: list[tuple[_Job, Any, BaseException | None]] = []
        woken: frozenset[str] = frozenset()
        try:
            group = self._store.begin()
            try:
                settled = [self._piece(group, job) for job in jobs]
                self._failpoints.hit("before-commit")
                woken = group.commit()
            except BaseException:
                group.rollback()
                raise
            self.commits += 1
            self._failpoints.hit("after-commit")
        except Exception as error:
            # The store itself failed (disk full, file gone): nobody in this group was acknowledged.
            log.error("group not committed: %s", place(error))
            told = OverloadError("存储暂不可用 / store unavailable", retry_after=5)
            told.__cause__ = error
            settled = [(job, None, told) for job in jobs]
        self._loop.call_soon_threadsafe(self._settle, settled, woken)

    def _piece(self, group: Any, job: _Job) -> tuple[_Job, Any, BaseException | None]:
        try:
            with group.piece() as tx:
                return job, job.work(tx), None
        except HubError as error:
            return job, None, error
        except Exception as error:
            log.error("piece of work failed: %s", place(error))
            return job, None, error

    def _settle(self, settled: list[tuple[_Job, Any, BaseException | None]], woken: frozenset[str]) -> None:
        for job, result, error in settled:
            self._asked -= not job.own
            if job.done.done():
                continue
            if error is None:
                job.done.set_result(result)
            else:
                job.done.set_exception(error)
        if woken:
            self._woken(woken)
