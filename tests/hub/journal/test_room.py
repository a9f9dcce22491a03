"""The write-ahead log keeps its room: commits overwrite it, a crash in it loses nothing, it does not grow."""

from __future__ import annotations

import os
import shutil
import sqlite3
import threading
from pathlib import Path

from hub.journal.entry import Kind
from hub.journal.sqlite import FILE, ROOM, SqliteStore


def put(store: SqliteStore, count: int = 1, size: int = 0) -> None:
    for _ in range(count):
        group = store.begin()
        with group.piece() as tx:
            tx.append(Kind.PADDING, 1, {}, os.urandom(size) if size else b"")
        group.commit()


def wal(store: SqliteStore) -> int:
    return (store.path.parent / f"{FILE}-wal").stat().st_size


def test_the_log_is_given_its_room_once_and_stays(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / FILE)
    put(store)
    assert wal(store) < ROOM
    store.maintain()
    assert wal(store) == ROOM
    put(store, 20, 5000)
    store.maintain()
    assert wal(store) == ROOM
    store.close()


def test_entries_before_and_after_the_room_survive_a_crash(tmp_path: Path) -> None:
    """The files as a killed process leaves them: log not moved, nothing closed."""
    (tmp_path / "a").mkdir()
    store = SqliteStore(tmp_path / "a" / FILE)
    put(store, 30, 3000)
    store.maintain()
    put(store, 30, 3000)
    shutil.copytree(tmp_path / "a", tmp_path / "b", ignore=shutil.ignore_patterns("*-shm"))
    again = SqliteStore(tmp_path / "b" / FILE)
    assert again.journal.last() == 60
    assert again.connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert [entry.seq for entry in again.journal.heads(0, 100)] == list(range(1, 61))
    again.maintain()
    put(again)
    assert again.journal.last() == 61
    again.close()
    store.close()


def test_under_steady_writing_the_log_does_not_grow_for_ever(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / FILE)
    ended = threading.Event()

    def keep_house() -> None:
        while not ended.wait(0.02):
            store.maintain()

    housekeeper = threading.Thread(target=keep_house)
    housekeeper.start()
    try:
        put(store, 600, 100_000)  # 60 MB through a log of 16
    finally:
        ended.set()
        housekeeper.join()
    assert wal(store) < 2 * ROOM
    assert store.journal.last() == 600
    with sqlite3.connect(tmp_path / FILE) as other:
        assert other.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert other.execute("SELECT count(*), sum(length(raw)) FROM entry").fetchone() == (600, 60_000_000)
    other.close()
    store.close()
