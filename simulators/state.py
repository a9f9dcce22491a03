"""What a system remembers: its own records, and how often each business key took effect.

Foreign names only. The count of effects is the evidence of "delivered exactly once": it rises each
time the system changed something, so a receiver without an idempotency key shows every repetition.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from enum import Enum
from typing import Any


class Verdict(Enum):
    """What a keyed receiver makes of a push; the dialect gives each its own code."""

    TAKEN = "taken"
    DUPLICATE = "duplicate"
    CONFLICT = "conflict"
    OLDER = "older"
    UNKNOWN_ROW = "unknown-row"


@dataclass(slots=True)
class Record:
    """One row of the system's own tables, in the system's own names.

    `fields`, `content` and `extra` are replaced, never changed in place: snapshots share them.
    """

    message: str  # the stage, or the service for what is no record of a stage
    key: str
    fields: dict[str, Any]
    content: Mapping[str, Any]
    version: int
    op: str
    receipt: str
    received: datetime
    effects: int = 1
    told: set[tuple[int, str]] = field(default_factory=set)
    doubled: int = 0
    deleted: bool = False
    extra: dict[str, Any] = field(default_factory=dict)

    def twin(self) -> Record:
        """The same record, for a snapshot."""
        return Record(
            self.message, self.key, self.fields, self.content, self.version, self.op, self.receipt,
            self.received, self.effects, set(self.told), self.doubled, self.deleted, self.extra,
        )  # fmt: skip

    def shown(self) -> dict[str, Any]:
        """The shape of the management port (seams)."""
        return {
            "stage": self.message,
            "key": self.key,
            "effects": self.effects,
            "doubled": self.doubled,
            "version": self.version,
            "deleted": self.deleted,
            "receipt": self.receipt,
            "fields": self.fields,
            "receivedAt": self.received.isoformat(timespec="milliseconds"),
        }


@dataclass(frozen=True, slots=True)
class Push:
    """What a dialect understood of one push: `content` is what decides "same" or "other"."""

    message: str
    key: str
    version: int
    op: str
    fields: dict[str, Any]
    content: Mapping[str, Any]


class Ledger:
    """All records of one system. Keyed receivers use `put`, those without a key `append`."""

    def __init__(self, pattern: str = "SJ{day}{serial:08d}") -> None:
        self._records: dict[tuple[str, str], Record] = {}
        self.pattern = pattern
        self._serial = 0
        self.touched = ("", "")  # message and key of the record that the call in progress is about

    def receipt(self, now: datetime) -> str:
        """The next number of the system's own register."""
        self._serial += 1
        return self.pattern.format(day=f"{now:%Y%m%d}", serial=self._serial)

    def find(self, message: str, key: str) -> Record | None:
        self.touched = (message, key)
        return self._records.get((message, key))

    def verdict(self, push: Push) -> Verdict:
        """What `put` would say, without doing it."""
        return _judge(self._records.get((push.message, push.key)), push)

    def put(self, push: Push, now: datetime) -> tuple[Verdict, Record | None]:
        """Idempotent by key and version: insert, newer update, tombstone; else why not."""
        self.touched = (push.message, push.key)
        held = self._records.get(self.touched)
        verdict = _judge(held, push)
        if verdict is not Verdict.TAKEN:
            return verdict, held
        if held is None:
            held = self._add(push, now)
        else:
            self._change(held, push, now)
        held.told.add((push.version, push.op))
        return verdict, held

    def append(self, push: Push, now: datetime) -> Record:
        """A receiver without a key: every push takes effect, also the one it had before."""
        self.touched = (push.message, push.key)
        held = self._records.get(self.touched)
        if held is None:
            held = self._add(push, now)
        else:
            held.doubled += (push.version, push.op) in held.told
            self._change(held, push, now)
        held.told.add((push.version, push.op))
        return held

    def note(
        self, message: str, key: str, asked: Mapping[str, Any], said: Mapping[str, Any], now: datetime
    ) -> Record:
        """A question of a service that really did something here: one effect under its number.

        Of the question only a digest is kept: it may hold what nobody may keep (identity numbers, faces).
        """
        text = json.dumps(asked, ensure_ascii=False, sort_keys=True, default=str)
        content = {"asked": hashlib.sha256(text.encode("utf-8")).hexdigest()}
        return self.append(Push(message, key, 1, "insert", dict(said), content), now)

    def _add(self, push: Push, now: datetime) -> Record:
        record = Record(
            push.message, push.key, push.fields, push.content, push.version, push.op, self.receipt(now), now
        )
        record.deleted = push.op == "delete"
        self._records[push.message, push.key] = record
        return record

    def _change(self, held: Record, push: Push, now: datetime) -> None:
        held.fields, held.content = push.fields, push.content
        held.version, held.op = push.version, push.op
        held.receipt, held.received = self.receipt(now), now
        held.deleted = push.op == "delete"
        held.effects += 1

    def __iter__(self) -> Iterator[Record]:
        return iter(self._records.values())

    def __len__(self) -> int:
        return len(self._records)

    @property
    def effects(self) -> int:
        return sum(record.effects for record in self._records.values())

    def clear(self) -> None:
        self._records.clear()
        self._serial = 0


def forgotten(memory: Any) -> None:
    """A memory of ours (a dataclass with defaults) as it was on the first day, in place."""
    fresh = type(memory)()
    for each in fields(memory):
        setattr(memory, each.name, getattr(fresh, each.name))


def _judge(held: Record | None, push: Push) -> Verdict:
    if held is None:
        return Verdict.TAKEN if push.op == "insert" else Verdict.UNKNOWN_ROW
    if held.deleted and push.op == "insert" and push.version <= held.version:
        return Verdict.OLDER
    if push.version == held.version:
        return Verdict.DUPLICATE if push.content == held.content else Verdict.CONFLICT
    if push.version < held.version:
        return Verdict.OLDER
    return Verdict.TAKEN
