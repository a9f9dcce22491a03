"""The standard in a database: all of it, once, and versions side by side."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from hub.message import CST
from hub.standard import Standard
from hub.standard.bindings.table_database import Database, DatabaseError, connect
from hub.standard.loading import DATA
from hub.standard.mount import mount
from hub.standard.mount_tables import shown, views, word
from hub.standard.tables import COLUMNS, StandardDataError

NOW = datetime(2026, 11, 22, 9, 0, 0, tzinfo=CST)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    dsn = (
        f"sqlite:///{tmp_path}/s.db"
        if request.param == "sqlite"
        else request.getfixturevalue("empty_postgresql")
    )
    connected = connect(dsn)
    yield connected
    connected.close()


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return shutil.copytree(DATA, tmp_path / "data")


def test_everything_is_there(database: Database, standard: Standard) -> None:
    done = mount(database, DATA, "1.0", NOW)
    assert done.change == "added" and done.tables == len(COLUMNS)
    for table in shown():
        with (DATA / table.file).open(encoding="utf-8", newline="") as file:
            rows = [[row[column] for column in table.columns] for row in csv.DictReader(file)]
        held = database.rows(f"SELECT {', '.join(table.names)} FROM {table.name} ORDER BY ROW_NO")
        assert [["" if cell is None else str(cell) for cell in row] for row in held] == rows
    assert database.rows("SELECT COUNT(*) FROM STD_V_FIELDS") == [(880,)]
    assert database.rows("SELECT COUNT(*) FROM STD_V_FIELD_DETAIL") == [(880,)]
    assert database.rows("SELECT COUNT(*) FROM STD_V_CODE_DETAIL") == [(388,)]
    assert database.rows("SELECT COUNT(*) FROM STD_V_SERVICES") == [(105,)]
    sources = dict(database.rows("SELECT SOURCE, FIELD_COUNT FROM STD_V_PROVENANCE"))
    assert sources == {"national-v1": 434, "national-v2": 182, "provincial": 243, "reconstructed": 21}
    field = standard.stage("eng-section").fields[0]
    where = f"STAGE = 'eng-section' AND NAME = '{field.name}'"
    ((zh, required),) = database.rows(f"SELECT ZH, IS_REQUIRED FROM STD_V_FIELD_DETAIL WHERE {where}")
    assert (zh, required) == (field.zh, "1")


def test_mounting_again_writes_nothing(database: Database) -> None:
    first = mount(database, DATA, "1.0", NOW)
    again = mount(database, DATA, "1.0", NOW + timedelta(days=1))
    assert (again.change, again.digest, again.rows) == ("unchanged", first.digest, first.rows)
    assert database.rows("SELECT RELEASE, MOUNTED_AT, IS_CURRENT FROM STD_RELEASE") == [
        ("1.0", "20261122090000", 1)
    ]
    assert database.rows("SELECT COUNT(*) FROM STD_FIELDS") == [(880,)]


def test_a_changed_draft_replaces_and_a_new_version_stands_beside(database: Database, copy: Path) -> None:
    mount(database, DATA, "1.0", NOW)
    path = copy / "stages.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("项目登记", "项目信息登记", 1), encoding="utf-8")
    assert mount(database, copy, "1.0", NOW).change == "replaced"
    assert database.rows("SELECT ZH FROM STD_V_STAGES WHERE ID = 'eng-project'") == [("项目信息登记",)]
    assert mount(database, DATA, "2.0", NOW).change == "added"
    assert database.rows("SELECT ZH FROM STD_V_STAGES WHERE ID = 'eng-project'") == [("项目登记",)]
    assert database.rows("SELECT RELEASE, IS_CURRENT FROM STD_RELEASE ORDER BY RELEASE") == [
        ("1.0", 0),
        ("2.0", 1),
    ]
    assert database.rows("SELECT COUNT(*) FROM STD_FIELDS") == [(1760,)]
    # Going back is mounting the older one again.
    assert mount(database, copy, "1.0", NOW).change == "unchanged"
    assert database.rows("SELECT RELEASE FROM STD_V_STAGES LIMIT 1") == [("1.0",)]


def test_an_older_table_gets_the_new_columns(database: Database) -> None:
    mount(database, DATA, "1.0", NOW)
    for name in reversed(views()):
        database.execute(f"DROP VIEW {name}")
    database.execute("ALTER TABLE STD_FIELDS DROP COLUMN SEEN")
    assert mount(database, DATA, "2.0", NOW).change == "added"
    assert database.rows("SELECT COUNT(*) FROM STD_V_FIELDS WHERE SEEN <> ''")[0][0] > 800


def test_a_failure_leaves_nothing(database: Database, copy: Path) -> None:
    mount(database, DATA, "1.0", NOW)
    (copy / "codes.csv").write_text("nonsense\n", encoding="utf-8")
    with pytest.raises(StandardDataError, match=r"codes\.csv:1"):
        mount(database, copy, "2.0", NOW)
    with pytest.raises(DatabaseError):
        mount(database, DATA, None, NOW)  # type: ignore[arg-type]
    assert database.rows("SELECT RELEASE, IS_CURRENT FROM STD_RELEASE") == [("1.0", 1)]


def test_every_column_has_a_chinese_comment(database: Database) -> None:
    unnamed = [column for table in shown() for column in table.columns if word(column).name.startswith("C_")]
    assert unnamed == []
    mount(database, DATA, "1.0", NOW)
    if database.engine.name == "sqlite":
        rows = database.rows("SELECT COMMENT_ZH FROM STD_COMMENT WHERE COLUMN_NAME <> ''")
    else:
        rows = database.rows(
            "SELECT col_description(a.attrelid, a.attnum) "
            "FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid "
            "WHERE c.relkind = 'r' AND c.relname LIKE 'std\\_%' AND a.attnum > 0 AND NOT a.attisdropped"
        )
    wanted = sum(len(table.columns) + 2 for table in shown()) + 5
    assert len(rows) == wanted and all(text for (text,) in rows)
