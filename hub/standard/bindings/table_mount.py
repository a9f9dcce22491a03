"""A mounted database: make its tables, write messages as a vendor would, take them as the hub does.

Taking: rows with SYNC_FLAG 0, stage by stage in the order of the standard (parents before children),
in each by SEQ_NO. The answer to a row is written back guarded by its nonce and signature, so that a
row its owner has changed meanwhile stays new. A crash between handing over and flagging hands the row
over again: the receiver knows it by sender and msgId.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from hub.message import CST, Finding
from hub.standard.bindings import table_statements as say
from hub.standard.bindings.table_codec import Rows, decode, encode
from hub.standard.bindings.table_database import Database
from hub.standard.bindings.table_ddl import addition, statements
from hub.standard.bindings.table_identity import DATA_KEY_LENGTH, Registration, data_key
from hub.standard.bindings.table_layout import ATTACHMENT, FAILED, TAKEN, DataTable, Layout, layout
from hub.standard.bindings.table_statements import Statement, Waiting
from hub.standard.book import Book

MOST_FINDINGS = 100


@dataclass(frozen=True, slots=True)
class Taken:
    """The receiver has the message."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The receiver does not want it; all reasons go back to the row."""

    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Later:
    """The receiver could not answer: the row stays new, and so do later rows of the same record."""


Answer = Taken | Refused | Later


@dataclass(frozen=True, slots=True)
class Round:
    """What one round of taking came to."""

    taken: int = 0
    refused: int = 0
    left: int = 0
    changed: int = 0


class Mount:
    """The tables of a standard in one database."""

    def __init__(self, standard: Book, database: Database) -> None:
        self._standard = standard
        self._database = database
        self._engine = database.engine
        self.plan: Layout = layout(standard)

    def create(self) -> None:
        """Make what is missing, in one transaction; fields that a newer standard added become columns."""
        with self._database.transaction():
            self._database.run([*self._additions(), *statements(self.plan, self._standard, self._engine)])

    def _additions(self) -> Iterator[str]:
        for table in self.plan.tables:
            held = {str(row[0]).upper() for row in self._database.rows(self._engine.columns(table.name))}
            for column in table.columns if held else ():
                if column.name not in held:
                    yield addition(table, column, self._engine)

    def write(self, envelope: Any, registration: Registration | None = None) -> tuple[Finding, ...]:
        """Write one message as its rows, all or nothing; findings when it has none."""
        rows = encode(self.plan, envelope)
        if not isinstance(rows, Rows):
            return rows
        with self._database.transaction():
            if registration is not None:
                # Two writers must not count to the same DATA_KEY.
                self._database.run(self._engine.lock(rows.table.name))
                key = self._data_key(rows, registration)
                again = encode(self.plan, envelope, registration, key)
                rows = again if isinstance(again, Rows) else rows
            for statement in say.inserts(rows, self._engine):
                self._database.execute(statement.sql, statement.values)
        return ()

    def read(
        self, stage: str, sender: str, message: str
    ) -> tuple[dict[str, Any] | None, tuple[Finding, ...]]:
        """One message by its id; None without findings when there is no such row."""
        table = self.plan.of_stage[stage]
        for row in self._rows(table, say.find(table, self._engine, sender, message)):
            return decode(row.table, row.row, row.attachments)
        return None, ()

    def take(self, receive: Callable[[dict[str, Any]], Answer], now: datetime, *, limit: int = 500) -> Round:
        """One round over all stages, at most `limit` rows of each; `receive` answers for one message."""
        counts = {Taken: 0, Refused: 0, Later: 0}
        changed = 0
        time = now.astimezone(CST).strftime("%Y%m%d%H%M%S")
        for table in self.plan.tables:
            held: set[tuple[Any, Any]] = set()
            answered: list[Statement] = []
            try:
                for row in self._rows(table, say.poll(table, self._engine, limit)):
                    record = (row.row["SENDER"], row.row["REC_KEY"])
                    answer = Later() if record in held else _ask(row, receive)
                    counts[type(answer)] += 1
                    if isinstance(answer, Later):
                        held.add(record)
                    else:
                        answered.append(self._flag(row, answer, time))
            finally:
                # Also when `receive` raised: what it had answered until then holds.
                changed += self._flagged(answered)
        return Round(counts[Taken], counts[Refused], counts[Later], changed)

    def _flag(self, row: Waiting, answer: Taken | Refused, time: str) -> Statement:
        told = None if isinstance(answer, Taken) else explain(answer.findings)
        state = TAKEN if isinstance(answer, Taken) else FAILED
        return say.flag(row, self._engine, state, time, told)

    def _flagged(self, answered: list[Statement]) -> int:
        """Write the flags in one transaction; how many rows their owners had changed meanwhile."""
        if not answered:
            return 0
        with self._database.transaction():
            touched = [self._database.execute(flag.sql, flag.values) for flag in answered]
        return touched.count(0)

    def _rows(self, table: DataTable, statement: Statement) -> Iterator[Waiting]:
        for found in self._database.rows(statement.sql, statement.values):
            row = say.waiting(table, found)
            if row.row.get("ATTACH_COUNT"):
                row = replace(row, attachments=tuple(self._attachments(row)))
            yield row

    def _attachments(self, row: Waiting) -> Iterator[dict[str, Any]]:
        asked = say.attachments(self._engine, str(row.row["SENDER"]), str(row.row["MSG_ID"]))
        names = [column.name for column in ATTACHMENT]
        for found in self._database.rows(asked.sql, asked.values):
            yield {name: cell for name, cell in zip(names, found, strict=True) if cell is not None}

    def _data_key(self, rows: Rows, registration: Registration) -> str:
        number = rows.table.dataset.number
        if not number:
            return ""
        asked = say.key_of_record(rows.table, self._engine, str(rows.row["SENDER"]), str(rows.row["REC_KEY"]))
        if found := self._database.rows(asked.sql, asked.values):
            return str(found[0][0])
        day = str(rows.row["DATA_TIMESTAMP"])[:8]
        first = data_key(registration.system_no, number, day, 0)
        room = DATA_KEY_LENGTH - 4 - len(number) - 8
        asked = say.last_key(rows.table, self._engine, first, first[:-room] + "9" * room)
        last = self._database.rows(asked.sql, asked.values)[0][0]
        return data_key(registration.system_no, number, day, 1 if last is None else int(last[-room:]) + 1)


def explain(findings: Iterable[Finding]) -> str:
    """The findings as lines for ERR_MSG; values in them are masked already."""
    lines = [f"{f.code} {f.at} 应为 {f.expected} 实为 {f.observed} {f.advice}".strip() for f in findings]
    more = len(lines) - MOST_FINDINGS
    return "\n".join(lines[:MOST_FINDINGS] + ([f"另有 {more} 处"] if more > 0 else []))


def _ask(row: Waiting, receive: Callable[[dict[str, Any]], Answer]) -> Answer:
    envelope, findings = decode(row.table, row.row, row.attachments)
    return receive(envelope) if envelope is not None else Refused(findings)
