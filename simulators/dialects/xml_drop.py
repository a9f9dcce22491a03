"""文件包交换: packages found in `in/`, judged, receipts and answers put into `out/`; its own
laid into `send/`.

Written from `dialects/xml-drop/rules.md`; `drop_packages.py` is the paper, `drop_books.py` what is known.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from functools import cache
from typing import Any

from lxml import etree

from hub.catalogue.papers import Papers
from hub.message import CST
from simulators.desk import Desk, Refusal
from simulators.dialects import drop_packages as paper
from simulators.dialects.drop_books import books, first_kind, four_checks
from simulators.dialects.drop_packages import Bad, Item, hashed
from simulators.dialects.drop_sending import Parcels, Telling
from simulators.dialects.xmlread import local
from simulators.dialects.xmltree import lists, read_tree, write_tree
from simulators.listening import Arrival, Files, FilesSaid, Turn
from simulators.nested import Body, service
from simulators.state import Push, Verdict
from simulators.wire import Reply, Request

NAME = "xml-drop"
AGAIN, LATE, MISSING = timedelta(seconds=5), timedelta(days=1), timedelta(seconds=60)
MORNING = time(9, 30)
QUESTIONS = frozenset({"archive.verify", "clue.transfer", "person.verify", "report.reconcile"})
_COUNTIES = ("X02", "X08", "X25", "X31")
_MINES = ("TKGG", "CKGG", "KYJG")
TAKES: Mapping[str, tuple[str, ...]] = {
    "P10": ("DAYJ", "DAYZ"),
    "D05": _MINES,
    "D18": ("XSYS", "RYHY"),
    "N01": ("XMDJ", "BDHF", "ZBGG", "TBRMD", "KBJL", "ZBJG", "HTQD", *_MINES, "SBDZ"),
    **dict.fromkeys(_COUNTIES, ("BDHF", "ZBGG", "KBJL", "ZBJG", "SLJG")),
}
TEXTS = {
    "R10": "必填项为空",
    "R11": "格式错误",
    "R12": "代码不存在",
    "R20": "同版本内容不一致",
    "R21": "版本过旧",
    "R22": "要修改或删除的记录不存在",
    "R23": "项目或标段不存在",
    "R90": "系统繁忙",
}
RETRIABLE = frozenset({"R22", "R23", "R90", "P99"})
_KINDS = {"required": "R10", "format": "R11", "code": "R12"}
_VERDICTS = {Verdict.CONFLICT: "R20", Verdict.OLDER: "R21", Verdict.UNKNOWN_ROW: "R22"}
_PACKAGE = {
    "zip-truncated": "P02",
    "hash-mismatch": "P03",
    "duplicate-package": "P07",
    "internal-error": "P99",
}
_ITEM = {"parent-unknown": "R23", "busy": "R90"}
_OPS = {"A": "insert", "M": "update", "D": "delete"}
_ENVELOPE = ("Key", "Op", "Version", "Source", "HubNo")


@dataclass(slots=True)
class Desktop:
    """What lies on the table: when a package was first seen, when it is due, what is carried away."""

    seen: dict[str, datetime] = field(default_factory=dict)
    again: dict[str, datetime] = field(default_factory=dict)
    done: dict[str, str] = field(default_factory=dict)
    held: dict[str, bytes] = field(default_factory=dict)
    parcels: Parcels = field(default_factory=Parcels)


class XmlDrop:
    """One system behind its folder."""

    peer_row: Mapping[str, Any] = {"poll": {"every": 0.5}}
    folders = ("in", "out", "send", "back")

    def __init__(self, desk: Desk) -> None:
        facts = Papers.load(NAME).facts
        own = facts["systems"][desk.id]
        self._desk = desk
        self._without = frozenset(desk.switches.get("without", ()))
        self._quirks = frozenset(own["quirk_ids"]) - self._without
        self._algorithm = str(own["digest"])
        self._daily = time.fromisoformat(own["daily_at"]) if "daily-package" in self._quirks else None
        self._categories = {code: stage for stage, code in facts["categories"].items()}
        desk.ledger.pattern = desk.id + "-{day}-{serial:06d}"
        self.table: Desktop = desk.switches.setdefault("desktop", Desktop())
        self._books = books(desk, self._without)

    def tell(self, stage: str, key: str, version: int, op: str, fields: Mapping[str, Any]) -> Telling:
        """Say something to the hub: it lies in a package after the next round, or at the daily hour."""
        return self.table.parcels.tell(Telling(stage, key, version, op, fields))

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

    # -- judging ----------------------------------------------------------------------------------

    def answer(self, request: Request, now: datetime) -> Reply:
        """FILES: a package of the hub's; LAY: the records of a package of our own."""
        name = request.path.rpartition("/")[2].removesuffix(".zip")
        laying = request.method == "LAY"
        said = self._laid(name, json.loads(request.body)) if laying else self._judge(name, request.body, now)
        return Reply(200, {}, json.dumps(said).encode("ascii"))

    def _judge(self, name: str, raw: bytes, now: datetime) -> dict[str, Any]:
        if self._desk.feels("receipt-late"):
            return {"again": LATE.total_seconds()}
        whole = hashed(self._algorithm, raw)
        try:
            code = next((code for mood, code in _PACKAGE.items() if self._desk.feels(mood)), "")
            if code and code != "P07":
                raise Bad(code)
            allowed = TAKES[self._desk.id]
            records = paper.unpacked(name, raw, self._desk.id, allowed, self._algorithm)
            if self.table.done.get(name) == whole and name not in self.table.again:
                raise Bad("P07")
        except Bad as bad:
            return self._bad(name, whole, bad.code, now)
        self.table.done[name] = whole
        stage = self._categories[name.split("_")[1]]
        if stage in QUESTIONS:
            return self._question(name, whole, stage, records[0], now)
        said = self._receipt(name, whole, stage, records, now)
        return self._bad(name, whole, code, now) if code else said  # P07: it was taken, by another way

    def _bad(self, name: str, whole: str, code: str, now: datetime) -> dict[str, Any]:
        if code in paper.RETELL:
            told = {f"out/{name}.bad.xml": _b64(paper.bad_file(name, code, now))}
            return {"put": told, "drop": [f"in/{name}.zip", f"in/{name}.zip.ok"], "forget": True}
        text = paper.receipt(name, whole, (), now, code)
        again = {"again": AGAIN.total_seconds()} if code in RETRIABLE else {}
        return {"put": {f"out/{name}.receipt.xml": _b64(text)}, "drop": [f"out/{name}.bad.xml"]} | again

    def _receipt(
        self, name: str, whole: str, stage: str, records: list[etree._Element], now: datetime
    ) -> dict[str, Any]:
        items = [self._item(name, n, stage, record, now) for n, record in enumerate(records, 1)]
        again = AGAIN if any(item.code in RETRIABLE for item in items) else None
        text = paper.receipt(name, whole, items, now)
        if self._desk.feels("partial-receipt"):
            text, again = paper.receipt(name, whole, (), now, result="partial"), MISSING
        octets = text.encode("utf-8")
        if self._desk.feels("wrong-charset"):
            octets, again = text.replace("?>\n", "?>\n<!-- 回执 -->", 1).encode("gb18030"), MISSING
        put = {f"out/{name}.receipt.xml": base64.b64encode(octets).decode("ascii")}
        said: dict[str, Any] = {"put": put, "drop": [f"out/{name}.bad.xml"]}
        return said if again is None else said | {"again": again.total_seconds()}

    def _item(self, name: str, number: int, stage: str, record: etree._Element, now: datetime) -> Item:
        form = _form(stage)
        fields = read_tree(record, lists(form.rows))
        key, version = str(fields.get("Key", "")), str(fields.get("Version", ""))
        shown = f"{name.split('_')[2]}-{number:04d}" if self._batch else key
        code, message, receipt_no, repeat = self._verdict(stage, form, fields, now)
        self._count(bool(code), now)
        if code:
            return Item(shown, version, "failure", code, message)
        return Item(shown, version, "repeat" if repeat else "success", number=receipt_no)

    def _verdict(
        self, stage: str, form: Body, fields: dict[str, Any], now: datetime
    ) -> tuple[str, str, str, bool]:
        """Code and message, or receipt number and whether it was here before."""
        op = _OPS.get(str(fields.get("Op", "")), "")
        wrong = (_form("") if op == "delete" else form).wrong(fields)
        if wrong:
            found = first_kind(wrong)
            code = _KINDS[found[0].kind]
            return code, ";".join(f"{TEXTS[code]}:{each.field}" for each in found), "", False
        code = next((code for mood, code in _ITEM.items() if self._desk.feels(mood)), "")
        if code:
            return code, TEXTS[code], "", False
        if stage == "archive-record" and "four-checks" in self._quirks and op != "delete":
            code, message = four_checks(self._desk, fields)
            if code:
                return code, message, "", False
        content = {n: v for n, v in fields.items() if n not in _ENVELOPE}
        push = Push(stage, fields["Key"], int(fields["Version"]), op, fields, content)
        verdict, held = self._desk.ledger.put(push, now)
        if verdict in (Verdict.TAKEN, Verdict.DUPLICATE) and held is not None:
            return "", "", held.receipt, verdict is Verdict.DUPLICATE
        return _VERDICTS[verdict], TEXTS[_VERDICTS[verdict]], "", False

    def _question(
        self, name: str, whole: str, stage: str, record: etree._Element, now: datetime
    ) -> dict[str, Any]:
        """A question is answered by a file; what is wrong with it is said by a receipt."""
        form = _form(stage)
        fields = read_tree(record, lists(form.rows))
        code, message, _, _ = self._verdict(stage, form, fields, now)
        if not code:
            asked = service(NAME, stage, "request", typed=False).home(fields)
            try:
                told = self._books[stage](asked, now)
            except (Refusal, KeyError) as no:
                code, message = "R11", f"{TEXTS['R11']}:{no.args[0]}"
            else:
                inside = write_tree(service(NAME, stage, "reply", typed=False).abroad(told))
                return {"put": {f"out/{name}.answer.xml": _b64(paper.answer_file(name, whole, inside, now))}}
        item = Item(str(fields.get("Key", "")), str(fields.get("Version", "")), "failure", code, message)
        again = {"again": AGAIN.total_seconds()} if code in RETRIABLE else {}
        return {"put": {f"out/{name}.receipt.xml": _b64(paper.receipt(name, whole, (item,), now))}} | again

    def _count(self, failed: bool, now: datetime) -> None:
        """For the score of the month."""
        months: dict[str, list[int]] = self._desk.switches.setdefault("judged", {})
        month = months.setdefault(f"{now:%Y%m}", [0, 0])
        month[0] += not failed
        month[1] += 1

    # -- what we lay down ---------------------------------------------------------------------------

    def _laid(self, name: str, records: list[str]) -> dict[str, Any]:
        """The files of one package of ours, with the slip in force."""
        flaws = ("zip-truncated", "hash-mismatch", "wrong-charset")
        flaw = next((flaw for flaw in flaws if self._desk.feels(flaw)), "")
        raw = base64.b64encode(paper.packed(name, "HUB", records, self._algorithm, flaw)).decode("ascii")
        path, marker = f"send/{name}.zip", f"send/{name}.zip.ok"
        if self._desk.feels("ok-before-zip"):
            return {"put": {marker: ""}, "later": {path: raw}}
        put = {path: raw, marker: ""}
        if self._desk.feels("duplicate-package"):
            twin = name[:-1] + ("F" if name[-1] != "F" else "E")
            again = paper.packed(twin, "HUB", records, self._algorithm)
            put |= {f"send/{twin}.zip": base64.b64encode(again).decode("ascii"), f"send/{twin}.zip.ok": ""}
        return {"put": put}


@cache
def _form(stage: str) -> Body:
    """Envelope and stage (or question) as one form of texts; "" is the envelope alone."""
    papers = Papers.load(NAME)
    own = (papers.rows(stage) or papers.rows(stage, "request")) if stage else ()
    return Body((*papers.rows("*"), *own), papers.codes, typed=False)


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


def _b64(text: str) -> str:
    return base64.b64encode(text.encode("utf-8")).decode("ascii")


def _read(reply: Reply | None) -> dict[str, Any] | None:
    try:
        said = json.loads(reply.body) if reply is not None else None
    except ValueError:
        return None
    return said if isinstance(said, dict) and said else None


__all__ = ["XmlDrop", "local", "next_at", "next_working_morning"]
