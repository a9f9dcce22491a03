"""What an archive (zip, and docx, xlsx, ofd, which are zips) becomes when somebody opens it.

Declared sizes lie, so every entry is really inflated, in small pieces that nobody keeps, against one
budget for the archive and all that is packed inside it. Entries that share their bytes, packages in
packages and plain bombs all come to the same: more comes out than the file may give.
"""

from __future__ import annotations

import io
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import chain
from typing import BinaryIO, Protocol, cast

from hub.files.bounds import Bounds
from hub.message import Finding

CLAUSE = "EX-FIL-04"
MAGIC = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08PK")
_END, _RECORD = b"PK\x05\x06", b"PK\x01\x02"
_PIECE = 65536
_END_SIZE = 22
_ENCIPHERED = 0x1


class RefusedFileError(Exception):
    """This file is not taken; the finding says why."""

    def __init__(self, code: str, at: str, expected: str, observed: str, advice: str) -> None:
        super().__init__(code)
        self.finding = Finding(code, at, expected, observed, advice, CLAUSE)


class Spool(Protocol):
    """Room for an inner archive while it is looked into: `write` it, then read it as a file."""

    def write(self, piece: bytes) -> None: ...
    def file(self) -> BinaryIO: ...


@dataclass(slots=True)
class Budget:
    """What may still come out of one file."""

    left: int

    def spend(self, size: int, at: str) -> None:
        self.left -= size
        if self.left < 0:
            raise RefusedFileError(
                "file.archive-size", at, "解开后的大小在限度内", "超出限度", "请勿提交压缩炸弹;拆分或减少内容"
            )


def is_archive(file: BinaryIO, size: int) -> bool:
    """By its first bytes, or by an end record exactly at the end (whatever stands in front of it)."""
    file.seek(0)
    if file.read(6).startswith(MAGIC):
        return True
    file.seek(max(0, size - _END_SIZE - 65535))
    last = file.read(_END_SIZE + 65535)
    at = last.rfind(_END)
    comment = last[at + 20 : at + 22]
    return at >= 0 and len(comment) == 2 and at + 22 + int.from_bytes(comment, "little") == len(last)


@dataclass(frozen=True, slots=True)
class Look:
    """`spool` makes room on the disk; `each` is shown the beginning of every entry."""

    bounds: Bounds
    spool: Callable[[], AbstractContextManager[Spool]]
    each: Callable[[bytes, str], None]

    def into(self, file: BinaryIO, budget: Budget, depth: int = 1, at: str = "") -> None:
        """Raises RefusedFileError."""
        if depth > self.bounds.zip_depth:
            raise RefusedFileError(
                "file.archive-depth", at, f"<= {self.bounds.zip_depth} 层", f"{depth} 层", "减少压缩包套装"
            )
        try:
            with zipfile.ZipFile(cast(BinaryIO, _Directory(file, self.bounds, at))) as archive:
                entries = archive.infolist()
            for number, info in enumerate(entries):
                self._entry(file, info, budget, depth, f"{at}/entries/{number}")
        except (zipfile.BadZipFile, zlib.error, ValueError) as error:
            raise RefusedFileError(
                "file.archive-broken", at, "完整的压缩包", type(error).__name__, "压缩包已损坏,请重新生成"
            ) from error

    def _entry(self, file: BinaryIO, info: zipfile.ZipInfo, budget: Budget, depth: int, at: str) -> None:
        if escapes(info):
            raise RefusedFileError(
                "file.archive-path", at, "包内相对路径", "绝对路径、上级路径或链接", "包内文件只用相对路径"
            )
        if info.flag_bits & _ENCIPHERED:
            budget.spend(info.file_size, at)  # bids are; whoever has the key will see what comes out
            return
        if info.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
            observed = str(info.compress_type)
            raise RefusedFileError(
                "file.archive-method", at, "store | deflate", observed, "请用通用的 deflate 方式压缩"
            )
        content = inflated(file, info)
        first = next(content, b"")
        self.each(first, at)
        if first.startswith(MAGIC):
            self._inner(chain([first], content), budget, depth, at)
            return
        for piece in chain([first], content):
            budget.spend(len(piece), at)

    def _inner(self, content: Iterable[bytes], budget: Budget, depth: int, at: str) -> None:
        room = Budget(self.bounds.zip_nested)
        with self.spool() as spool:
            for piece in content:
                budget.spend(len(piece), at)
                room.spend(len(piece), at)
                spool.write(piece)
            self.into(spool.file(), budget, depth + 1, at)


def inflated(file: BinaryIO, info: zipfile.ZipInfo) -> Iterator[bytes]:
    """All that comes out of an entry, whatever it declares; raises BadZipFile at the end if that was false.

    A deflate stream says itself where it ends. Readers that believe the directory and readers that
    believe the stream must get the same, or one of them is being deceived.
    """
    file.seek(info.header_offset)
    head = file.read(30)
    if len(head) < 30 or not head.startswith(b"PK\x03\x04"):
        raise zipfile.BadZipFile("no entry there")
    file.seek(sum(struct.unpack("<HH", head[26:30])), io.SEEK_CUR)
    out = taken = 0
    if info.compress_type == zipfile.ZIP_STORED:
        while taken < info.compress_size and (piece := file.read(min(_PIECE, info.compress_size - taken))):
            taken += len(piece)
            yield piece
        out = taken
    else:
        stream, rest = zlib.decompressobj(-15), b""
        while not stream.eof and (rest := stream.unconsumed_tail or file.read(_PIECE)):
            taken += 0 if stream.unconsumed_tail else len(rest)
            piece = stream.decompress(rest, _PIECE)
            out += len(piece)
            yield piece
        taken -= len(stream.unused_data)
    if (out, taken) != (info.file_size, info.compress_size):
        raise zipfile.BadZipFile("declared size is false")


class _Directory:
    """A file that refuses to be read in pieces larger than a directory may be."""

    def __init__(self, file: BinaryIO, bounds: Bounds, at: str) -> None:
        self._file, self._bounds, self._at = file, bounds, at
        self.seek, self.tell, self.seekable = file.seek, file.tell, file.seekable

    def read(self, size: int = -1) -> bytes:
        most = self._bounds.zip_directory
        data = self._file.read(most + 1 if size < 0 else min(size, most + 1))
        if len(data) > most:
            raise self._many(f"目录 > {most} B")
        # Each record becomes an object many times its size; nothing shorter can hold too many.
        if len(data) > 46 * self._bounds.zip_entries:
            count = data.count(_RECORD)
            if count > self._bounds.zip_entries:
                raise self._many(f"{count} 个")
        return data

    def _many(self, observed: str) -> RefusedFileError:
        expected = f"<= {self._bounds.zip_entries} 个文件,目录 <= {self._bounds.zip_directory} B"
        return RefusedFileError("file.archive-entries", self._at, expected, observed, "减少压缩包内文件数")


def escapes(info: zipfile.ZipInfo) -> bool:
    """Would this entry be written anywhere but below the folder it is unpacked to?"""
    name = info.orig_filename
    if not info.flag_bits & 0x800:
        # Names from Chinese systems: the second byte of a character may be that of a backslash.
        try:
            name = name.encode("cp437").decode("gb18030")
        except UnicodeError:
            name = info.orig_filename
    path = name.replace("\\", "/")
    linked = stat.S_ISLNK(info.external_attr >> 16)
    return linked or path.startswith("/") or path[1:2] == ":" or ".." in path.split("/") or "\x00" in path


def budget_of(size: int, bounds: Bounds) -> Budget:
    """What may come out of a file of this size."""
    return Budget(min(bounds.zip_total, max(bounds.zip_free, size * bounds.zip_ratio)))


def buffered(raw: io.RawIOBase) -> BinaryIO:
    return io.BufferedReader(raw, _PIECE)
