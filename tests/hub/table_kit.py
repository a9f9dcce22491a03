"""A system that lays its records down in a table: a made-up dialect over real SQLite, for tests only."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core_kit import Bench, FakeDialect, FakePeer

from hub.peers import Poll
from hub.ports import Haul, Incoming

SYSTEM = "T03"
DIALECT_OF_T03 = "asmx-parasxml"


def make(path: Path) -> None:
    with sqlite3.connect(path) as table:
        table.execute(
            "CREATE TABLE outbox(n INTEGER PRIMARY KEY, id TEXT, stage TEXT, op TEXT, key TEXT,"
            " version INTEGER, fields TEXT)"
        )


def lay_down(path: Path, bench: Bench, seeds: range, stage: str = "eng-project") -> list[str]:
    """Rows as the system would write them; their own ids."""
    ids = []
    with sqlite3.connect(path) as table:
        for seed in seeds:
            body = bench.record(stage, sender=SYSTEM, seed=seed)["body"]
            ids.append(f"row-{stage}-{seed}")
            row = (ids[-1], stage, body["op"], body["key"], body["version"], json.dumps(body["fields"]))
            table.execute("INSERT INTO outbox(id, stage, op, key, version, fields) VALUES(?,?,?,?,?,?)", row)
    return ids


class TablePoller:
    """Reads rows after the watermark, which is the number of the last one read."""

    def __init__(self, path: str) -> None:
        self.path, self.looks, self.closed = path, [], False

    async def next(self, watermark: str, limit: int) -> Haul:
        self.looks.append(watermark)
        rows = await asyncio.to_thread(self._rows, int(watermark or 0), limit + 1)
        items = tuple(
            Incoming(
                "record.put" if stage else "project.query", stage, op, key, version, number,
                json.loads(fields), authenticated=True,
            )
            for _, number, stage, op, key, version, fields in rows[:limit]
        )  # fmt: skip
        last = str(rows[:limit][-1][0]) if rows else watermark
        return Haul(items, last, len(rows) > limit)

    def _rows(self, after: int, limit: int) -> list[Any]:
        with sqlite3.connect(self.path) as table:
            return table.execute(
                "SELECT * FROM outbox WHERE n > ? ORDER BY n LIMIT ?", (after, limit)
            ).fetchall()

    async def close(self) -> None:
        self.closed = True


class TableDialect(FakeDialect):
    """A dialect that polls as well."""

    def __init__(self) -> None:
        super().__init__()
        self.made: list[TablePoller] = []

    def poller(
        self, system: str, variant: str, credentials: Mapping[str, str], source: str, carry: Any
    ) -> TablePoller:
        self.made.append(TablePoller(credentials["path"]))
        return self.made[-1]


@dataclass
class TablePeers:
    """T03 has a schedule, the others have none."""

    path: Path
    poll: Poll | None

    def get(self, system: str) -> FakePeer:
        if system != SYSTEM:
            return FakePeer()
        return FakePeer(credentials={"path": str(self.path)}, poll=self.poll)
