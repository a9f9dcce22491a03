"""库表登记 + 文件级联: description rows judged with their files; the platform's own published in mirror.

Written from `dialects/cascade-db-file/rules.md`; `cascade_files.py` reads the files, `cascade_publishing.py`
writes what the platform says itself.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Generator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from hub.catalogue.papers import ROOT, Papers
from hub.message import CST
from simulators.desk import Desk
from simulators.dialects.cascade_files import NAME, Unfit, fits, form, records
from simulators.dialects.cascade_publishing import Publication, Telling, publication, when
from simulators.dialects.drop_books import first_kind
from simulators.listening import Arrival, Drop, Files, FilesSaid, Look, Put, Row, Rows, RowsSaid, Set, Turn
from simulators.sheet import moment
from simulators.state import Push, Verdict
from simulators.wire import Reply, Request

AGAIN = timedelta(seconds=5)
TEXTS = {
    "C01": "账号无此目录权限",
    "C02": "重复数据",
    "C04": "目录编号不存在",
    "C06": "字段模式不一致",
    "C10": "必填项为空",
    "C11": "文件不存在",
    "C12": "大小不符",
    "C13": "签名不符",
    "C14": "文件不完整",
    "C15": "格式错误",
    "C16": "代码不存在",
    "C20": "同版本内容不一致",
    "C21": "版本过旧",
    "C22": "要修改或删除的记录不存在",
    "C23": "项目或标段不存在",
    "C30": "系统繁忙",
    "C99": "处理异常",
}
RETRIABLE = frozenset({"C04", "C11", "C12", "C14", "C22", "C23", "C30", "C99"})
_TORN = frozenset({"C12", "C14"})
_KINDS = {"required": "C10", "format": "C15", "code": "C16"}
_VERDICTS = {Verdict.CONFLICT: "C20", Verdict.OLDER: "C21", Verdict.UNKNOWN_ROW: "C22"}
_MOODS = {
    "not-allowed": "C01",
    "schema-drift": "C06",
    "row-before-file": "C11",
    "size-mismatch": "C12",
    "bad-signature": "C13",
    "partial-upload": "C14",
    "parent-unknown": "C23",
    "busy": "C30",
    "internal-error": "C99",
}
_FLAWS = (
    "row-before-file", "file-before-row", "partial-upload", "size-mismatch", "bad-signature", "schema-drift",
    "folder-without-signature", "expired-file",
)  # fmt: skip
_TIME = "yyyy-MM-dd HH:mm:ss"


@dataclass(slots=True)
class Platform:
    """What the platform has in hand: rows to judge again, its own publications, when it cleared last."""

    again: dict[str, datetime] = field(default_factory=dict)
    tellings: list[Telling] = field(default_factory=list)
    unfinished: list[Publication] = field(default_factory=list)
    numbers: dict[str, int] = field(default_factory=dict)
    cleared: datetime | None = None
    founded: bool = False


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
        self._stages = {biz: stage for stage, biz in facts["biz_codes"].items()}
        self._catalogues: Mapping[str, str] = facts["catalogues"]
        self._titles: Mapping[str, str] = facts["titles"]
        self.platform: Platform = desk.switches.setdefault("platform", Platform())
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

    # -- judging ----------------------------------------------------------------------------------

    def answer(self, request: Request, now: datetime) -> Reply:
        """STEPS: a description row with what belongs to it; LAY: lines of our own before they are laid."""
        inside = json.loads(request.body)
        if request.method == "LAY":
            said = asdict(self._laid(request.path.lstrip("/"), inside, now))
        else:
            said = self._judge(inside, now)
        return Reply(200, {}, json.dumps(said, ensure_ascii=False).encode("utf-8"))

    def _judge(self, inside: Mapping[str, Any], now: datetime) -> dict[str, Any]:
        row = inside["row"]
        if self._desk.feels("expired-file"):
            return {"set": {"state": "9"}, "drop": [row["path"]]}
        if self._desk.feels("state-before-reading"):
            return {"set": {"state": "1"}, "again": True}
        try:
            stage, found = self._readable(inside)
        except Unfit as unfit:
            torn = {"drop": [row["path"]]} if unfit.code in _TORN else {}
            return self._state("2", unfit.code, TEXTS[unfit.code], now) | torn
        verdicts = [self._record(stage, each, now) for each in found]
        refused = [(code, text) for code, text in verdicts if code not in ("", "C02")]
        if refused:
            return self._state("2", refused[0][0], ";".join(text for _, text in refused)[:2000], now)
        if all(code == "C02" for code, _ in verdicts):
            return self._state("1", "C02", TEXTS["C02"], now)
        return self._state("1", None, None, now)

    def _readable(self, inside: Mapping[str, Any]) -> tuple[str, list[Any]]:
        """The order of rules.md 7; raises Unfit."""
        row, published = inside["row"], inside["published"] or {}
        mood = next((code for mood, code in _MOODS.items() if self._desk.feels(mood)), "")
        first = "catalogue-first" in self._quirks
        if first and published.get("catalog_id") not in inside["catalogue"]:
            raise Unfit("C04")
        stage = self._stages.get(str(published.get("biz_code")), "")
        if mood:
            raise Unfit(mood)
        if not stage or not fits(str(published["field_schema"]), stage):
            raise Unfit("C06")
        files = [base64.b64decode(text) for _, text in sorted(inside["files"].items())]
        return stage, records(row, files, self._desk.credentials["file_key"])

    def _record(self, stage: str, fields: dict[str, Any], now: datetime) -> tuple[str, str]:
        """ "" for taken, or a code with its sentence."""
        op = str(fields.get("op_type", ""))
        wrong = form("" if op == "delete" else stage).wrong(fields)
        if wrong:
            found = first_kind(wrong)
            code = _KINDS[found[0].kind]
            return code, ";".join(f"{TEXTS[code]}:{each.field}" for each in found)
        content = {n: v for n, v in fields.items() if n not in ("hub_no", "from_sys")}
        push = Push(stage, fields["row_id"], fields["data_version"], op, fields, content)
        verdict, _ = self._desk.ledger.put(push, now)
        if verdict is Verdict.TAKEN:
            return "", ""
        code = "C02" if verdict is Verdict.DUPLICATE else _VERDICTS[verdict]
        return code, TEXTS[code]

    def _state(self, state: str, code: str | None, message: str | None, now: datetime) -> dict[str, Any]:
        """What is written beside the row; who gives only states gives no reasons."""
        row: dict[str, Any] = {"state": state, "last_read_time": when(now)}
        if "state-only" not in self._quirks:
            row |= {"err_code": code, "err_msg": message}
        return {"set": row} | ({"again": True} if code in RETRIABLE else {})

    # -- what we lay down ---------------------------------------------------------------------------

    def _laid(self, stage: str, lines: list[str], now: datetime) -> Publication:
        biz = next(biz for biz, each in self._stages.items() if each == stage)
        number = self.platform.numbers[stage] = self.platform.numbers.get(stage, 0) + 1
        name = f"{biz}_{now.astimezone(CST):%Y%m%d%H%M%S}_{number:04d}.dat"
        flaw = next((flaw for flaw in _FLAWS if self._desk.feels(flaw)), "")
        key = self._desk.credentials["file_key"]
        return publication(self._code, key, stage, name, lines, now, flaw)


def _read(reply: Reply | None) -> dict[str, Any] | None:
    try:
        said = json.loads(reply.body) if reply is not None else None
    except ValueError:
        return None
    return said if isinstance(said, dict) and said else None
