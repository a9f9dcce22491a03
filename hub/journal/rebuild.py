"""The index made again from nothing but the journal, beside the old one or instead of it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

from hub.index.questions import SqliteIndex
from hub.index.schema import TABLES, VERSION, migrate
from hub.journal.holding import Hold
from hub.journal.sqlite import LOCK, SqliteJournal, require_safe

STEP = (
    5000  # entries whose rows are gathered: the more there are, the fewer pages of scattered keys are touched
)
CACHE = 128 * 2**10  # KiB: what leaves the cache before the one commit is written twice

Told = Callable[[int, int], None]


def fold_all(journal: SqliteJournal, into: sqlite3.Connection, told: Told = lambda done, whole: None) -> int:
    """Apply every entry to the empty index of a connection; returns how many there were."""
    index = SqliteIndex(into)
    seq, whole = 0, journal.last()
    while entries := journal.heads(seq, STEP):
        for entry in entries:
            index.apply(entry.seq, entry.facts)
        index.fold.flush()
        seq = entries[-1].seq
        told(seq, whole)
    return seq


def fresh_index(journal: SqliteJournal) -> sqlite3.Connection:
    """A second index in memory, to be compared with the living one."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    migrate(connection)
    fold_all(journal, connection)
    return connection


def differences(one: sqlite3.Connection, other: sqlite3.Connection) -> list[str]:
    """Names of tables that do not hold the same rows."""
    return [
        name
        for name in TABLES
        if sorted(one.execute(f"SELECT * FROM {name}"), key=repr)  # noqa: S608 - names are ours
        != sorted(other.execute(f"SELECT * FROM {name}"), key=repr)  # noqa: S608
    ]


def rebuild(path: Path, told: Told = lambda done, whole: None) -> int:
    """Replace the index of a hub that is not running, in one transaction; returns the entries folded.

    Raises SettingsError while a hub holds the file. `told` hears how far it is after every STEP.
    """
    hold = Hold(path.with_name(LOCK))
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(f"PRAGMA cache_size = -{CACHE}")
        require_safe(connection)
        if connection.execute("PRAGMA user_version").fetchone()[0] != VERSION:
            migrate(connection)
        connection.execute("BEGIN IMMEDIATE")
        for name in TABLES:
            connection.execute(f"DELETE FROM {name}")  # noqa: S608 - names are ours
        count = fold_all(SqliteJournal(connection), connection, told)
        connection.execute("COMMIT")
        return count
    finally:
        connection.close()
        hold.release()
