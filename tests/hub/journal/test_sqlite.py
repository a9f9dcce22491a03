"""The embedded engine: the contract, and that it refuses what could lose acknowledged data."""

from __future__ import annotations

import sqlite3
import sys
from pathlib import Path

import pytest

from hub.errors import OverloadError, SettingsError
from hub.journal.entry import Kind
from hub.journal.rebuild import differences, fresh_index
from hub.journal.sqlite import FILE, SqliteStore, require_safe

sys.path.insert(0, str(Path(__file__).parent))

from journal_contract import JournalContract


class TestSqlite(JournalContract):
    @pytest.fixture
    def store(self, tmp_path):
        store = SqliteStore(tmp_path / FILE)
        yield store
        store.close()


@pytest.mark.parametrize(
    ("pragma", "named"),
    [
        ("PRAGMA synchronous = NORMAL", "synchronous"),
        ("PRAGMA synchronous = OFF", "synchronous"),
        ("PRAGMA journal_mode = DELETE", "journal_mode"),
        ("PRAGMA journal_mode = MEMORY", "journal_mode"),
    ],
)
def test_a_weaker_setting_is_refused_by_name(tmp_path, pragma, named):
    connection = sqlite3.connect(tmp_path / "x.sqlite3", isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    require_safe(connection)
    connection.execute(pragma)
    with pytest.raises(SettingsError, match=named):
        require_safe(connection)
    connection.close()


def test_a_file_of_a_newer_hub_is_not_opened(tmp_path):
    SqliteStore(tmp_path / FILE).close()
    connection = sqlite3.connect(tmp_path / FILE)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(SettingsError, match="99"):
        SqliteStore(tmp_path / FILE)


def test_a_full_store_keeps_what_it_has_and_goes_on_when_there_is_room(tmp_path):
    store = SqliteStore(tmp_path / FILE)
    write(store, 3)
    pages = store.connection.execute("PRAGMA page_count").fetchone()[0]
    store.connection.execute(f"PRAGMA max_page_count = {pages + 20}")
    with pytest.raises(OverloadError):
        write(store, 1000)
    write(store, 1)
    store.connection.execute("PRAGMA max_page_count = 1000000")
    write(store, 5)
    assert store.seq == 9
    store.close()
    store = SqliteStore(tmp_path / FILE)
    assert [entry.seq for entry in store.journal.heads(0, 100)] == list(range(1, 10))
    assert differences(store.connection, fresh_index(store.journal)) == []
    store.close()


def test_a_group_that_the_store_has_undone_takes_nothing_more(tmp_path):
    """SQLite may undo a whole transaction by itself: what follows in the group must not be kept alone."""
    store = SqliteStore(tmp_path / FILE)
    write(store, 2)
    group = store.begin()
    with pytest.raises(OverloadError), group.piece() as tx:
        tx.append(Kind.NONCE, 1, {"nonce": "01", "nonceUntil": 2})
        store.connection.execute("ROLLBACK")
        raise OverloadError("full", retry_after=1)
    with pytest.raises(OverloadError), group.piece() as tx:
        tx.append(Kind.PADDING, 1, {})
    with pytest.raises(sqlite3.Error):
        group.commit()
    group.rollback()
    write(store, 1)
    assert [entry.seq for entry in store.journal.heads(0, 100)] == [1, 2, 3]
    store.close()


def write(store, count):
    """One group of padded entries; undone as the writer would when it fails."""
    group = store.begin()
    try:
        with group.piece() as tx:
            for _ in range(count):
                tx.append(Kind.PADDING, 1, {"text": "x" * 500})
        group.commit()
    except BaseException:
        group.rollback()
        raise


def test_a_key_file_that_cannot_be_read_is_the_stores_trouble_and_undoes_its_piece_alone(tmp_path):
    """Seen when the power was cut: the keys answered EIO, and the sender was told of an error of ours."""
    store = SqliteStore(tmp_path / FILE)
    group = store.begin()
    with pytest.raises(OverloadError) as told, group.piece() as tx:
        tx.append(Kind.PADDING, 1, {})
        raise OSError(5, "Input/output error")
    assert told.value.status == 503
    with group.piece() as tx:
        tx.append(Kind.PADDING, 2, {})
    group.commit()
    assert [entry.seq for entry in store.journal.heads(0, 9)] == [1]
    store.close()
