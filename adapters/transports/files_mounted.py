"""`FILES` in a folder of this machine, mounted or not: `file:///path`. The folder itself must be there.

Links are followed only as long as they stay inside, since whoever lays files down may lay down links.
"""

from __future__ import annotations

import errno
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

from adapters.transports.files import Folder, carry_files
from adapters.transports.places import door
from adapters.transports.said import Refused
from adapters.transports.threads import Threads
from hub.delivery.transport import TransportError
from hub.durable import settle_folder
from hub.ports import Bounds, Onward, Place, WireReply, WireRequest

Value = TypeVar("Value")
_WORDS = {
    errno.EACCES: "right",
    errno.EPERM: "right",
    errno.EROFS: "right",
    errno.ENOENT: "absent",
    errno.ENOTDIR: "absent",
    errno.EISDIR: "conflict",
    errno.EEXIST: "conflict",
    errno.ENAMETOOLONG: "value",
    errno.ENOSPC: "full",
    errno.EDQUOT: "full",
}
# A file system without hard links: then looking and renaming are two steps.
_NO_LINKS = {errno.EPERM, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSUP, errno.EMLINK}


class Mounted:
    """Files on this machine, as they are."""

    methods = frozenset({"FILES"})

    def __init__(self) -> None:
        self._threads = Threads("files")

    async def carry(self, place: Place, request: WireRequest, bounds: Bounds) -> WireReply:
        """Raises TransportError."""
        root = Path(door(place, "file", 0).path)
        return await carry_files(_opened(root, self._threads), request, bounds)

    async def close(self) -> None:
        """Nothing but the threads is kept between requests."""
        self._threads.close()


@asynccontextmanager
async def _opened(root: Path, threads: Threads) -> AsyncIterator[Folder]:
    if not await threads.start(root.is_dir):
        raise TransportError("network.refused", sent=False)  # the mount is away
    yield _Folder(await threads.start(root.resolve), threads)


class _Folder:
    """See `files.Folder`; each step in a thread, since a mount may take its time."""

    def __init__(self, root: Path, threads: Threads) -> None:
        self.root, self.threads = root, threads

    async def size(self, path: str) -> int | None:
        return await self._do(lambda place: place.stat().st_size if place.exists() else None, path)

    async def write(self, path: str, content: bytes) -> None:
        def work(place: Path) -> None:
            place.parent.mkdir(parents=True, exist_ok=True)
            with place.open("xb") as handle:
                handle.write(content)
                handle.flush()
                os.fsync(handle.fileno())

        await self._do(work, path)

    async def rename(self, old: str, new: str) -> bool:
        return await self._do(lambda place: _moved(self._inside(old), place), new)

    async def remove(self, path: str) -> None:
        await self._do(lambda place: place.unlink(missing_ok=True), path)

    async def names(self, folder: str) -> list[tuple[str, int]]:
        def work(place: Path) -> list[tuple[str, int]]:
            if not place.is_dir():
                return []
            with os.scandir(place) as rows:
                return [(row.name, row.stat().st_size) for row in rows if row.is_file()]

        return await self._do(work, folder)

    async def read(self, path: str, most: int) -> bytes | None:
        def work(place: Path) -> bytes | None:
            if not place.is_file():
                return None
            with place.open("rb") as handle:
                return handle.read(most + 1)

        return await self._do(work, path)

    def _inside(self, path: str) -> Path:
        place = self.root / path
        if not place.resolve().is_relative_to(self.root):
            raise Refused("right")
        return place

    async def _do(self, work: Callable[[Path], Value], path: str) -> Value:
        try:
            return await self.threads.start(lambda: work(self._inside(path)))
        except OSError as error:
            word = _WORDS.get(error.errno or 0)
            if word is None:
                raise
            raise Refused(word) from error


def _moved(draft: Path, place: Path) -> bool:
    """Give the draft its name, never another file's."""
    try:
        os.link(draft, place)
    except FileExistsError:
        return False
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        if place.exists():
            return False
        draft.rename(place)
    else:
        draft.unlink()
    settle_folder(place.parent)
    return True


def carrier(onward: Onward) -> Mounted:
    """For the entry point."""
    return Mounted()
