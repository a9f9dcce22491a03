"""What is said to the database about rows: insert, find, poll, flag. Nothing is run here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hub.standard.bindings.table_cells import Cell
from hub.standard.bindings.table_codec import Rows
from hub.standard.bindings.table_engine import Engine
from hub.standard.bindings.table_layout import ATTACHMENT, ATTACHMENTS, NEW, Column, DataTable

# Names of tables and columns come from the standard's tables and have been looked at by `layout`; values
# never stand in the text of a statement.


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL with its values."""

    sql: str
    values: tuple[Cell, ...] = ()


@dataclass(frozen=True, slots=True)
class Waiting:
    """A row as it was read: where it stands, its cells, and its attachments."""

    table: DataTable
    sequence: int
    row: Mapping[str, Cell]
    attachments: tuple[Mapping[str, Cell], ...] = ()


def inserts(rows: Rows, engine: Engine) -> list[Statement]:
    """The statements that write one message; the attachments first, so that a seen row is whole."""
    columns = {column.name: column for column in rows.table.columns}
    parts = [_insert(ATTACHMENTS, {c.name: c for c in ATTACHMENT}, row, engine) for row in rows.attachments]
    return [*parts, _insert(rows.table.name, columns, rows.row, engine)]


def poll(table: DataTable, engine: Engine, limit: int, after: int = 0) -> Statement:
    """Rows that nobody has taken yet, in the order they were written."""
    where = f"SYNC_FLAG = {NEW} AND SEQ_NO > {engine.mark(1)} ORDER BY SEQ_NO LIMIT {engine.mark(2)}"
    return Statement(_select(table, engine, where), (after, limit))


def find(table: DataTable, engine: Engine, sender: str, message: str) -> Statement:
    """The row of one message."""
    where = f"SENDER = {engine.mark(1)} AND MSG_ID = {engine.mark(2)}"
    return Statement(_select(table, engine, where), (sender, message))


def attachments(engine: Engine, sender: str, message: str) -> Statement:
    """The attachments of one message in their order."""
    columns = ", ".join(column.name for column in ATTACHMENT)
    sql = (
        f"SELECT {columns} FROM {ATTACHMENTS} "  # noqa: S608
        f"WHERE SENDER = {engine.mark(1)} AND MSG_ID = {engine.mark(2)} ORDER BY POS"
    )
    return Statement(sql, (sender, message))


def flag(row: Waiting, engine: Engine, state: int, time: str, message: str | None) -> Statement:
    """Write back what became of a row - unless its owner has changed it since it was read."""
    marks = [engine.mark(position) for position in range(1, 7)]
    same = "IS" if engine.name == "sqlite" else "IS NOT DISTINCT FROM"
    sql = (
        f"UPDATE {row.table.name} SET SYNC_FLAG = {marks[0]}, SYNC_TIME = {marks[1]}, ERR_MSG = {marks[2]} "  # noqa: S608
        f"WHERE SEQ_NO = {marks[3]} AND SYNC_FLAG = {NEW} "
        f"AND NONCE = {marks[4]} AND SIGN_VALUE {same} {marks[5]}"
    )
    return Statement(sql, (state, time, message, row.sequence, row.row["NONCE"], row.row.get("SIGN_VALUE")))


def key_of_record(table: DataTable, engine: Engine, sender: str, key: str) -> Statement:
    """The DATA_KEY a record has already: updates and deletions keep it."""
    sql = (
        f"SELECT DATA_KEY FROM {table.name} WHERE SENDER = {engine.mark(1)} "  # noqa: S608
        f"AND REC_KEY = {engine.mark(2)} AND DATA_KEY IS NOT NULL ORDER BY SEQ_NO LIMIT 1"
    )
    return Statement(sql, (sender, key))


def last_key(table: DataTable, engine: Engine, first: str, last: str) -> Statement:
    """The highest DATA_KEY between two."""
    sql = (
        f"SELECT MAX(DATA_KEY) FROM {table.name} WHERE DATA_KEY BETWEEN {engine.mark(1)} AND {engine.mark(2)}"  # noqa: S608
    )
    return Statement(sql, (first, last))


def waiting(table: DataTable, found: tuple[Cell, ...]) -> Waiting:
    """A row of `poll` or `find`; NULLs are left out."""
    sequence, *cells = found
    names = (column.name for column in table.columns)
    row = {name: cell for name, cell in zip(names, cells, strict=True) if cell is not None}
    return Waiting(table, int(sequence or 0), row)


def _select(table: DataTable, engine: Engine, where: str) -> str:
    columns = ", ".join(engine.read(column) for column in table.columns)
    return f"SELECT SEQ_NO, {columns} FROM {table.name} WHERE {where}"  # noqa: S608


def _insert(table: str, columns: Mapping[str, Column], row: Mapping[str, Cell], engine: Engine) -> Statement:
    marks = ", ".join(engine.mark(position, columns[name]) for position, name in enumerate(row, 1))
    return Statement(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", tuple(row.values()))  # noqa: S608
