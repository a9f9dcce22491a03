"""Taking files in: parts as they come, one piece in memory, nothing believed that was not made durable."""

from __future__ import annotations

import asyncio
import errno
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from hub.errors import HubError, OverloadError
from hub.failpoints import FailPoints
from hub.faults import place
from hub.files.arrival import Arrivals
from hub.files.cipher import FRESH, SALT
from hub.files.name import Name, running
from hub.files.offer import CONTENT, PARTS, Offer, Progress, check, refused
from hub.files.quota import Quota
from hub.files.ranges import overlap
from hub.files.shelf import Shelf
from hub.files.upload import Part, Upload
from hub.index.port import FileRow
from hub.message import Finding

log = logging.getLogger(__name__)
Result = TypeVar("Result")
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes in bytes, `expiry` in seconds."""

    largest: int
    part: int
    parts: int
    streams: int
    streams_each: int
    expiry: float
    reserve: int


class Files:
    """All files on their way. Belongs to the loop; whatever touches the disk has threads of its own."""

    def __init__(
        self,
        shelf: Shelf,
        arrivals: Arrivals,
        quota: Quota,
        limits: Limits,
        *,
        clock: Callable[[], datetime],
        fresh: Callable[[int], bytes],
        failpoints: FailPoints,
        threads: ThreadPoolExecutor,
    ) -> None:
        self.shelf, self._arrivals, self._quota, self._limits = shelf, arrivals, quota, limits
        self._clock, self._fresh, self._failpoints = clock, fresh, failpoints
        self._threads = threads
        self._uploads = {(one.header.owner, one.header.name): one for one in shelf.waiting()}
        self._streams: dict[str, int] = {}
        self._opening = asyncio.Lock()

    async def run(self, work: Callable[..., Result], *given: Any) -> Result:
        """Off the loop; a full disk is told as what it is."""
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work, *given)
        except OSError as error:
            raise _full(error) from error

    def progress(self, owner: str, name: Name) -> Progress | None:
        """How far this member's own sending is; of nobody else's."""
        row = self._arrivals.row(owner, name)
        if row is not None:
            return _there(name, row)
        upload = self._uploads.get((owner, name.text))
        if upload is None:
            return None
        return Progress(name, upload.header.total, tuple(upload.ranges()), tuple(upload.missing()))

    async def receive(self, offer: Offer, body: AsyncIterator[bytes]) -> Progress:
        """Take one part; with the last one the file is examined, and its arrival durable when this returns.

        Raises SenderError, and HubError 507 for a full disk; nothing that was there before is lost by it.
        """
        check(offer, self._limits.largest, self._limits.part)
        with self.stream(offer.owner):
            upload = await self._upload(offer)
            if upload is None:
                await self._again(offer, body)
            else:
                async with upload.lock:
                    await self._take(upload, offer, body)
        found = self.progress(offer.owner, offer.name)
        if found is None:
            raise OverloadError("请重新查询后再传 / ask again", retry_after=1)
        return Progress(
            found.name, found.total, found.ranges, found.missing, found.hub_id, upload is not None
        )

    @contextmanager
    def stream(self, member: str) -> Iterator[None]:
        """A place among those that may send or fetch now; raises OverloadError."""
        mine = self._streams.get(member, 0)
        if mine >= self._limits.streams_each or sum(self._streams.values()) >= self._limits.streams:
            raise OverloadError("同时收发的附件过多 / too many at once", code="hub.busy", retry_after=2)
        self._streams[member] = mine + 1
        try:
            yield
        finally:
            self._streams[member] -= 1
            if not self._streams[member]:
                del self._streams[member]

    async def _upload(self, offer: Offer) -> Upload | None:
        """The file this part belongs to, begun if it is the first; None for one that came whole before."""
        async with self._opening:
            if self._arrivals.row(offer.owner, offer.name) is not None:
                return None
            key = (offer.owner, offer.name.text)
            upload = self._uploads.get(key)
            if upload is None:
                mine = [one for one in self._uploads.values() if one.header.owner == offer.owner]
                self._quota.admit(offer.owner, offer.total, mine, self._clock())
                self._room(0)
                given = (offer.owner, offer.name, offer.total, self._fresh(SALT), self._now())
                upload = self._uploads[key] = await self.run(self.shelf.begin, *given)
        if upload.header.total != offer.total:
            raise refused(
                409, "file.total", "/headers/Content-Range", str(upload.header.total), str(offer.total),
                "同一附件的各分片须写同一总长", PARTS,
            )  # fmt: skip
        return upload

    async def _take(self, upload: Upload, offer: Offer, body: AsyncIterator[bytes]) -> None:
        known = upload.segments.get(offer.start)
        same = known is not None and (known.stop, known.digest) == (offer.stop, offer.stated)
        if upload.gone or upload.whole or same:
            await self._again(offer, body)
        else:
            await self._part(upload, offer, body)
        if not upload.gone and upload.complete:
            await self._complete(upload)

    async def _part(self, upload: Upload, offer: Offer, body: AsyncIterator[bytes]) -> None:
        others = [(one.start, one.stop) for one in upload.segments.values()]
        replaced = (offer.start, offer.stop) in others
        if not replaced and overlap((offer.start, offer.stop), others):
            raise refused(
                409, "file.part-overlap", "/headers/Content-Range", "已收分片以外的范围",
                f"{offer.start}-{offer.stop - 1}", "按 missing 补传所缺范围", PARTS,
            )  # fmt: skip
        if len(others) >= self._limits.parts and not replaced:
            raise refused(
                422, "file.parts", "/headers/Content-Range", f"<= {self._limits.parts} 片",
                str(len(others) + 1), "加大分片", PARTS,
            )  # fmt: skip
        self._quota.allow(offer.owner, 0, self._clock())
        self._room(offer.stop - offer.start)
        if replaced:
            upload.digest = None
        part = Part(upload, self.shelf.key, offer.start, offer.stated, self._fresh(FRESH))
        try:
            async for piece in blocks(body, upload.header.block):
                await self.run(part.write, piece)
            _compare(offer, part.length, part.observed)
            await self.run(part.keep, self._now(), lambda: self._failpoints.hit("file-written"))
        except BaseException:
            self._quota.waste(offer.owner, part.length, self._clock())
            part.abandon()
            raise

    async def _again(self, offer: Offer, body: AsyncIterator[bytes]) -> None:
        """What is there already still has to come, and to be what its sender signed."""
        own, length = running(offer.stated.partition(":")[0]), 0
        async for piece in body:
            own.update(piece)
            length += len(piece)
        self._quota.waste(offer.owner, length, self._clock())
        _compare(offer, length, f"{offer.stated.partition(':')[0]}:{own.hexdigest()}")

    async def _complete(self, upload: Upload) -> None:
        """All is there: the file is kept, or refused and gone. Whoever is called away meanwhile waits until
        the threads have let go of it: the next part would be written beside them."""
        working = asyncio.ensure_future(self._arrivals.complete(upload, self.run))
        try:
            await asyncio.shield(working)
        except asyncio.CancelledError:
            await asyncio.gather(working, return_exceptions=True)
            raise
        finally:
            if not upload.gone:
                await self.run(upload.forget)
            if upload.gone:
                self._uploads.pop((upload.header.owner, upload.header.name), None)

    async def resume(self) -> None:
        """What had come whole is brought to its end without its sender: after a start, and when it failed."""
        for upload in list(self._uploads.values()):
            if upload.missing() or upload.lock.locked():
                continue
            async with upload.lock:
                try:
                    await self._complete(upload)
                except HubError as error:
                    log.warning("a file that had come was not kept: %s", error.code)
                except Exception as error:
                    log.error("a file that had come: %s", place(error))

    async def tend(self) -> None:
        """From time to time."""
        await self.resume()
        await self.expire()
        await self.erase()
        await self.run(self.shelf.clear)

    async def erase(self) -> None:
        """Take off the shelf what went with a person, but nothing that somebody is sending just now: none
        begins meanwhile, and who has ended is in the index."""
        async with self._opening:
            coming = {one.header.name for one in self._uploads.values()}
            for text in sorted(self._arrivals.erased() - coming):
                if (name := Name.of(text)) is not None:
                    await self.run(self.shelf.erase, name)

    async def expire(self) -> None:
        """Clear what was begun and never went on; what came whole is never cleared."""
        oldest = self._now() - int(self._limits.expiry * 1e6)
        async with self._opening:
            for key, upload in list(self._uploads.items()):
                if upload.touched < oldest and not upload.whole and not upload.lock.locked():
                    async with upload.lock:
                        await self.run(upload.drop)
                        del self._uploads[key]

    async def close(self) -> None:
        await asyncio.to_thread(self._threads.shutdown)
        self._arrivals.close()

    def _room(self, size: int) -> None:
        """The journal shares the disk, and comes first."""
        if self.shelf.room() - size < self._limits.reserve:
            raise _full(OSError(errno.ENOSPC, ""))

    def _now(self) -> int:
        return int(self._clock().timestamp() * 1_000_000)


async def blocks(body: AsyncIterator[bytes], size: int) -> AsyncIterator[bytes]:
    """The same bytes in pieces of exactly `size`, the last one shorter."""
    held = bytearray()
    async for piece in body:
        held += piece
        while len(held) >= size:
            yield bytes(held[:size])
            del held[:size]
    if held:
        yield bytes(held)


def _there(name: Name, row: FileRow) -> Progress:
    return Progress(name, row.size, ((0, row.size),) if row.size else (), (), row.hub_id)


def _compare(offer: Offer, length: int, observed: str) -> None:
    if length != offer.stop - offer.start:
        raise refused(
            400, "file.part-length", "/headers/Content-Range", f"{offer.stop - offer.start} B",
            f"{length} B", "请求体长度须与 Content-Range 一致", PARTS,
        )  # fmt: skip
    if observed != offer.stated:
        raise refused(
            422, "file.part-digest", "/headers/X-Hutong-Body", offer.stated, observed,
            "分片在途中变了,请重传这一片", CONTENT,
        )  # fmt: skip


def _full(error: OSError) -> HubError:
    if error.errno not in _FULL:
        return OverloadError("附件存储暂不可用 / file store unavailable", code="hub.busy", retry_after=30)
    advice = "磁盘将满:已收分片都在,待中心清出空间后从 missing 续传"
    finding = Finding("file.disk-full", "", "可用空间", "不足", advice, CONTENT)
    return HubError(advice, code="file.disk-full", status=507, findings=(finding,), retry_after=300)
