"""The doctor's look at a data directory in operation: its disk, its write-ahead log, its clock, its backlog.

Reads only, also beside a running hub, and says nothing of what lies in the journal but its age and size.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hub.errors import HubError
from hub.settings import Settings

Row = tuple[str, str, str]
OLD = timedelta(days=365)
AHEAD = timedelta(seconds=5)
_EARLIEST = datetime(2026, 1, 1, tzinfo=UTC)
_FLEETING = frozenset({"tmpfs", "ramfs"})
_REMOTE = frozenset({"nfs", "nfs4", "cifs", "smb3", "9p", "fuse.sshfs"})


def operation(settings: Settings, now: datetime, mounts: Path = Path("/proc/mounts")) -> Iterator[Row]:
    """Rows of name, level and sentence."""
    from hub.journal.sqlite import FILE

    yield from _losing(settings, mounts)
    yield from _files(settings)
    path = settings.data / FILE
    if not path.is_file():
        yield "clock", *_clock(now, None)
        return
    yield from _journal(path)
    yield "clock", *_clock(now, _newest(path))
    yield from _backlog(settings, now)


def _losing(settings: Settings, mounts: Path) -> Iterator[Row]:
    """What would lose acknowledged or undelivered messages, though it starts."""
    kind = _filesystem(settings.data, mounts)
    if kind in _FLEETING:
        yield "storage", "fail", f"数据目录在 {kind} 上,断电即失:请换到磁盘"
    elif kind in _REMOTE:
        yield "storage", "fail", f"数据目录在网络文件系统 {kind} 上,锁与落盘不可靠:请换到本地磁盘"
    else:
        yield "storage", "ok", f"数据目录所在文件系统 {kind or '未知'}"
    if not settings.retry_schedule:
        yield "retry", "warn", "retry_schedule 为空:一次失败即成死信"
    if settings.failpoints:
        yield "failpoints", "warn", "已设故障注入点,进程会按设定中止"


def _filesystem(place: Path, mounts: Path) -> str:
    """The type of the longest mount the place lies under; empty where the system does not tell."""
    try:
        rows = [line.split()[1:3] for line in mounts.read_text("utf-8").splitlines()]
    except (OSError, ValueError):
        return ""
    target = place.absolute()
    under = [(point, kind) for point, kind in rows if target.is_relative_to(point)]
    return max(under, key=lambda row: len(row[0]))[1] if under else ""


def _files(settings: Settings) -> Iterator[Row]:
    """The catalogue's own rows, as a start or a reload would read them."""
    from hub.reload.candidate import read_again

    found = read_again(settings, lambda: settings, os.environ, {"catalogue"})
    for one in found.findings:
        yield "catalogue", "fail", f"{one.at} {one.observed};应为 {one.expected}"


def _journal(path: Path) -> Iterator[Row]:
    from hub.journal.sqlite import ROOM

    log = path.with_name(f"{path.name}-wal")
    size = log.stat().st_size if log.exists() else 0
    level = "ok" if size <= 4 * ROOM else "warn"
    more = "" if level == "ok" else ":过大,有长时间的读取或检查点未能推进"
    yield "wal", level, f"预写日志 {size / 2**20:.0f} MiB{more}"
    whole, free = path.stat().st_size, shutil.disk_usage(path.parent).free
    enough = free >= whole
    yield (
        "room", "ok" if enough else "warn",
        f"日志 {whole / 2**30:.1f} GiB,剩余 {free / 2**30:.1f} GiB"
        + ("" if enough else ":不足以在本盘备份或重建"),
    )  # fmt: skip
    with _reading(path) as connection:
        mode = connection.execute("PRAGMA journal_mode").fetchone()[0]
    if mode != "wal":
        yield "journal-mode", "fail", f"journal_mode = {mode},须为 wal:可能被别的工具改动"


def _clock(now: datetime, newest: datetime | None) -> tuple[str, str]:
    if now < _EARLIEST:
        return "fail", f"系统时钟 {now:%Y-%m-%d %H:%M} 明显不对"
    if newest is not None and newest > now + AHEAD:
        return "fail", f"系统时钟落后于已签发的树头({newest:%Y-%m-%d %H:%M:%S} UTC):请校时后再启动"
    return "ok", f"系统时钟 {now:%Y-%m-%d %H:%M:%S} UTC"


def _newest(path: Path) -> datetime | None:
    """When the newest head was signed, by the clock of that time."""
    from json import loads

    with _reading(path) as connection:
        row = connection.execute("SELECT facts FROM tree ORDER BY size DESC LIMIT 1").fetchone()
    return datetime.fromisoformat(loads(row[0])["head"]["time"]) if row else None


def _backlog(settings: Settings, now: datetime) -> Iterator[Row]:
    from hub.archive.archive import backlog

    try:
        count = backlog(settings.data, now - OLD)
    except HubError as error:
        yield "archive", "warn", error.detail
        return
    level = "ok" if not count else "warn"
    yield "archive", level, f"办结一年以上、尚未归档的条目 {count} 条" + ("(hutong archive)" if count else "")


class _reading:
    """A connection that changes nothing, closed at the end."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)

    def __enter__(self) -> sqlite3.Connection:
        return self._connection

    def __exit__(self, *error: object) -> None:
        self._connection.close()
