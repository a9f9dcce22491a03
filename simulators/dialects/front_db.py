"""前置机接口表: takes XF_ rows by flag, judges them, writes flags back; lays its own rows into SB_ tables.

Written from `dialects/front-db/rules.md`; `front_judge.py` judges, `front_rows.py` knows the columns,
`front_questions.py` the answers about rooms and seats. A round: own rows, what became of them, then whatever
waits in the XF_ tables.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from hub.message import CST
from simulators.desk import Desk
from simulators.dialects.front_judge import FrontJudge
from simulators.dialects.front_rows import Layout, table_of
from simulators.listening import Arrival, Drop, Look, Put, Row, Rows, RowsSaid, Set, Turn, Value
from simulators.state import forgotten
from simulators.wire import Reply, Request

AGAIN = timedelta(seconds=5)  # a row that may be judged otherwise later is looked at this often
_ONLY = ("SEQ_ID", "SYNC_FLAG", "ERR_MSG", "HUB_NO")

Place = tuple[str, int]
Work = Generator[Any, Any, None]


@dataclass(slots=True)
class Telling:
    """A row this system wants to lay down, and what the hub made of it (`settled` row columns)."""

    stage: str
    key: str
    version: int
    op: str
    fields: Mapping[str, Any]
    laid: bool = False
    settled: Row | None = None


@dataclass(slots=True)
class Watch:
    """Rows with a history: to be judged again, never to be flagged, seen in a view."""

    again: dict[Place, datetime] = field(default_factory=dict)
    forgotten: set[Place] = field(default_factory=set)
    seen: dict[str, int] = field(default_factory=dict)
    tellings: list[Telling] = field(default_factory=list)
    neighbours: bool = False


class FrontDb:
    """One system at its front-end machine."""

    peer_row: Mapping[str, Any] = {"poll": {"every": 0.5}}

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.layout = Layout.of(desk.id, frozenset(desk.switches.get("without", ())))
        self.watch: Watch = desk.switches.setdefault("watch", Watch())
        self._judge = FrontJudge(desk, self.layout)

    @property
    def place(self) -> str:
        """The counties' rows lie in their prefecture's database, beside rows that are not theirs."""
        return f"front-{self.layout.code[:4]}" if self.layout.shared else f"front-{self._desk.id}"

    def schema(self, engine: str) -> str:
        return self.layout.schema(engine)

    def closed(self, now: datetime) -> bool:
        """Is the database stopped for the night?"""
        window = None if self._desk.switches.get("sleepless") else self.layout.closed
        return window is not None and window[0] <= now.astimezone(CST).time() < window[1]

    def tell(self, stage: str, key: str, version: int, op: str, fields: Mapping[str, Any]) -> Telling:
        """Say something to the hub: the row lies there after the next round. `key` is the row key."""
        telling = Telling(stage, key, version, op, fields)
        self.watch.tellings.append(telling)
        return telling

    def forget(self) -> None:
        """A reset: what it had in hand is gone; what lies there stays as it is."""
        forgotten(self.watch)

    def answer(self, request: Request, now: datetime) -> Reply:
        return self._judge.answer(request, now)

    # -- rounds -----------------------------------------------------------------------------------

    def turn(self, now: datetime) -> Turn:
        if self.closed(now):
            end = datetime.combine(now.astimezone(CST), self.layout.closed[1], CST)  # type: ignore[index]
            return end
        if self.layout.shared and not self.watch.neighbours:
            yield self._neighbours(now)
            self.watch.neighbours = True
        for telling in [each for each in self.watch.tellings if not each.laid]:
            yield from self._lay(telling, now)
        yield from self._hear()
        if self.layout.views:
            yield from self._audit(now)
            return None
        left = yield from self._take_all(now)
        return now + AGAIN if left or self.watch.again else None

    def _take_all(self, now: datetime) -> Generator[Any, Any, bool]:
        tables = self.layout.tables("XF_")
        where: dict[str, str] = {"SYNC_FLAG": "0"}
        if self.layout.shared:
            where["SOURCE_CODE"] = self.layout.code
        said: RowsSaid = yield Rows(look=tuple(Look(t, where, order=("SEQ_ID",)) for t in tables))
        waiting = [(table, row) for table, rows in zip(tables, said.look, strict=True) for row in rows]
        due = [place for place, at in self.watch.again.items() if at <= now]
        said = yield Rows(look=tuple(Look(table, {"SEQ_ID": seq}) for table, seq in due))
        waiting += [(place[0], row) for place, rows in zip(due, said.look, strict=True) for row in rows]
        left = False
        for table, row in waiting:
            if (table, row["SEQ_ID"]) not in self.watch.forgotten:
                left |= not (yield from self._take(table, row, now))
        return left

    def _take(self, table: str, row: Row, now: datetime) -> Generator[Any, Any, bool]:
        """Judge one row and write down the verdict; False when nothing came of it this time."""
        place = (table, int(row["SEQ_ID"] or 0))
        verdict = _read((yield Arrival(_request("ROWS", table, row))))
        if verdict is None:
            return False
        self.watch.again.pop(place, None)
        if verdict.get("forget"):
            self.watch.forgotten.add(place)
            return True
        if verdict.get("drop"):
            yield Rows(drop=(Drop(table, {"SEQ_ID": place[1]}),))
            return True
        if "again" in verdict:
            self.watch.again[place] = now + AGAIN
        if verdict.get("answers"):  # first the answers, then the flag
            yield Rows(put=tuple(Put(a["table"], a["row"], a["key"]) for a in verdict["answers"]))
        guard = {"SEQ_ID": place[1], "VERSION_NO": row["VERSION_NO"], "SYNC_FLAG": row["SYNC_FLAG"]}
        yield Rows(set=(Set(table, guard, verdict["set"]),))
        return True

    def _audit(self, now: datetime) -> Work:
        """Read-only views: everything is read once and nothing is ever written."""
        views = self.layout.tables("V_")
        said: RowsSaid = yield Rows(look=tuple(Look(view, order=("SEQ_ID",)) for view in views))
        for view, rows in zip(views, said.look, strict=True):
            for row in rows:
                number = int(row["SEQ_ID"] or 0)
                known = number <= self.watch.seen.get(view, 0)
                if not known and (yield Arrival(_request("ROWS", view, row))) is not None:
                    self.watch.seen[view] = number

    def _lay(self, telling: Telling, now: datetime) -> Work:
        """One row of our own, as the fault in force leaves it; tried again where it stops it."""
        table, op = table_of("SB_", telling.stage), telling.op
        row = self.layout.written(telling.stage, telling.key, telling.version, op, telling.fields, now)
        told = _read((yield Arrival(_request("LAY", table, row))))
        if told is None:
            return
        row, key = told["row"], {"SOURCE_CODE": self.layout.code, "ROW_ID": telling.key}
        if told.get("in-place"):
            blank = dict.fromkeys(self.layout.columns(telling.stage))
            content = {**blank, **row, "SYNC_TIME": None, "ERR_MSG": None}
            said: RowsSaid = yield Rows(set=(Set(table, key, content),))
            telling.laid = said.set[0] > 0
        if not telling.laid:
            yield Rows(put=(Put(table, row, {**key, "VERSION_NO": row["VERSION_NO"]}),))
        telling.laid, telling.version = True, int(row["VERSION_NO"])

    def _hear(self) -> Work:
        """What the hub wrote beside our rows."""
        open_ = [each for each in self.watch.tellings if each.laid and each.settled is None]
        if not open_:
            return
        looks = tuple(
            Look(table_of("SB_", each.stage), {**self._key(each), "VERSION_NO": each.version}, _ONLY)
            for each in open_
        )
        said: RowsSaid = yield Rows(look=looks)
        for each, rows in zip(open_, said.look, strict=True):
            if rows and rows[0]["SYNC_FLAG"] != "0":
                each.settled = rows[0]

    def _key(self, telling: Telling) -> dict[str, Any]:
        return {"SOURCE_CODE": self.layout.code, "ROW_ID": telling.key}

    def _neighbours(self, now: datetime) -> Rows:
        """Rows of the prefecture itself lie in a shared database: nobody else's to read or to flag."""
        whose, when = self.layout.code[:4] + "00", self.layout.now(now)
        row: dict[str, Value] = {
            "SOURCE_CODE": whose, "ROW_ID": "0" * 31 + "1", "CZLX": "D", "VERSION_NO": 2, "FROM_SYS": "M",
            "SEND_TIME": when, "IN_TIME": when, "SYNC_FLAG": "0",
        }  # fmt: skip
        key: Row = {"SOURCE_CODE": whose, "ROW_ID": row["ROW_ID"]}
        return Rows(put=tuple(Put(table, row, key) for table in ("XF_BD", "SB_BD")))


def _request(method: str, table: str, row: Row) -> Request:
    return Request(method, f"/{table}", body=json.dumps(row, ensure_ascii=False).encode("utf-8"))


def _read(reply: Reply | None) -> dict[str, Any] | None:
    """What the answer says is to be done; None where a fault left nothing readable."""
    try:
        said = json.loads(reply.body) if reply is not None else None
    except ValueError:
        return None
    return said if isinstance(said, dict) and said else None
