"""The last step of a file's way in: checked against its name, looked into, put on the shelf, journaled.

Each of these can be the hub's last act, and each is taken up again where it stopped: the note says
`whole` only when nothing is left that could refuse the file, from then on the hub finishes alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any, Protocol

from hub.errors import OverloadError, SenderError
from hub.failpoints import FailPoints
from hub.files.bounds import Bounds
from hub.files.cipher import DamagedFileError
from hub.files.examine import examine
from hub.files.name import Name, Running, running
from hub.files.offer import CONTENT, refused
from hub.files.shelf import Shelf
from hub.files.stored import Opened
from hub.files.upload import Upload
from hub.index.port import FileRow, Index
from hub.journal.entry import Kind
from hub.journal.port import Tx
from hub.journal.writer import Writer

_STEP = 4 * 2**20  # bytes digested between two looks at who else needs the thread


class Run(Protocol):
    """Does work off the loop, where files are written."""

    def __call__(self, work: Callable[..., Any], *given: Any) -> Awaitable[Any]: ...


class Arrivals:
    """Looking into files has one thread of its own: it may take long, and one at a time is enough."""

    def __init__(
        self,
        shelf: Shelf,
        bounds: Bounds,
        index: Index,
        writer: Writer,
        *,
        clock: Callable[[], datetime],
        fresh: Callable[[int], bytes],
        new_id: Callable[[], str],
        failpoints: FailPoints,
    ) -> None:
        self._shelf, self._bounds, self._index, self._writer = shelf, bounds, index, writer
        self._clock, self._fresh, self._new_id, self._failpoints = clock, fresh, new_id, failpoints
        self._looking = ThreadPoolExecutor(1, "hub-files-look")

    def row(self, owner: str, name: Name) -> FileRow | None:
        return self._index.file(owner, name.text)

    def erased(self) -> set[str]:
        return set(self._index.files_erased())

    async def complete(self, upload: Upload, run: Run) -> None:
        """Raises SenderError for what is not as its name says, or not what we take: it is gone then."""
        if not upload.whole:
            try:
                await self._judge(upload, run)
            except (SenderError, DamagedFileError) as error:
                await run(upload.drop)
                if isinstance(error, SenderError):
                    raise
                told = "已收分片损坏,请从头重传 / damaged, send it again"
                raise OverloadError(told, code="file.damaged", retry_after=1) from error
            await run(upload.finish)
            self._failpoints.hit("file-whole")
        await run(self._shelf.put, upload)
        self._failpoints.hit("file-placed")
        await self._writer.do(self._entry(upload))
        await run(upload.drop)

    def close(self) -> None:
        self._looking.shutdown()

    def _entry(self, upload: Upload) -> Callable[[Tx], None]:
        hub_id, header = self._new_id(), upload.header
        now = int(self._clock().timestamp() * 1_000_000)
        facts = {"hubId": hub_id, "owner": header.owner, "digest": header.name, "size": header.total}

        def work(tx: Tx) -> None:
            if tx.index.file(header.owner, header.name) is None:
                tx.append(Kind.FILE, now, facts)

        return work

    async def _judge(self, upload: Upload, run: Run) -> None:
        opened: Opened = await run(upload.opened, self._shelf.key)
        try:
            observed = await _digest(upload, opened, run)
            if observed != upload.name.value:
                raise refused(
                    422, "file.digest", "/path/digest", upload.name.text,
                    f"{upload.name.algorithm}:{observed}", "核对文件与摘要后从头重传", CONTENT,
                )  # fmt: skip
            loop = asyncio.get_running_loop()
            given = (opened, self._bounds, self._shelf.incoming, self._fresh)
            findings = await loop.run_in_executor(self._looking, examine, *given)
        finally:
            opened.close()
        if findings:
            raise SenderError(findings[0].advice, code=findings[0].code, status=422, findings=findings)


async def _digest(upload: Upload, opened: Opened, run: Run) -> str:
    """Known already if all parts came in order; otherwise from the disk, in bounded pieces."""
    if upload.digest is not None and upload.seen == opened.size:
        return upload.digest.hexdigest()
    digest = running(upload.name.algorithm)
    at = 0
    while at < opened.size:
        at = await run(_more, opened, digest, at)
    return digest.hexdigest()


def _more(opened: Opened, digest: Running, at: int) -> int:
    for piece in opened.pieces(at, at + _STEP):
        digest.update(piece)
        at += len(piece)
    return at
