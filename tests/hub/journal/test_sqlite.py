"""The embedded engine: the contract, and that it refuses what could lose acknowledged data."""

from __future__ import annotations

import sqlite3
import sys
from pathlib import Path

import pytest

from hub.errors import SettingsError
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
