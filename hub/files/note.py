"""What is known of a file that is still coming: a line for each part, written after its bytes are durable.

A line that a power cut tore does not match its check value and ends the reading: what is not noted was not
received, whatever may lie in the data file. The table of a whole file is kept in the same form.
"""

from __future__ import annotations

import errno
import json
import os
import zlib
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Header:
    """Whose file, how long, and what its blocks are closed with; times are microseconds."""

    owner: str
    name: str
    total: int
    block: int
    salt: str
    at: int


@dataclass(frozen=True, slots=True)
class Segment:
    """A part: bytes from `start`, closed at `place` of the data file; `digest` is what its sender stated."""

    start: int
    length: int
    place: int
    fresh: str
    digest: str
    at: int

    @property
    def stop(self) -> int:
        return self.start + self.length


@dataclass(frozen=True, slots=True)
class Noted:
    """All that a note says. `size`: how much of it can be trusted; `whole`: examined and found good."""

    header: Header
    segments: tuple[Segment, ...]
    whole: bool
    size: int


def header_line(header: Header) -> bytes:
    return _line({"v": FORMAT, "file": asdict(header)})


def segment_line(segment: Segment) -> bytes:
    return _line({"part": asdict(segment)})


def whole_line() -> bytes:
    return _line({"whole": True})


def table(header: Header, segments: Iterable[Segment]) -> bytes:
    """All lines of a whole file."""
    return header_line(header) + b"".join(map(segment_line, segments)) + whole_line()


def read(raw: bytes) -> Noted | None:
    """What the lines say, as far as they are whole; None when not even the header is. Of two parts at one
    place the later one counts."""
    rows, size = [], 0
    for line in raw.splitlines(keepends=True):
        row = _row(line)
        if row is None:
            break
        rows.append(row)
        size += len(line)
    if not rows or rows[0].get("v") != FORMAT:
        return None
    parts = [Segment(**row["part"]) for row in rows if "part" in row]
    newest = {part.start: part for part in parts}
    segments = tuple(sorted(newest.values(), key=lambda part: part.start))
    return Noted(Header(**rows[0]["file"]), segments, any("whole" in row for row in rows), size)


def append(fd: int, line: bytes, at: int) -> int:
    """Write a line durably at its place; the place of the next. What fails leaves no line."""
    try:
        if os.pwrite(fd, line, at) < len(line):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        os.ftruncate(fd, at + len(line))
        os.fdatasync(fd)
    except OSError:
        os.ftruncate(fd, at)
        raise
    return at + len(line)


def _line(row: dict[str, Any]) -> bytes:
    text = json.dumps(row, sort_keys=True, separators=(",", ":")).encode("ascii")
    return b"%08x %b\n" % (zlib.crc32(text), text)


def _row(line: bytes) -> dict[str, Any] | None:
    check, _, text = line.partition(b" ")
    if not line.endswith(b"\n") or check != b"%08x" % zlib.crc32(text[:-1]):
        return None
    row: dict[str, Any] = json.loads(text)
    return row
