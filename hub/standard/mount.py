"""`hutong standard mount DSN`: the standard itself as tables and views in somebody's database.

Once per version: mounting the same again writes nothing; a draft that has changed under the same version
replaces it; a new version stands beside the old ones and becomes the current one. One transaction.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from certs.algorithms.digest import digest
from hub.message import CST
from hub.standard.bindings.table_database import Cell, Database
from hub.standard.mount_tables import COUNTS, RELEASES, Shown, comments, create, kind, releases, shown, views
from hub.standard.tables import COLUMNS, Problems, Row, StandardDataError, read


@dataclass(frozen=True, slots=True)
class Mounted:
    """What mounting came to: `unchanged`, `replaced` or `added`."""

    release: str
    digest: str
    change: str
    tables: int
    rows: int


def mount(database: Database, directory: Path, release: str, now: datetime) -> Mounted:
    """Write the tables of a directory under the name of a release.

    Raises StandardDataError when a file cannot be read (whether they agree is the loader's question) and
    DatabaseError when the database refuses.
    """
    problems = Problems()
    found = {file: read(directory, file, problems) for file in COLUMNS}
    if problems:
        raise StandardDataError(problems)
    told = content_digest(directory)
    count = sum(len(rows) for rows in found.values())
    with database.transaction():
        _prepare(database)
        engine = database.engine
        held = dict(database.rows(f"SELECT RELEASE, DIGEST FROM {RELEASES}"))  # noqa: S608
        change = "added" if release not in held else "unchanged" if held[release] == told else "replaced"
        if change != "unchanged":
            _write(database, found, release)
            _announce(database, (release, told, now.astimezone(CST).strftime("%Y%m%d%H%M%S"), 0, count))
        for state, sign in ((0, "<>"), (1, "=")):
            sql = f"UPDATE {RELEASES} SET IS_CURRENT = {state} WHERE RELEASE {sign} {engine.mark(1)}"  # noqa: S608
            database.execute(sql, (release,))
    return Mounted(release, told, change, len(found), count)


def mounted(database: Database, release: str = "") -> dict[str, list[dict[str, str]]]:
    """The rows of a release as its files had them, "" is the current one; empty when it is not there."""
    wanted = "IS_CURRENT = 1" if not release else f"RELEASE = {database.engine.mark(1)}"
    values = (release,) if release else ()
    found = database.rows(f"SELECT RELEASE FROM {RELEASES} WHERE {wanted}", values)  # noqa: S608
    if not found:
        return {}
    mark, held = database.engine.mark(1), {}
    for table in shown():
        sql = f"SELECT {', '.join(table.names)} FROM {table.name} WHERE RELEASE = {mark} ORDER BY ROW_NO"  # noqa: S608
        rows = database.rows(sql, (str(found[0][0]),))
        texts = (["" if cell is None else str(cell) for cell in row] for row in rows)
        held[table.file] = [dict(zip(table.columns, row, strict=True)) for row in texts]
    return held


def content_digest(directory: Path) -> str:
    """SM3 over the names and bytes of all data files."""
    parts = [file.encode() + b"\0" + (directory / file).read_bytes() for file in sorted(COLUMNS)]
    return f"sm3:{digest(bytes([0]).join(parts)).hex()}"


def _prepare(database: Database) -> None:
    database.execute(releases())
    for table in shown():
        database.execute(create(table))
        # An earlier standard may have had fewer columns.
        held = {str(row[0]).upper() for row in database.rows(database.engine.columns(table.name))}
        for column, name in zip(table.columns, table.names, strict=True):
            if name not in held:
                database.execute(f"ALTER TABLE {table.name} ADD COLUMN {name} {kind(column)}")
    database.run(f"DROP VIEW IF EXISTS {name}" for name in reversed(views()))
    database.run(f"CREATE VIEW {name} AS {select}" for name, select in views().items())
    database.run(comments(database.engine))


def _announce(database: Database, row: tuple[Cell, ...]) -> None:
    mark = database.engine.mark
    database.execute(f"DELETE FROM {RELEASES} WHERE RELEASE = {mark(1)}", row[:1])  # noqa: S608
    marks = ", ".join(mark(position) for position in range(1, len(row) + 1))
    database.execute(f"INSERT INTO {RELEASES} VALUES ({marks})", row)  # noqa: S608


def _write(database: Database, found: Mapping[str, list[Row]], release: str) -> None:
    for table in shown():
        database.execute(f"DELETE FROM {table.name} WHERE RELEASE = {database.engine.mark(1)}", (release,))  # noqa: S608
        names = ("RELEASE", "ROW_NO", *table.names)
        marks = ", ".join(database.engine.mark(position) for position in range(1, len(names) + 1))
        sql = f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({marks})"  # noqa: S608
        database.many(sql, [(release, row.number, *_cells(table, row)) for row in found[table.file]])


def _cells(table: Shown, row: Row) -> tuple[Cell, ...]:
    return tuple(
        (row.number_or_none(column) if column in COUNTS else row[column]) for column in table.columns
    )
