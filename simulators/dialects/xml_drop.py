"""文件包交换: packages found in `in/`, judged, receipts and answers put into `out/`; its own
laid into `send/`.

Written from `dialects/xml-drop/rules.md`; `drop_judge.py` judges, `drop_packages.py` is the paper,
`drop_books.py` what is known.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Generator, Mapping
from datetime import datetime, time, timedelta
from typing import Any

from hub.catalogue.papers import Papers
from hub.message import CST
from simulators.desk import Desk
from simulators.dialects import drop_packages as paper
from simulators.dialects.drop_judge import AGAIN, NAME, TAKES, Desktop, DropJudge
from simulators.dialects.drop_sending import Telling
from simulators.listening import Arrival, Files, FilesSaid, Turn
from simulators.state import forgotten
from simulators.wire import Reply, Request

MORNING = time(9, 30)


class XmlDrop:
    """One system behind its folder."""

    peer_row: Mapping[str, Any] = {"poll": {"every": 0.5}}
    folders = ("in", "out", "send", "back")

    def __init__(self, desk: Desk) -> None:
        facts = Papers.load(NAME).facts
        own = facts["systems"][desk.id]
        self._desk = desk
        self._quirks = frozenset(own["quirk_ids"]) - frozenset(desk.switches.get("without", ()))
        self._daily = time.fromisoformat(own["daily_at"]) if "daily-package" in self._quirks else None
        desk.ledger.pattern = desk.id + "-{day}-{serial:06d}"
        self.table: Desktop = desk.switches.setdefault("desktop", Desktop())
        self._judge = DropJudge(desk, self.table, self._quirks)

    def tell(self, stage: str, key: str, version: int, op: str, fields: Mapping[str, Any]) -> Telling:
        """Say something to the hub: it lies in a package after the next round, or at the daily hour."""
        return self.table.parcels.tell(Telling(stage, key, version, op, fields))

    def forget(self) -> None:
        """A reset: what it had in hand is gone; what lies there stays as it is."""
        forgotten(self.table)

    def answer(self, request: Request, now: datetime) -> Reply:
        return self._judge.answer(request, now)

    # -- rounds -----------------------------------------------------------------------------------

    def turn(self, now: datetime) -> Turn:
        dues = [(yield from self._send(now))]
        said: FilesSaid = yield Files(list=("in/*.zip", "in/*.zip.ok", "out/*.xml"))
        for name in self._ready(said.listed):
            dues.append((yield from self._take(name, said.listed, now)))
        coming = [due for due in dues if due is not None]
        return min(coming) if coming else None

    def _ready(self, listed: Mapping[str, int]) -> list[str]:
        """Whole packages without a last word, in order of name; those carried away as well."""
        there = {path[3:-4] for path in listed if path.endswith(".zip") and path + ".ok" in listed}
        told = {path[4:].rpartition(".")[0].rpartition(".")[0] for path in listed if _last_word(path)}
        return sorted((there | set(self.table.held)) - (told - set(self.table.again)))

    def _take(
        self, name: str, listed: Mapping[str, int], now: datetime
    ) -> Generator[Any, Any, datetime | None]:
        """Judge one package when it is due, and put down what is to be said; when to come again."""
        seen = self.table.seen.setdefault(name, now)
        if "one-way-gate" in self._quirks:
            yield from self._carry_away(name, listed)
        due = self.table.again.get(name) or self._due(name, seen)
        if now < due:
            return due
        raw = self.table.held.get(name)
        if raw is None:
            got: FilesSaid = yield Files(get=(f"in/{name}.zip",))
            raw = got.got.get(f"in/{name}.zip", b"")
        reply = yield Arrival(Request("FILES", f"/in/{name}.zip", body=raw))
        said = _read(reply)
        if said is None:
            return now + AGAIN
        put = tuple((path, base64.b64decode(text)) for path, text in said.get("put", {}).items())
        yield Files(put=put, drop=tuple(said.get("drop", ())))
        self.table.again.pop(name, None)
        if "again" in said:
            self.table.again[name] = now + timedelta(seconds=said["again"])
            return self.table.again[name]
        self.table.held.pop(name, None)
        if said.get("forget"):
            self.table.seen.pop(name, None)
        return None

    def _carry_away(self, name: str, listed: Mapping[str, int]) -> Generator[Any, Any, None]:
        """Behind the one-way gate: what lies there is gone in a moment, put again or not."""
        path = f"in/{name}.zip"
        if path in listed:
            got: FilesSaid = yield Files(get=(path,))
            self.table.held.setdefault(name, got.got.get(path, b""))
            yield Files(drop=(path, path + ".ok"))

    def _due(self, name: str, seen: datetime) -> datetime:
        """When a package first seen then is looked at."""
        if self._daily is not None:
            return next_at(seen, self._daily)
        if "one-way-gate" in self._quirks:
            return next_working_morning(seen)
        return seen

    def _send(self, now: datetime) -> Generator[Any, Any, datetime | None]:
        """Our own packages, and what the hub made of those before."""
        parcels = self.table.parcels
        if parcels.unfinished:
            put, parcels.unfinished = parcels.unfinished, []
            yield Files(put=tuple(put))
        waiting = parcels.waiting(now)
        due = next_at(min(t.at for t in waiting if t.at), self._daily) if self._daily and waiting else None
        if waiting and (due is None or now >= due):
            stamp = paper.stamp(due or now)
            for name, group in parcels.packages(self._desk.id, stamp, waiting, self._batch):
                yield from self._lay(name, group)
            due = None
        back: FilesSaid = (
            yield Files(get=("back/*.receipt.xml", "back/*.bad.xml")) if parcels.sent else Files()
        )
        parcels.hear(back.got)
        again, parcels.again = parcels.again, []
        for name in again:
            yield from self._lay(name, parcels.sent[name], drop=(f"back/{name}.bad.xml",))
        return now + AGAIN if parcels.unfinished else due

    @property
    def _batch(self) -> bool:
        return "batch-serial-key" in self._quirks

    def _lay(self, name: str, group: list[Telling], drop: tuple[str, ...] = ()) -> Generator[Any, Any, None]:
        parcels = self.table.parcels
        records = [telling.record(self._desk.id) for telling in group]
        body = json.dumps(records, ensure_ascii=False).encode("utf-8")
        said = _read((yield Arrival(Request("LAY", f"/send/{name}.zip", body=body))))
        if said is None:
            return
        put = [(path, base64.b64decode(text)) for path, text in said["put"].items()]
        yield Files(put=tuple(put), drop=drop)
        parcels.unfinished += [(path, base64.b64decode(text)) for path, text in said.get("later", {}).items()]
        parcels.laid(name, group)


def next_at(after: datetime, clock: time) -> datetime:
    """The first such hour that is not before."""
    local_time = after.astimezone(CST)
    at = datetime.combine(local_time, clock, CST)
    return at if at >= local_time else at + timedelta(days=1)


def next_working_morning(after: datetime) -> datetime:
    """Half past nine of the next day that is neither Saturday nor Sunday."""
    at = datetime.combine(after.astimezone(CST), MORNING, CST) + timedelta(days=1)
    while at.weekday() > 4:
        at += timedelta(days=1)
    return at


def _last_word(path: str) -> bool:
    return path.endswith((".receipt.xml", ".answer.xml"))


def _read(reply: Reply | None) -> dict[str, Any] | None:
    try:
        said = json.loads(reply.body) if reply is not None else None
    except ValueError:
        return None
    return said if isinstance(said, dict) and said else None


__all__ = ["TAKES", "XmlDrop", "next_at", "next_working_morning"]
