"""Archiving: done-with messages into a file that verifies, and only then, when asked, out of the journal.

Writing the file goes beside a running hub. Dropping needs the data directory for itself, since it changes
what the writer takes for its own; what may go is asked again at that moment, and only what a file here
verifiably has is dropped.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from hub.archive.eligible import eligible
from hub.archive.package import About, verify, write
from hub.errors import SettingsError
from hub.evidence.heads import read_key
from hub.evidence.ring import FILE as HEAD_KEY
from hub.journal.archived import FOLDER, MARK, SUFFIX, opened
from hub.journal.holding import Hold
from hub.journal.sqlite import FILE, LOCK, SqliteReading, require_safe
from hub.message import wall

STEP = 500
MOST = 100_000  # entries in one file
Told = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Done:
    path: Path | None
    entries: int


def archive(data: Path, realm: str, before: datetime, now: datetime) -> Done:
    """Write one file of what may go and is in no file yet; `path` None when there is nothing."""
    reading = SqliteReading(data / FILE)
    connection = sqlite3.connect(f"{(data / FILE).resolve().as_uri()}?mode=ro", uri=True)
    try:
        tree = reading.index.tree()
        if tree is None:
            return Done(None, 0)
        kept = {seq for path in _files(data) for seq in _seqs(path)}
        found = eligible(connection, int(before.timestamp() * 1e6), tree.size)
        rows = []
        for seq in (one for one in found if one not in kept):
            head, raw = connection.execute("SELECT head, raw FROM entry WHERE seq = ?", (seq,)).fetchone()
            if raw and bytes(raw) != MARK:
                rows.append((seq, bytes(head), bytes(raw)))
            if len(rows) >= MOST:
                break
        if not rows:
            return Done(None, 0)
        key = read_key(data / HEAD_KEY, realm=realm)
        about = About(realm, wall(now), wall(before), tree.facts["head"], key.public_pem, len(rows))
        path = data / FOLDER / f"{rows[0][0]:012d}-{rows[-1][0]:012d}-{now:%Y%m%dT%H%M%S%f}{SUFFIX}"
        write(path, about, rows, lambda node: reading.journal.nodes([node])[node])
        verify(path)
        return Done(path, len(rows))
    finally:
        connection.close()
        reading.close()


def drop(data: Path, before: datetime, told: Told = lambda done, whole: None) -> int:
    """Put marks in the place of bytes that are archived; returns how many. The hub must be stopped."""
    hold = Hold(data / LOCK)
    connection = sqlite3.connect(data / FILE, isolation_level=None)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        require_safe(connection)
        size = connection.execute("SELECT coalesce(max(size), 0) FROM tree").fetchone()[0]
        may_go = set(eligible(connection, int(before.timestamp() * 1e6), size))
        dropped = 0
        for path in _files(data):
            verify(path)
            going = [seq for seq in _seqs(path) if seq in may_go]
            for start in range(0, len(going), STEP):
                dropped += _mark(connection, path, going[start : start + STEP])
                told(dropped, len(may_go))
        return dropped
    finally:
        connection.close()
        hold.release()


def _mark(connection: sqlite3.Connection, path: Path, seqs: Sequence[int]) -> int:
    """Only bytes that are the same in the file, byte for byte."""
    count = 0
    connection.execute("BEGIN IMMEDIATE")
    with opened(path) as archived:
        for seq in seqs:
            row = archived.execute("SELECT head, raw FROM entry WHERE seq = ?", (seq,)).fetchone()
            hot = connection.execute("SELECT head, raw FROM entry WHERE seq = ?", (seq,)).fetchone()
            if row is None or bytes(hot[1]) == MARK or row != hot:
                continue
            connection.execute("UPDATE entry SET raw = ? WHERE seq = ?", (MARK, seq))
            count += 1
    connection.execute("COMMIT")
    return count


def backlog(data: Path, before: datetime) -> int:
    """Entries that could be archived and are not; for the doctor. Counted to MOST."""
    path = data / FILE
    if not path.is_file():
        return 0
    connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
    try:
        size = connection.execute("SELECT coalesce(max(size), 0) FROM tree").fetchone()[0]
        kept = {seq for path in _files(data) for seq in _seqs(path)}
        return sum(
            seq not in kept for seq in eligible(connection, int(before.timestamp() * 1e6), size)[:MOST]
        )
    except sqlite3.Error as error:
        raise SettingsError(f"{path}: {error}") from error
    finally:
        connection.close()


def _files(data: Path) -> list[Path]:
    return sorted((data / FOLDER).glob(f"*{SUFFIX}"))


def _seqs(path: Path) -> list[int]:
    with opened(path) as connection:
        return [int(row[0]) for row in connection.execute("SELECT seq FROM entry ORDER BY seq")]
