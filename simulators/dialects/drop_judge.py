"""What a file system says to a package: receipt, answer or bad file; and how it packs its own.

Written from `dialects/xml-drop/rules.md` 7 and 8, with the slips of its faults.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from lxml import etree

from hub.catalogue.papers import Papers
from simulators.desk import Desk, Refusal
from simulators.dialects import drop_packages as paper
from simulators.dialects.drop_books import books, first_kind, four_checks
from simulators.dialects.drop_packages import Bad, Item, hashed
from simulators.dialects.drop_sending import Parcels
from simulators.dialects.xmltree import lists, read_tree, write_tree
from simulators.nested import Body, service
from simulators.state import Push, Verdict
from simulators.wire import Reply, Request

NAME = "xml-drop"
AGAIN, LATE, MISSING = timedelta(seconds=5), timedelta(days=1), timedelta(seconds=60)
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


class DropJudge:
    """The half of a file system that answers; its rounds are in `xml_drop.py`."""

    def __init__(self, desk: Desk, table: Desktop, quirks: frozenset[str]) -> None:
        facts = Papers.load(NAME).facts
        self._desk, self.table, self._quirks = desk, table, quirks
        self._algorithm = str(facts["systems"][desk.id]["digest"])
        self._categories = {code: stage for stage, code in facts["categories"].items()}
        self._books = books(desk, frozenset(desk.switches.get("without", ())))

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
        shown = f"{name.split('_')[2]}-{number:04d}" if "batch-serial-key" in self._quirks else key
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


def _b64(text: str) -> str:
    return base64.b64encode(text.encode("utf-8")).decode("ascii")
