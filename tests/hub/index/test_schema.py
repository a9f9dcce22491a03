"""Numbered steps of the tables: a file is new, or of some step; what is cut off leaves no half of one."""

import sqlite3

import pytest

from hub.index import schema


def opened(path):
    return sqlite3.connect(path, isolation_level=None)


def tables(connection):
    return sorted(connection.execute("SELECT type, name, sql FROM sqlite_master"))


def version(connection):
    return connection.execute("PRAGMA user_version").fetchone()[0]


@pytest.fixture
def cut(monkeypatch):
    """The last step breaks off, with half of it done."""
    monkeypatch.setattr(schema, "STEPS", (*schema.STEPS, "CREATE TABLE half(a); CREATE TABLE half(a);"))
    monkeypatch.setattr(schema, "VERSION", schema.VERSION + 1)


def test_steps_at_once_and_one_by_one_make_the_same_tables():
    new = opened(":memory:")
    schema.migrate(new)
    assert version(new) == schema.VERSION == len(schema.STEPS)
    for before in range(1, len(schema.STEPS)):
        old = opened(":memory:")
        for step in schema.STEPS[:before]:
            old.executescript(step)
        old.execute(f"PRAGMA user_version = {before}")
        schema.migrate(old)
        assert (tables(old), version(old)) == (tables(new), schema.VERSION), before


def test_a_new_file_that_was_cut_off_is_an_empty_one(tmp_path, cut):
    with pytest.raises(sqlite3.OperationalError, match="half"):
        schema.migrate(opened(tmp_path / "new"))
    assert (tables(opened(tmp_path / "new")), version(opened(tmp_path / "new"))) == ([], 0)


def test_of_an_old_file_that_was_cut_off_whole_steps_stay(tmp_path, cut):
    begun = opened(tmp_path / "old")
    begun.executescript(schema.STEPS[0])
    begun.execute("PRAGMA user_version = 1")
    with pytest.raises(sqlite3.OperationalError, match="half"):
        schema.migrate(begun)
    begun.close()
    after = opened(tmp_path / "old")
    assert version(after) == len(schema.STEPS) - 1
    assert "signup" in {row[1] for row in tables(after)} and "half" not in {row[1] for row in tables(after)}
