"""库表登记 + 文件级联: description rows judged with their files; the platform's own published in mirror.

Written from `dialects/cascade-db-file/rules.md`; `cascade_judge.py` judges, `cascade_files.py` reads the
files, `cascade_publishing.py` writes what the platform says itself.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Generator, Mapping
from datetime import datetime, timedelta
from typing import Any

from hub.catalogue.papers import ROOT, Papers
from hub.message import CST
from simulators.desk import Desk
from simulators.dialects.cascade_files import NAME
from simulators.dialects.cascade_judge import RETRIABLE, CascadeJudge, Platform
from simulators.dialects.cascade_publishing import Publication, Telling
from simulators.listening import Arrival, Drop, Files, FilesSaid, Look, Put, Row, Rows, RowsSaid, Set, Turn
from simulators.sheet import moment
from simulators.state import forgotten
from simulators.wire import Reply, Request

AGAIN = timedelta(seconds=5)
_TIME = "yyyy-MM-dd HH:mm:ss"


class CascadeDbFile:
    """One platform: its tables on the front-end machine and its file server."""

    folders = ("up", "down")

    def __init__(self, desk: Desk) -> None:
        facts = Papers.load(NAME).facts
        own = facts["systems"][desk.id]
        self._desk = desk
        self._code = str(own["code"])
        self._quirks = frozenset(own["quirk_ids"]) - frozenset(desk.switches.get("without", ()))
        self._keep = timedelta(days=int(facts["keep_days"]))
        self._catalogues: Mapping[str, str] = facts["catalogues"]
        self._titles: Mapping[str, str] = facts["titles"]
        self.platform: Platform = desk.switches.setdefault("platform", Platform())
        self._judge = CascadeJudge(desk, self.platform, self._quirks)
        self.peer_row: Mapping[str, Any] = {"poll": {"every": 0.5}} if own["polled"] else {}

    @property
    def place(self) -> str:
        return f"cascade-{self._desk.id}"

    def schema(self, engine: str) -> str:
        return (ROOT / NAME / f"{engine}.sql").read_text("utf-8")

    def tell(self, stage: str, key: str, version: int, op: str, fields: Mapping[str, Any]) -> Telling:
        """Publish something for the hub; records of one stage told together make one file."""
        telling = Telling(stage, key, version, op, fields)
        self.platform.tellings.append(telling)
        return telling

    def forget(self) -> None:
        """A reset: what it had in hand is gone; what lies there stays as it is."""
        forgotten(self.platform)

    def answer(self, request: Request, now: datetime) -> Reply:
        return self._judge.answer(request, now)

    # -- rounds -----------------------------------------------------------------------------------

    def turn(self, now: datetime) -> Turn:
        if not self.platform.founded:
            yield Rows(put=tuple(self._catalogue()))
            self.platform.founded = True
        late = bool(self.platform.unfinished)
        yield from self._finish()
        yield from self._publish(now)
        yield from self._hear()
        yield from self._clear(now)
        mine = {"target": self._code, "state": "0"}
        due = [each for each, at in self.platform.again.items() if at <= now]
        said: RowsSaid = yield Rows(
            look=(
                Look("data_desc_up", mine, order=("create_time", "id")),
                *(Look("data_desc_up", {"id": each}) for each in due),
            )
        )
        left = False
        for row in (row for rows in said.look for row in rows):
            if row["id"] not in self.platform.again or row["id"] in due:
                left |= not (yield from self._take(row, now))
        waits = left or late or bool(self.platform.again) or bool(self.platform.unfinished)
        return now + AGAIN if waits else self._next_clearing(now)

    def _catalogue(self) -> list[Put]:
        return [
            Put("data_catalog", {"catalog_id": number, "name": self._titles[stage]}, {"catalog_id": number})
            for stage, number in self._catalogues.items()
        ]

    def _take(self, row: Row, now: datetime) -> Generator[Any, Any, bool]:
        """Judge one description row with its file, write down what it is; False if nothing came of it."""
        path = f"{row['path']}/*.dat" if row["type"] == "4" else str(row["path"])
        known: RowsSaid = yield Rows(look=(Look("mng_data_up", {"id": row["mng_id"]}), Look("data_catalog")))
        got: FilesSaid = yield Files(get=(path,) if path.startswith("up/") and ".." not in path else ())
        inside = {
            "row": dict(row),
            "published": dict(known.look[0][0]) if known.look[0] else None,
            "catalogue": [each["catalog_id"] for each in known.look[1]],
            "files": {name: base64.b64encode(octets).decode("ascii") for name, octets in got.got.items()},
        }
        octets = json.dumps(inside, ensure_ascii=False).encode("utf-8")
        reply = yield Arrival(Request("STEPS", f"/{row['file_name']}", body=octets))
        said = _read(reply)
        if said is None:
            return False
        if said.get("drop"):
            yield Files(drop=tuple(said["drop"]))
        key = {"id": row["id"], "state": row["state"]}
        yield Rows(set=(Set("data_desc_up", key, said["set"]),))
        self.platform.again.pop(str(row["id"]), None)
        if said.get("again"):
            self.platform.again[str(row["id"])] = now + AGAIN
        return True

    def _publish(self, now: datetime) -> Generator[Any, Any, None]:
        """Our own records, a file for each stage, as the fault in force leaves it."""
        stages: dict[str, list[Telling]] = {}
        for telling in self.platform.tellings:
            if not telling.described:
                stages.setdefault(telling.stage, []).append(telling)
        for stage, group in stages.items():
            lines = [telling.line(self._desk.id) for telling in group]
            octets = json.dumps(lines, ensure_ascii=False).encode("utf-8")
            said = _read((yield Arrival(Request("LAY", f"/{stage}", body=octets))))
            if said is None:
                continue
            made = Publication(**said)
            yield from self._lay(Publication(made.rows, made.files))
            if made.late_rows or made.late_files:
                self.platform.unfinished.append(Publication(made.late_rows, made.late_files))
            rows = [row for table, row in (*made.rows, *made.late_rows) if table == "data_desc_down"]
            for telling in group:
                telling.described = rows[0]["id"]

    def _finish(self) -> Generator[Any, Any, None]:
        unfinished, self.platform.unfinished = self.platform.unfinished, []
        for publication_ in unfinished:
            yield from self._lay(publication_)

    def _lay(self, made: Publication) -> Generator[Any, Any, None]:
        """Files first, then the rows that speak of them."""
        yield Files(put=tuple((path, base64.b64decode(text)) for path, text in made.files))
        yield Rows(put=tuple(Put(table, row, {"id": row["id"]}) for table, row in made.rows))

    def _hear(self) -> Generator[Any, Any, None]:
        """What the hub wrote beside our description rows."""
        open_ = [t for t in self.platform.tellings if t.described and t.settled is None]
        ids = list(dict.fromkeys(t.described for t in open_))
        said: RowsSaid = yield Rows(look=tuple(Look("data_desc_down", {"id": each}) for each in ids))
        rows = {str(row["id"]): row for rows in said.look for row in rows if row["state"] != "0"}
        for telling in open_:
            telling.settled = rows.get(telling.described)

    def _clear(self, now: datetime) -> Generator[Any, Any, None]:
        """Once a day: what was read thirty days ago goes; what nobody read that long is expired."""
        if self.platform.cleared is not None and now < self.platform.cleared + timedelta(days=1):
            return
        self.platform.cleared = now
        oldest = Look("data_desc_up", {"target": self._code}, order=("create_time",))
        said: RowsSaid = yield Rows(look=(oldest,))
        for row in said.look[0]:
            if self._outlived(row, now):
                yield Files(drop=(str(row["path"]),))
                yield Rows(drop=(Drop("data_desc_up", {"id": row["id"]}),))
            elif self._unread(row, now):
                yield Files(drop=(str(row["path"]),))
                yield Rows(set=(Set("data_desc_up", {"id": row["id"]}, {"state": "9"}),))
                self.platform.again.pop(str(row["id"]), None)

    def _outlived(self, row: Row, now: datetime) -> bool:
        """Read, and kept its thirty days."""
        read_at = moment(_TIME, str(row["last_read_time"] or ""))
        return "kept-30-days" in self._quirks and row["state"] == "1" and self._kept(read_at, now)

    def _unread(self, row: Row, now: datetime) -> bool:
        open_ = row["state"] == "0" or (row["state"] == "2" and row["err_code"] in RETRIABLE)
        return open_ and self._kept(moment(_TIME, str(row["create_time"])), now)

    def _kept(self, since: datetime | None, now: datetime) -> bool:
        return since is not None and since + self._keep <= now.astimezone(CST).replace(tzinfo=None)

    def _next_clearing(self, now: datetime) -> datetime:
        return (self.platform.cleared or now) + timedelta(days=1)


def _read(reply: Reply | None) -> dict[str, Any] | None:
    try:
        said = json.loads(reply.body) if reply is not None else None
    except ValueError:
        return None
    return said if isinstance(said, dict) and said else None
