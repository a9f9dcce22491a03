"""The questions of `hub.index.port.Index`, asked of SQLite over one connection."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from hub.index.bids import BidRows
from hub.index.evidence import EvidenceRows
from hub.index.fold import NEWS, Fold
from hub.index.gathered import Gathered
from hub.index.persons import PersonRows
from hub.index.port import (
    AskedRow,
    AttemptRow,
    DeliveryRow,
    ExaminedRow,
    FileRow,
    HeardRow,
    MessageRow,
    RecordRow,
    StateRow,
    TreeRow,
)

_DELIVERY = (
    "SELECT id, seq, receiver, message, order_key, state, next_at, attempts, base, unsure, reason, key,"
    " urgent, expires FROM delivery"
)
_RECORD = "SELECT h, natural, version, digest, live FROM record"
# One earlier waiting delivery of the same order key is enough to hold this one back; those held back stand in
# no index of what is due, or a day without the chain would be walked through at every call.
_READY = "state = 'waiting' AND behind = 0"
_DUE, _URGENT = (
    f"{_DELIVERY} WHERE receiver = ? AND {_READY} {urgent}AND next_at <= ? AND"
    " (expires = 0 OR expires > ?) ORDER BY next_at, id LIMIT ?"
    for urgent in ("", "AND urgent = 1 ")
)


class SqliteIndex:
    """`hub.index.port.Index` on one connection (the writer's, or a reader's own)."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.rows = Gathered(connection)
        self._run = self.rows.run
        self.evidence = EvidenceRows(self.rows)
        self.bids = BidRows(self.rows)
        self.persons = PersonRows(self.rows)
        self.fold = Fold(self.rows, self.persons)

    def apply(self, seq: int, facts: Mapping[str, Any]) -> frozenset[str]:
        return self.fold.apply(seq, facts)

    def _one(self, sql: str, *values: Any) -> Any:
        return self._run(sql, values).fetchone()

    def known(self, known_key: int) -> MessageRow | None:
        row = self.rows.found("known", "SELECT * FROM known WHERE h = ?", known_key)
        return None if row is None else self.message(row[1])

    def message(self, seq: int) -> MessageRow | None:
        return _message(self.rows.found("message", "SELECT * FROM message WHERE seq = ?", seq))

    def by_hub_id(self, hub_id: str) -> MessageRow | None:
        raw = _uuid(hub_id)
        return _message(self._one("SELECT * FROM message WHERE hub_id = ?", raw)) if raw else None

    def examined(self, sender: str | None, after: int, limit: int) -> Sequence[ExaminedRow]:
        rows = self._run(
            "SELECT * FROM (SELECT m.seq, 1, m.hidden > 0, coalesce(l.at, 0) FROM message AS m"
            " LEFT JOIN lifted AS l ON l.seq = m.seq"
            " WHERE m.stage != '' AND m.seq > :after"
            " AND iif(:sender IS NULL, m.hidden = 0, m.sender = :sender)"
            " UNION ALL SELECT seq, 0, sealed, 0 FROM refused"
            " WHERE seq > :after AND iif(:sender IS NULL, sealed = 0, sender = :sender))"
            " ORDER BY 1 LIMIT :limit",
            {"sender": sender, "after": after, "limit": limit},
        ).fetchall()
        return [
            ExaminedRow(seq, self.message(seq) if accepted else None, bool(sealed), lifted)
            for seq, accepted, sealed, lifted in rows
        ]

    def states(self, seq: int) -> Sequence[StateRow]:
        rows = self._run(
            "SELECT first_state, received, first_reason, seq FROM message WHERE seq = ?1"
            " UNION ALL SELECT state, at, reason, entry FROM state WHERE seq = ?1 ORDER BY 4, 1",
            (seq,),
        )
        return [StateRow(*row) for row in rows]

    def answer(self, seq: int) -> int:
        row = self._one("SELECT entry FROM answer WHERE seq = ?", seq)
        return 0 if row is None else int(row[0])

    def stories(self, seq: int) -> Sequence[tuple[int, Mapping[str, Any]]]:
        rows = self._run("SELECT entry, story FROM answered WHERE seq = ? ORDER BY entry", (seq,)).fetchall()
        return [(row[0], json.loads(row[1])) for row in rows]

    def asked(self, key: int) -> AskedRow | None:
        row = self._one("SELECT question, until FROM asked WHERE h = ?", key)
        return None if row is None else AskedRow(*row)

    def heard(self, key: int) -> HeardRow | None:
        row = self._one(
            "SELECT question, entry, coalesce((SELECT max(until) FROM asked AS a WHERE"
            " a.question = heard.question), 1) FROM heard WHERE h = ?",
            key,
        )
        return None if row is None else HeardRow(*row)

    def settled(self, name: str) -> int:
        row = self._one("SELECT value FROM counter WHERE name = ?", "~of." + name)
        return 0 if row is None else int(row[0])

    def watermark(self, system: str, source: str) -> int:
        row = self._one("SELECT entry FROM watermark WHERE system = ? AND source = ?", system, source)
        return 0 if row is None else int(row[0])

    def nonce_used(self, nonce_key: int) -> bool:
        return self.rows.found("nonce", "SELECT * FROM nonce WHERE h = ?", nonce_key) is not None

    def record(self, record_key: int) -> RecordRow | None:
        return _record(self.rows.found("record", f"{_RECORD} WHERE h = ?", record_key))

    def natural(self, natural_key: int) -> RecordRow | None:
        return _record(self.rows.natural(natural_key, f"{_RECORD} WHERE natural = ? AND live"))

    def parent_owner(self, parent: int) -> str | None:
        row = self.rows.found("parent", "SELECT * FROM parent WHERE h = ?", parent)
        return None if row is None else str(row[1])

    def waiting_for(self, token: int) -> Sequence[int]:
        return [row[0] for row in self._run("SELECT seq FROM waiting WHERE h = ? ORDER BY seq", (token,))]

    def lifted(self, gate: int) -> bool:
        return self._one("SELECT 1 FROM gate WHERE h = ?", gate) is not None

    def sealed(self, gate: int) -> bool:
        return self._one("SELECT 1 FROM seal WHERE gate = ? LIMIT 1", gate) is not None

    def gates_of(self, seq: int) -> Sequence[int]:
        return [row[0] for row in self._run("SELECT gate FROM seal WHERE seq = ? ORDER BY gate", (seq,))]

    def deadline(self, scope: int) -> int | None:
        row = self.rows.found("deadline", "SELECT * FROM deadline WHERE scope = ?", scope)
        return None if row is None else int(row[1])

    def timers_due(self, now: int, limit: int) -> Sequence[int]:
        return [
            row[0]
            for row in self._run("SELECT gate FROM timer WHERE at <= ? ORDER BY at LIMIT ?", (now, limit))
        ]

    def delivery(self, delivery: int) -> DeliveryRow | None:
        row = self.rows.by("delivery", delivery, f"{_DELIVERY} WHERE id = ?", (delivery,)).fetchone()
        return None if row is None else _delivery(row)

    def deliveries(self, seq: int) -> Sequence[DeliveryRow]:
        return [_delivery(row) for row in self._run(f"{_DELIVERY} WHERE seq = ? ORDER BY id", (seq,))]

    def listed(self, where: str, values: Sequence[Any], limit: int) -> Sequence[DeliveryRow]:
        """Deliveries by a clause of `hub.index.views` (never text from outside)."""
        return [
            _delivery(row)
            for row in self._run(f"{_DELIVERY} WHERE {where} ORDER BY id LIMIT ?", (*values, limit))
        ]

    def attempts(self, delivery: int) -> Sequence[AttemptRow]:
        rows = self._run("SELECT * FROM attempt WHERE delivery = ? ORDER BY n", (delivery,))
        return [AttemptRow(*row) for row in rows]

    def receivers(self) -> Sequence[str]:
        # A loose index scan: one step per receiver, however many deliveries each of them has.
        rows = self._run(
            f"WITH RECURSIVE r(name) AS (SELECT min(receiver) FROM delivery WHERE {_READY} UNION ALL"  # noqa: S608
            f" SELECT (SELECT min(receiver) FROM delivery WHERE {_READY} AND receiver > name) FROM r"
            " WHERE name IS NOT NULL) SELECT name FROM r WHERE name IS NOT NULL"
        )
        return [row[0] for row in rows]

    def due(self, receiver: str, now: int, limit: int, *, urgent: bool = False) -> Sequence[DeliveryRow]:
        question = _URGENT if urgent else _DUE
        return [_delivery(row) for row in self._run(question, (receiver, now, now, limit))]

    def expired(self, now: int, limit: int) -> Sequence[int]:
        rows = self._run(
            "SELECT id FROM delivery WHERE state = 'waiting' AND expires > 0 AND expires <= ?"
            " ORDER BY expires LIMIT ?",
            (now, limit),
        )
        return [row[0] for row in rows]

    def next_due(self, receiver: str) -> int | None:
        row = self._one(f"SELECT min(next_at) FROM delivery WHERE receiver = ? AND {_READY}", receiver)  # noqa: S608
        return None if row[0] is None else int(row[0])

    def waiting_open(self, limit: int) -> int:
        """How many deliveries wait that anybody may know of; counted to the limit."""
        return int(
            self._one(
                "SELECT count(*) FROM (SELECT 1 FROM delivery AS d WHERE state = 'waiting' AND EXISTS"
                " (SELECT 1 FROM message AS m WHERE m.seq = d.seq AND m.hidden = 0) LIMIT ?)",
                limit,
            )[0]
        )

    def overdue(self, receiver: str, before: int, limit: int) -> bool:
        """Has a delivery that anybody may know of been waiting since before a moment?

        Since its first attempt in this life, or since it may go at all. Looked for among the first ones due.
        """
        since = "coalesce((SELECT started FROM attempt WHERE delivery = d.id AND n = d.base + 1), next_at)"
        rows = self._run(
            f"SELECT {since} FROM delivery AS d WHERE receiver = ? AND {_READY} AND EXISTS"  # noqa: S608
            " (SELECT 1 FROM message AS m WHERE m.seq = d.seq AND m.hidden = 0) ORDER BY next_at LIMIT ?",
            (receiver, limit),
        )
        return any(row[0] < before for row in rows)

    def file(self, owner: str, digest: str) -> FileRow | None:
        return _file(self._one("SELECT * FROM file WHERE digest = ? AND owner = ?", digest, owner))

    def file_entry(self, hub_id: str) -> FileRow | None:
        raw = _uuid(hub_id)
        return _file(self._one("SELECT * FROM file WHERE hub_id = ?", raw)) if raw else None

    def files_named(self, seq: int) -> Sequence[str]:
        return [
            row[0] for row in self._run("SELECT digest FROM file_ref WHERE seq = ? ORDER BY place", (seq,))
        ]

    def file_shown(self, digest: str, receiver: str) -> Sequence[tuple[str, str]]:
        return self._run(
            "SELECT DISTINCT m.sender, m.stage FROM file_open AS f JOIN message AS m ON m.seq = f.seq"
            " WHERE f.digest = ? AND f.receiver = ?",
            (digest, receiver),
        ).fetchall()

    def files_erased(self) -> Sequence[str]:
        return [row[0] for row in self._run("SELECT digest FROM file_erased ORDER BY digest")]

    def file_bytes(self, owner: str, since: int) -> int:
        found = self._one("SELECT sum(size) FROM file WHERE owner = ? AND at >= ?", owner, since)
        return int(found[0] or 0)

    def members(self) -> Mapping[str, tuple[str, Mapping[str, Any]]]:
        return {
            row[0]: (row[1], json.loads(row[2])) for row in self._run("SELECT * FROM member ORDER BY system")
        }

    def event(self, hub_id: str) -> int:
        raw = _uuid(hub_id)
        row = self._one("SELECT entry FROM event WHERE hub_id = ?", raw) if raw else None
        return 0 if row is None else int(row[0])

    def tree(self, *, covering: int = 0) -> TreeRow | None:
        order = (
            "WHERE size >= ? ORDER BY size LIMIT 1"
            if covering
            else "WHERE size >= ? ORDER BY size DESC LIMIT 1"
        )
        row = self._one(f"SELECT size, entry, facts FROM tree {order}", covering)  # noqa: S608 - two constants
        return None if row is None else TreeRow(row[0], row[1], json.loads(row[2]))

    def news_after(self) -> bool:
        news = self._one("SELECT value FROM counter WHERE name = ?", NEWS)
        head = self._one("SELECT max(size) FROM tree")
        return news is not None and news[0] > (head[0] or 0)

    def counters(self) -> Mapping[str, int]:
        return dict(self._run("SELECT name, value FROM counter WHERE name < '~'").fetchall())

    def usage(self, sender: str, day: int) -> tuple[int, int]:
        messages, size = (
            self._one("SELECT value FROM counter WHERE name = ?", f"~use.{day}.{sender}.{what}")
            for what in ("messages", "bytes")
        )
        return (messages[0] if messages else 0, size[0] if size else 0)

    def latest_open(self, limit: int) -> Sequence[MessageRow]:
        """Newest messages that anybody may know of."""
        rows = self._run("SELECT * FROM message WHERE hidden = 0 ORDER BY seq DESC LIMIT ?", (limit,))
        return [row for row in map(_message, rows) if row is not None]


def _message(row: Any) -> MessageRow | None:
    if row is None:
        return None
    (seq, raw, sender, msg_id, msg_type, stage, received, digest, *states, hidden) = row
    state, reason, first_state, first_reason = states
    return MessageRow(
        seq, str(UUID(bytes=raw)), sender, msg_id, msg_type, stage, received, bytes(digest), state, reason,
        first_state, first_reason, hidden,
    )  # fmt: skip


def _file(row: Any) -> FileRow | None:
    return None if row is None else FileRow(row[0], str(UUID(bytes=row[1])), *row[2:])


def _record(row: Any) -> RecordRow | None:
    return None if row is None else RecordRow(row[0], row[1], row[2], bytes(row[3]), bool(row[4]))


def _delivery(row: Any) -> DeliveryRow:
    (number, seq, receiver, message, order, state, next_at, attempts, base, unsure, *rest) = row
    reason, key, urgent, expires = rest
    return DeliveryRow(
        number, seq, receiver, message, order, state, next_at, attempts, base, bool(unsure), reason, key,
        bool(urgent), expires,
    )  # fmt: skip


def _uuid(text: str) -> bytes | None:
    try:
        return UUID(text).bytes
    except ValueError:
        return None
