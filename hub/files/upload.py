"""One file on its way in: parts appended to a data file as they come, noted when they are durable.

Parts may come in any order. Each is closed and written behind what is there already, never over it: a
part that breaks off leaves bytes that nothing points at, and the next one is written in their place. So a
hub that dies at any moment finds exactly what it noted, and its notes are true.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

from hub.durable import settle_folder
from hub.files import note
from hub.files.cipher import FRESH, Cipher, closed_size
from hub.files.name import Name, Running, running
from hub.files.note import Header, Segment
from hub.files.ranges import Range, merged, missing
from hub.files.stored import Opened, tail

DATA, NOTE = ".data", ".note"


@dataclass(slots=True)
class Upload:
    """`base` is the path of its two files without their endings; `end` where the next part is written.

    `digest` has seen the first `seen` bytes, as long as parts came in order in this life of the hub. `last`
    has come behind `end` and completes it, but is not durable: its sender hears nothing until all is.
    """

    header: Header
    base: Path
    noted: int
    segments: dict[int, Segment] = field(default_factory=dict)
    whole: bool = False
    end: int = 0
    digest: Running | None = None
    seen: int = 0
    gone: bool = False
    last: Segment | None = None
    settled: bool = False
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    @classmethod
    def begin(cls, base: Path, header: Header) -> Upload:
        """Make its two files; durable with the first part that is noted, nobody is told of them before."""
        base.with_suffix(DATA).touch(mode=0o600)
        base.with_suffix(NOTE).touch(mode=0o600)
        line = note.header_line(header)
        with _held(base.with_suffix(NOTE)) as fd:
            _write(fd, line, 0)
        return cls(header, base, len(line), digest=running(header.name.partition(":")[0]))

    @classmethod
    def found(cls, path: Path) -> Upload | None:
        """What a note says about an earlier life; None when it says nothing that can be trusted."""
        noted = note.read(path.read_bytes())
        if noted is None:
            return None
        segments = {part.start: part for part in noted.segments}
        upload = cls(noted.header, path.with_suffix(""), noted.size, segments, noted.whole, settled=True)
        upload.end = max((upload._after(part) for part in noted.segments), default=0)
        return upload

    @property
    def name(self) -> Name:
        name = Name.of(self.header.name)
        assert name is not None  # noqa: S101 - notes are written from names
        return name

    @property
    def touched(self) -> int:
        """When something last came."""
        return max((part.at for part in self.segments.values()), default=self.header.at)

    def ranges(self) -> list[Range]:
        return merged((part.start, part.stop) for part in self.segments.values())

    def missing(self) -> list[Range]:
        return missing(self.ranges(), self.header.total)

    def completed_by(self, start: int, stop: int) -> bool:
        """Would nothing be missing with these bytes?"""
        return not missing([*self.ranges(), (start, stop)], self.header.total)

    @property
    def complete(self) -> bool:
        return self.last is not None or not self.missing()

    def opened(self, key: bytes) -> Opened:
        fd = os.open(self.base.with_suffix(DATA), os.O_RDONLY)
        return Opened(fd, key, self.header, self._parts())

    def finish(self) -> None:
        """Its digest and content were found good: put the table behind the data, and only then say so."""
        end = self.end if self.last is None else self._after(self.last)
        with _held(self.base.with_suffix(DATA)) as fd:
            os.ftruncate(fd, end)
            _write(fd, tail(note.table(self.header, self._parts())), end)
            os.fdatasync(fd)
        said = b"" if self.last is None else note.segment_line(self.last)
        self._note(said + note.whole_line())
        if self.last is not None:
            self.segments[self.last.start], self.last, self.end = self.last, None, end
        self.whole = True

    def forget(self) -> None:
        """The last part could not be kept: nobody was told that it was there, or of a file of one part."""
        if self.last is not None:
            self.last = self.digest = None
            with _held(self.base.with_suffix(DATA)) as fd:
                os.ftruncate(fd, self.end)
            if not self.segments:
                self.drop()

    def drop(self) -> None:
        """Nothing is left of it."""
        self.gone = True
        self.base.with_suffix(DATA).unlink(missing_ok=True)
        self.base.with_suffix(NOTE).unlink(missing_ok=True)

    def take(self, segment: Segment) -> None:
        """A part whose bytes are durable."""
        self._note(note.segment_line(segment))
        self.segments[segment.start] = segment
        self.end = self._after(segment)

    def _after(self, part: Segment) -> int:
        return part.place + closed_size(part.length, self.header.block)

    def _parts(self) -> list[Segment]:
        last = {} if self.last is None else {self.last.start: self.last}
        return sorted((self.segments | last).values(), key=lambda part: part.start)

    def _note(self, line: bytes) -> None:
        """Durably, and the names of its files before the first line that counts."""
        if not self.settled:
            settle_folder(self.base.parent)
            self.settled = True
        with _held(self.base.with_suffix(NOTE)) as fd:
            self.noted = note.append(fd, line, self.noted)


class Part:
    """The bytes of one part, closed and written as they come; `keep` or `abandon` it. Runs in a thread."""

    def __init__(self, upload: Upload, key: bytes, start: int, stated: str, fresh: bytes) -> None:
        self._upload = upload
        self._cipher = Cipher(key, upload.header.name, bytes.fromhex(upload.header.salt))
        self._fresh = fresh[:FRESH]
        self._start, self._length, self._blocks = start, 0, 0
        self._stated = stated
        self._place = self._at = upload.end
        self._own = running(stated.partition(":")[0])
        # The digest of the whole goes on with a copy: what breaks off must not have been counted.
        follows = upload.digest is not None and upload.seen == start
        self._whole = upload.digest.copy() if follows and upload.digest is not None else None
        self._fd = os.open(upload.base.with_suffix(DATA), os.O_RDWR)
        # Whoever gives up does not wait for the thread: no write may meet a descriptor that is another's.
        self._turn, self._open = Lock(), True

    @property
    def observed(self) -> str:
        return f"{self._stated.partition(':')[0]}:{self._own.hexdigest()}"

    @property
    def length(self) -> int:
        return self._length

    def write(self, piece: bytes) -> None:
        """A whole block, or the last piece; raises OSError when the disk is full."""
        closed = self._cipher.close(self._fresh, self._blocks, piece)
        with self._turn:
            if not self._open:
                return
            _write(self._fd, closed, self._at)
        self._own.update(piece)
        if self._whole is not None:
            self._whole.update(piece)
        self._at += len(closed)
        self._blocks += 1
        self._length += len(piece)

    def keep(self, now: int, before_note: Callable[[], None]) -> None:
        """Durably; but a part that completes its file becomes so with the whole of it (`finish`)."""
        fresh = self._fresh.hex()
        segment = Segment(self._start, self._length, self._place, fresh, self._stated, now)
        with self._turn:
            if self._upload.completed_by(segment.start, segment.stop):
                before_note()
                self._upload.last = segment
            else:
                os.fdatasync(self._fd)
                before_note()
                self._upload.take(segment)
            if self._whole is not None:
                self._upload.digest, self._upload.seen = self._whole, self._start + self._length
            self._close()

    def abandon(self) -> None:
        """Give its room back, if it was not kept; a disk that fails takes no descriptor with it."""
        with self._turn:
            if self._open:
                with contextlib.suppress(OSError):
                    os.ftruncate(self._fd, self._upload.end)
                self._close()

    def _close(self) -> None:
        self._open = False
        os.close(self._fd)


@contextmanager
def _held(path: Path) -> Iterator[int]:
    """A descriptor for a while."""
    fd = os.open(path, os.O_RDWR)
    try:
        yield fd
    finally:
        os.close(fd)


def _write(fd: int, data: bytes, at: int) -> None:
    """All of it; a disk that takes only half says so at the other half."""
    view = memoryview(data)
    while view:
        done = os.pwrite(fd, view, at)
        view, at = view[done:], at + done
