"""The table of contents of a stranger's zip file, looked at before anything in it is unpacked.

A zip file can promise little and unpack to much, name one file twice, point two names at the same bytes, lead
out of its folder, or hide a second archive in front of itself. All of it shows in the table of
contents, and the size of that table is known from its last 22 bytes: nothing is read unbounded.
"""

from __future__ import annotations

import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from hub.message import Finding, Severity, shown
from hub.standard.bindings.package_names import reason

CLAUSE = "EX-PKG-01"
_END, _NAME_ROOM = struct.Struct("<4s4H2LH"), 300
_LOCAL = 30
_ENCRYPTED = 0x1 | 0x40 | 0x2000
# What `zipfile` and `zlib` raise on bytes that somebody bent on purpose.
HOSTILE = (
    zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, ValueError,
    struct.error, OverflowError, LookupError,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a package may be; bytes, counts, and how many times its size it may unpack to."""

    package: int = 1 << 30
    entries: int = 10_000
    entry: int = 256 << 20
    total: int = 2 << 30
    ratio: int = 200
    free: int = 64 << 10
    manifest: int = 4 << 20
    records: int = 100_000
    line: int = 1 << 20


LIMITS = Limits()


def finding(
    code: str, at: str, expected: str = "", observed: str = "", advice: str = "", *, warn: bool = False
) -> Finding:
    """A finding about a package."""
    severity = Severity.WARNING if warn else Severity.ERROR
    return Finding(code, shown(at), expected, shown(observed), advice, CLAUSE, severity)


def open_directory(
    stream: BinaryIO, limits: Limits = LIMITS
) -> tuple[zipfile.ZipFile | None, tuple[Finding, ...]]:
    """The archive, or None with all that is wrong with its table of contents."""
    try:
        if wrong := _end_record(stream, limits):
            return None, (wrong,)
        stream.seek(0)
        # Closed by whoever opened the stream: the archive owns nothing.
        archive = zipfile.ZipFile(stream)
        findings = tuple(_entries(archive.infolist(), archive.start_dir, limits))
    except HOSTILE as error:
        return None, (finding("package.directory", "", "zip", type(error).__name__, "重新打包后发送"),)
    return (None, findings) if findings else (archive, ())


def _end_record(stream: BinaryIO, limits: Limits) -> Finding | None:
    size = stream.seek(0, 2)
    if size > limits.package:
        return finding("package.size", "", f"<= {limits.package}", str(size), "拆成多个数据包发送")
    if size < _END.size:
        return finding("package.directory", "", "zip", f"{size} bytes", "文件不完整,重新发送")
    stream.seek(size - _END.size)
    mark, disk, start_disk, here, count, length, offset, comment = _parts(stream.read(_END.size))
    if mark != b"PK\x05\x06" or comment:
        return finding("package.directory", "", "zip(无注释、无附加内容)", "", "重新打包后发送")
    # 0xffff and 0xffffffff announce zip64: more than any limit here allows.
    if disk or start_disk or here != count or count > limits.entries or count == 0xFFFF:
        return finding("package.entries", "", f"<= {limits.entries}", str(count), "拆成多个数据包发送")
    if length > (count + 1) * _NAME_ROOM or offset + length + _END.size != size:
        return finding("package.directory", "", "目录紧接在末尾之前", "", "重新打包后发送")
    return None


def _parts(raw: bytes) -> tuple[bytes, int, int, int, int, int, int, int]:
    mark, disk, start, here, count, length, offset, comment = _END.unpack(raw)
    return mark, disk, start, here, count, length, offset, comment


def _entries(infos: list[zipfile.ZipInfo], end: int, limits: Limits) -> Iterator[Finding]:
    seen: set[str] = set()
    for info in infos:
        yield from _entry(info, limits)
        folded = info.orig_filename.casefold()
        if folded in seen:
            yield finding("package.duplicate", info.orig_filename, "每个名称一次", "", "删除重复的文件")
        seen.add(folded)
    total = sum(info.file_size for info in infos)
    if total > limits.total:
        yield finding("package.size", "", f"<= {limits.total}", str(total), "拆成多个数据包发送")
    ordered = sorted(infos, key=lambda info: info.header_offset)
    ends = [info.header_offset for info in ordered[1:]] + [end]
    for info, following in zip(ordered, ends, strict=True):
        if info.header_offset + _LOCAL + len(info.orig_filename) + info.compress_size > following:
            yield finding("package.overlap", info.orig_filename, "各文件互不重叠", "", "重新打包后发送")


def _entry(info: zipfile.ZipInfo, limits: Limits) -> Iterator[Finding]:
    path = info.orig_filename
    why = reason(path) if path == info.filename else "名称含 NUL"
    if why:
        yield finding("package.path", path, "manifest.json、data/…、files/…", why, "按约定命名")
    mode = info.external_attr >> 16
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        yield finding("package.kind", path, "普通文件", oct(mode), "不得含链接或目录")
    if info.flag_bits & _ENCRYPTED:
        yield finding("package.encrypted", path, "不加密", "", "敏感字段按标准加密,不加密数据包")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        yield finding("package.method", path, "stored | deflate", str(info.compress_type), "换用 deflate")
    if info.file_size > limits.entry:
        yield finding("package.size", path, f"<= {limits.entry}", str(info.file_size), "拆成多个文件")
    if info.file_size > max(limits.free, info.compress_size * limits.ratio):
        observed = f"{info.file_size} / {info.compress_size}"
        yield finding("package.ratio", path, f"<= {limits.ratio} 倍", observed, "压缩比异常,重新打包")
