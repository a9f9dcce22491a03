"""The zip around an OFD, opened within bounds.

Whatever could make two readers see two different files is a fault: two entries of one name, names that
leave the container, entries that overlap or are hidden between others. Bombs are refused before anything
is unpacked.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO

from certs.model.der import MalformedError

LARGEST = 1 << 28
MOST_ENTRIES = 20_000
LARGEST_PART = 1 << 27
MOST_UNPACKED = 1 << 29
STEEPEST = 200  # times smaller than unpacked; zeros reach 1,030, text and pictures stay far below
_FREE = 1 << 24  # what may be unpacked whatever the ratio
_SAID_AFTER, _TOO_LARGE, _OTHER_NAME = 1 << 3, 0xFFFFFFFF, 0x7075
_FAULTS = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError, RuntimeError)


@dataclass(frozen=True, slots=True, eq=False)
class Container:
    """Parts by their path from the root, without the first slash; `faults` are what is wrong with it."""

    entries: dict[str, zipfile.ZipInfo]
    faults: tuple[str, ...]
    notes: tuple[str, ...]
    archive: zipfile.ZipFile = field(repr=False)

    def part(self, path: str, most: int = LARGEST_PART) -> bytes:
        """The unpacked part; MalformedError if it cannot be had within bounds."""
        entry = self.entries.get(path)
        if entry is None:
            raise MalformedError(f"no part {path[:200]!r}")
        if entry.file_size > most:
            raise MalformedError(f"part {path[:200]!r} is larger than allowed")
        try:
            with self.archive.open(entry) as stream:
                content = stream.read(entry.file_size + 1)
        except _FAULTS as error:
            raise MalformedError(f"part {path[:200]!r} cannot be unpacked") from error
        if len(content) != entry.file_size:
            raise MalformedError(f"part {path[:200]!r} is not of the size stated")
        return content


def open_container(data: bytes) -> Container:
    """Names and sizes only; parts are unpacked when asked for."""
    if len(data) > LARGEST:
        raise MalformedError("larger than any file we read")
    try:
        archive = zipfile.ZipFile(BytesIO(data))
    except _FAULTS as error:
        raise MalformedError("not a zip container") from error
    found = archive.infolist()
    if len(found) > MOST_ENTRIES:
        raise MalformedError("too many entries")
    _sizes(found, len(data))
    entries: dict[str, zipfile.ZipInfo] = {}
    seen: set[str] = set()
    faults, notes = list(_hidden(data, found)), list(_around(data, archive, found))
    for entry in found:
        path = _path(entry.filename)
        if path is None or entry.flag_bits & 1 or entry.external_attr >> 28 == 0xA:
            faults.append(f"entry {entry.filename[:100]!r}")
            continue
        if "\\" in entry.orig_filename:
            notes.append("backslash-in-name")
        if entry.is_dir() and not entry.file_size:
            continue
        if path.casefold() in seen:
            faults.append(f"two entries {path[:100]!r}")
        seen.add(path.casefold())
        entries.setdefault(path, entry)
    return Container(entries, tuple(faults[:20]), tuple(dict.fromkeys(notes)), archive)


def _sizes(found: list[zipfile.ZipInfo], packed: int) -> None:
    total = sum(entry.file_size for entry in found)
    if total > MOST_UNPACKED or any(entry.file_size > LARGEST_PART for entry in found):
        raise MalformedError("unpacks to more than allowed")
    if total > _FREE and total > STEEPEST * packed:
        raise MalformedError("packed too tightly to be a document")


def _path(name: str) -> str | None:
    """From the root, with plain slashes; None if it leaves the container or is no path at all."""
    path = name.replace("\\", "/").removeprefix("/").removesuffix("/")
    steps = path.split("/")
    bad = any(step in ("", ".", "..") or ":" in step for step in steps)
    return None if bad or not path.isprintable() or len(path) > 1_000 else path


def _hidden(data: bytes, found: list[zipfile.ZipInfo]) -> Iterator[str]:
    """Entries over one another, and headers of entries that the directory does not list."""
    end = 0
    for entry in sorted(found, key=lambda one: one.header_offset):
        at = entry.header_offset
        if at < end:
            yield f"entry {entry.filename[:100]!r} lies over another"
        elif b"PK\x03\x04" in data[end:at]:
            yield f"an unlisted entry before {entry.filename[:100]!r}"
        head = data[at : at + 30]
        if len(head) < 30 or head[:4] != b"PK\x03\x04":
            yield f"entry {entry.filename[:100]!r} has no header"
            continue
        if not _alike(head, entry) or _names_another(entry):
            yield f"entry {entry.filename[:100]!r} is told in two ways"
        sizes = int.from_bytes(head[26:28], "little") + int.from_bytes(head[28:30], "little")
        end = max(end, at + 30 + sizes + entry.compress_size)
    if b"PK\x03\x04" in data[end : end + LARGEST] and found:
        yield "an unlisted entry after the last"


def _alike(head: bytes, entry: zipfile.ZipInfo) -> bool:
    """Do header and directory say the same? Who reads from the beginning believes the one, we the other. What
    follows the content instead (bit 3) or is too large for the header is not said in it."""
    flags, method = struct.unpack_from("<HH", head, 6)
    told = struct.unpack_from("<III", head, 14)
    if method != entry.compress_type or flags & 1:
        return False
    known = (entry.CRC, entry.compress_size, entry.file_size)
    unsaid = {0} if flags & _SAID_AFTER else set()
    return all(one in (other, _TOO_LARGE) or one in unsaid for one, other in zip(told, known, strict=True))


def _names_another(entry: zipfile.ZipInfo) -> bool:
    """Some readers take the name from a further field."""
    at, extra = 0, entry.extra
    while at + 4 <= len(extra):
        kind, size = struct.unpack_from("<HH", extra, at)
        if kind == _OTHER_NAME and extra[at + 9 : at + 4 + size] != entry.orig_filename.encode():
            return True
        at += 4 + size
    return False


def _around(data: bytes, archive: zipfile.ZipFile, found: list[zipfile.ZipInfo]) -> Iterator[str]:
    """What lies before the first entry or after the end is in no part, so nothing covers it."""
    if min((entry.header_offset for entry in found), default=0):
        yield "bytes-before-the-container"
    if data[data.rfind(b"PK\x05\x06") + 22 :]:
        yield "bytes-after-the-container"
