"""A file that came whole is looked at once, before anybody else may have it.

What it is, its own first bytes say; what its sender calls it counts for nothing. Documents that neither
unpack nor claim a size (PDF) are not opened.
"""

from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from hub.files.archives import Look, RefusedFileError, Spool, budget_of, buffered, is_archive
from hub.files.bounds import Bounds
from hub.files.cipher import FRESH, KEY, SALT, Cipher, closed_size
from hub.files.images import sizes
from hub.files.note import Header, Segment
from hub.files.stored import Opened, Plain
from hub.message import Finding

_BLOCK = 65536


def examine(opened: Opened, bounds: Bounds, room: Path, fresh: Callable[[int], bytes]) -> tuple[Finding, ...]:
    """Why this file is not taken; empty when it is. Inner archives are laid out, closed, in `room`."""
    file = buffered(Plain(opened))

    def each(beginning: bytes, at: str) -> None:
        _claims(io.BytesIO(beginning), bounds, at)

    try:
        _claims(file, bounds, "")
        if is_archive(file, opened.size):
            look = Look(bounds, lambda: _spool(room, fresh), each)
            look.into(file, budget_of(opened.size, bounds))
    except RefusedFileError as error:
        return (error.finding,)
    return ()


def _claims(file: BinaryIO, bounds: Bounds, at: str) -> None:
    for page, (width, height) in enumerate(sizes(file, bounds.image_pages)):
        expected = ""
        if page >= bounds.image_pages:
            expected, observed = f"<= {bounds.image_pages} 页", f"> {page} 页"
        elif max(width, height) > bounds.image_side or width * height > bounds.image_pixels:
            expected = f"<= {bounds.image_pixels} 像素,一边 <= {bounds.image_side}"
            observed = f"{width} x {height}"
        if expected:
            raise RefusedFileError("file.image-size", at, expected, observed, "降低图像分辨率后重新提交")


class _Room:
    """An inner archive on the disk, closed with a key nobody ever keeps."""

    def __init__(self, fd: int, fresh: Callable[[int], bytes]) -> None:
        self._fd, self._key, self._fresh = fd, fresh(KEY), fresh(FRESH)
        self._salt = fresh(SALT)
        self._cipher = Cipher(self._key, "inner", self._salt)
        self._buffer = bytearray()
        self._blocks = self._length = 0

    def write(self, piece: bytes) -> None:
        self._buffer += piece
        while len(self._buffer) >= _BLOCK:
            self._put(bytes(self._buffer[:_BLOCK]))
            del self._buffer[:_BLOCK]

    def file(self) -> BinaryIO:
        if self._buffer:
            self._put(bytes(self._buffer))
            self._buffer.clear()
        header = Header("", "inner", self._length, _BLOCK, self._salt.hex(), 0)
        part = Segment(0, self._length, 0, self._fresh.hex(), "", 0)
        return buffered(Plain(Opened(self._fd, self._key, header, [part])))

    def _put(self, block: bytes) -> None:
        closed, at = self._cipher.close(self._fresh, self._blocks, block), closed_size(self._length, _BLOCK)
        view = memoryview(closed)
        while view:
            done = os.pwrite(self._fd, view, at)
            view, at = view[done:], at + done
        self._blocks += 1
        self._length += len(block)


@contextmanager
def _spool(room: Path, fresh: Callable[[int], bytes]) -> Iterator[Spool]:
    with tempfile.TemporaryFile(dir=room) as file:  # without a name: gone with the process, too
        yield _Room(file.fileno(), fresh)
