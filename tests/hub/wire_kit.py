"""A made-up system that lives in a SQLite file: told by rows, it lays rows down and reads the verdict."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from core_kit import Bench, FakeDialect, FakePeers

from adapters.transports.table_poller import TablePlan, table_poller
from hub.delivery.chooser import Chooser
from hub.peers import Peer
from hub.ports import Answer, Call, Carry, Incoming, Kind, Outcome, Outgoing, Poller, WireReply, WireRequest
from hub.transports import maker

SYSTEM, DIALECT = "T03", "asmx-parasxml"
DDL = """
CREATE TABLE inbox(row_key TEXT PRIMARY KEY, stage TEXT, fields TEXT, flag INTEGER DEFAULT 0);
CREATE TABLE outbox(n INTEGER PRIMARY KEY, id TEXT, stage TEXT, op TEXT, key TEXT, version INTEGER,
                    fields TEXT, flag INTEGER DEFAULT 0, said TEXT, written INTEGER DEFAULT 0);
CREATE TRIGGER counted AFTER UPDATE OF flag ON outbox BEGIN
  UPDATE outbox SET written = written + 1 WHERE n = NEW.n; END;
"""


def make(path: Path) -> None:
    with closing(sqlite3.connect(path)) as table:
        table.executescript(DDL)


def sql(path: Path, text: str, *values: Any) -> list[Any]:
    with closing(sqlite3.connect(path, isolation_level=None, timeout=60)) as run:
        return run.execute(text, values).fetchall()


def lay_down(path: Path, bench: Bench, seeds: range, stage: str = "eng-project") -> list[str]:
    ids = []
    for seed in seeds:
        body = bench.record(stage, sender=SYSTEM, seed=seed)["body"]
        ids.append(f"row-{stage}-{seed}")
        row = (ids[-1], stage, body["op"], body["key"], body["version"], json.dumps(body["fields"]))
        sql(path, "INSERT INTO outbox(id, stage, op, key, version, fields) VALUES(?,?,?,?,?,?)", *row)
    return ids


def _read(row: Mapping[str, Any]) -> Incoming:
    return Incoming(
        "record.put", str(row["stage"]), str(row["op"]), str(row["key"]), int(row["version"] or 0),
        str(row["id"]), json.loads(str(row["fields"])), authenticated=True,
    )  # fmt: skip


def _verdict(row: Mapping[str, Any], item: Incoming, answer: Answer) -> dict[str, Any]:
    said = {"flag": 1 if answer.status < 300 else 2, "said": f"{answer.code} {answer.data.get('hubId', '')}"}
    return {"table": "outbox", "key": {"n": row["n"]}, "row": said}


PLAN = TablePlan(
    "outbox",
    ("n", "id", "stage", "op", "key", "version", "fields"),
    ("n",),
    _read,
    {"flag": 0},
    verdict=_verdict,
)


class RowDialect(FakeDialect):
    """Not yet judged over there is not yet delivered."""

    def encode(self, outgoing: Outgoing, call: Call) -> WireRequest:
        key = {"row_key": call.key}
        row = {
            **key,
            "stage": outgoing.stage,
            "fields": json.dumps(dict(outgoing.fields), ensure_ascii=False),
        }
        look = {"table": "inbox", "where": key, "columns": ["flag"], "order": [], "limit": 1}
        asked = {"put": [{"table": "inbox", "key": key, "row": row}], "look": [look]}
        return WireRequest("ROWS", "", {}, json.dumps(asked).encode())

    def decode(self, reply: WireReply, outgoing: Outgoing, call: Call) -> Outcome:
        told = json.loads(reply.body)
        if reply.status != 200:
            return Outcome(Kind.RETRY, f"receiver.{told['error']}")
        flag = told["look"][0][0]["flag"]
        if flag == 2:
            return Outcome(Kind.REFUSED, "receiver.refused")
        return Outcome(Kind.DELIVERED, "ok") if flag else Outcome(Kind.RETRY, "receiver.pending")

    def poller(
        self, system: str, variant: str, credentials: Mapping[str, str], source: str, carry: Carry
    ) -> Poller:
        return table_poller(PLAN, carry)


class RowPeers:
    """`system` lives in the file, the others nowhere."""

    def __init__(self, system: str, path: Path, poll: Any = None) -> None:
        self.system, self.base, self.poll = system, f"sqlite:///{path}", poll

    def get(self, system: str) -> Any:
        if system != self.system:
            return FakePeers().get(system)
        return Peer(self.base, poll=self.poll)


def bench_over(data: Path, peers: Any, dialect: Any, name: str = DIALECT, **settings: Any) -> Bench:
    """A bench whose hub carries by the installed carriers; what speaks HTTP is made up as ever."""
    bench = Bench(data, **settings)
    bench.transport = Chooser(peers, bench.transport, maker)  # type: ignore[assignment]
    bench.peers, bench.dialects[name] = peers, dialect
    return bench
