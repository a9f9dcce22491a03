"""Reading a file as it lies on the disk: any range of it, one block in memory at a time."""

from __future__ import annotations

import io
import os
import zlib
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from hub.files.cipher import TAG, Cipher, DamagedFileError
from hub.files.note import Header, Segment, read

_MAGIC = b"HTFILE1\n"
_TAIL = len(_MAGIC) + 12


class Opened:
    """An open file; `close` it. Of an incoming one only the parts given can be read."""

    def __init__(self, fd: int, key: bytes, header: Header, segments: Sequence[Segment]) -> None:
        self._fd = fd
        self._cipher = Cipher(key, header.name, bytes.fromhex(header.salt))
        self._block = header.block
        self._segments = [part for part in segments if part.length]
        self._starts = [part.start for part in self._segments]
        self.size = header.total

    def __enter__(self) -> Opened:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        os.close(self._fd)

    def pieces(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """The plain bytes of a range, block by block; raises DamagedFileError."""
        end = self.size if stop is None else min(stop, self.size)
        while start < end:
            piece = self.some(start)[: end - start]
            yield piece
            start += len(piece)

    def some(self, at: int) -> bytes:
        """From `at` to the end of the block it lies in; empty at the end of the file."""
        if at >= self.size:
            return b""
        part = self._segments[bisect_right(self._starts, at) - 1] if self._segments else None
        if part is None or not part.start <= at < part.stop:
            raise DamagedFileError("附件存储不完整 / a stored file has a gap")
        number, within = divmod(at - part.start, self._block)
        length = min(self._block, part.length - number * self._block)
        closed = os.pread(self._fd, length + TAG, part.place + number * (self._block + TAG))
        return self._cipher.open(bytes.fromhex(part.fresh), number, closed)[within:]


class Plain(io.RawIOBase):
    """The same as a file object, for readers that jump about (archives, images). One block is remembered."""

    def __init__(self, opened: Opened) -> None:
        super().__init__()
        self._opened = opened
        self._at = 0
        self._kept: tuple[int, bytes] = (0, b"")

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._opened.size}[whence]
        if base + offset < 0:
            raise ValueError("negative seek position")
        self._at = base + offset
        return self._at

    def readinto(self, buffer: Any, /) -> int:
        view = memoryview(buffer).cast("B")
        start, data = self._kept
        if not start <= self._at < start + len(data):
            start, data = self._kept = (self._at, self._opened.some(self._at))
        piece = data[self._at - start :][: len(view)]
        view[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)


def tail(table: bytes) -> bytes:
    """What is put behind the closed bytes of a whole file, so that it can be opened by itself."""
    return table + b"%08x" % zlib.crc32(table) + len(table).to_bytes(4, "big") + _MAGIC


def open_whole(path: Path, key: bytes) -> Opened:
    """Raises DamagedFileError when this is no whole file of ours, OSError when there is none."""
    fd = os.open(path, os.O_RDONLY)
    try:
        end = os.fstat(fd).st_size
        last = os.pread(fd, _TAIL, max(0, end - _TAIL))
        size = int.from_bytes(last[8:12], "big")
        table = os.pread(fd, size, max(0, end - _TAIL - size))
        noted = read(table) if last == tail(table)[len(table) :] else None
        if noted is None or not noted.whole:
            raise DamagedFileError("附件存储已损坏 / a stored file is damaged")
        return Opened(fd, key, noted.header, noted.segments)
    except BaseException:
        os.close(fd)
        raise
