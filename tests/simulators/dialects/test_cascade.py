"""Tables and files of the cascade: the papers' own steps carried out by hand, judged in rounds, both ways."""

from __future__ import annotations

import base64
import json
import sqlite3
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from hub.catalogue.papers import Papers
from hub.message import CST
from simulators.dialects.cascade_db_file import CascadeDbFile
from simulators.dialects.cascade_files import compressed, field_schema, signature
from simulators.lines.folder import FolderPlace
from simulators.lines.rounds import RoundsLine
from simulators.lines.sqlite import SqlitePlace
from simulators.listening import Address
from simulators.roll import roll
from simulators.systems.build import Making, build

PAPERS = Papers.load("cascade-db-file")
OUT = {line["id"]: line for line in PAPERS.golden() if line["file"] == "outward.jsonl"}
INWARD = {line["id"]: line for line in PAPERS.golden() if line["file"] == "inward.jsonl"}
RECORDS = json.loads((PAPERS.root.parent / "records.json").read_text("utf-8"))
KEY = "Cascade-File-Key-2026"
READ = datetime(2026, 11, 22, 9, 30, 0, tzinfo=CST)
Steps = list[dict[str, Any]]


class Machine:
    """One platform: tables, files, a clock."""

    def __init__(self, folder: Path, ident: str = "D13", *, without: tuple[str, ...] = ()) -> None:
        self.now = READ
        self.system = build(roll()[ident], Making())
        desk = self.system.desk
        desk.credentials = {**desk.credentials, "file_key": KEY}
        desk.switches["without"] = frozenset(without)
        self.side = self.system.side = CascadeDbFile(desk)
        self.path, self.root = folder / f"{ident}.db", folder / f"{ident}-files"
        self.tables = SqlitePlace(self.path, self.side.schema("sqlite"))
        files = FolderPlace(self.root, self.side.folders)
        self.line = RoundsLine(Address(""), lambda: self.now, tables=self.tables, files=files)

    async def round(self, *faults: str) -> None:
        for fault in faults:
            self.system.faults.arm(fault)
        await self.line.round(self.system)

    def sql(self, text: str, *values: Any) -> list[dict[str, Any]]:
        with sqlite3.connect(self.path) as hand:
            hand.row_factory = sqlite3.Row
            return [dict(row) for row in hand.execute(text, values)]

    def lay(self, steps: Steps) -> None:
        """What the hub's steps lay down, where it is not there yet."""
        for step in steps:
            for put in step["body"].get("put", ()):
                if "b64" in put:
                    path = self.root / put["path"]
                    if not path.exists():
                        path.write_bytes(base64.b64decode(put["b64"]))
                    continue
                marks = ", ".join("?" * len(put["row"]))
                text = f"INSERT OR IGNORE INTO {put['table']} ({', '.join(put['row'])}) VALUES ({marks})"
                self.sql(text, *put["row"].values())

    async def judged(self, ident: str, *faults: str, **changes: Any) -> dict[str, Any]:
        """A golden publication laid down (its description row changed), one round, how that row stands."""
        steps = steps_of(ident)
        steps[2]["body"]["put"][0]["row"] |= changes
        self.lay(steps)
        await self.round(*faults)
        return self.state(ident)

    def state(self, ident: str) -> dict[str, Any]:
        look = steps_of(ident)[2]["body"]["look"][0]
        text = f"SELECT {', '.join(look['columns'])} FROM {look['table']} WHERE id = ?"
        return self.sql(text, look["where"]["id"])[0]

    def effects(self) -> int:
        return self.system.desk.ledger.effects


def steps_of(ident: str) -> Steps:
    return list(json.loads(OUT[ident]["request"]["body"])["steps"])


def wanted(ident: str) -> dict[str, Any]:
    return dict(json.loads(OUT[ident]["reply"]["body"])["steps"][2]["look"][0][0])


def with_data(steps: Steps, old: str, new: str) -> Steps:
    """Other content under a description that fits it."""
    file, row = steps[1]["body"]["put"][0], steps[2]["body"]["put"][0]["row"]
    octets = base64.b64decode(file["b64"]).decode()
    assert old in octets
    changed = octets.replace(old, new).encode()
    file["b64"] = base64.b64encode(changed).decode()
    row |= {"size": len(changed), "signature": signature(KEY, changed)}
    return steps


@pytest.mark.parametrize("ident", ["push-read", "D13-contract-sign", "D13-subject-legal-person"])
async def test_what_the_papers_publish_is_read(tmp_path: Path, ident: str) -> None:
    at = Machine(tmp_path)
    row = await at.judged(ident)
    assert (row["state"], row["err_code"], row["last_read_time"]) == ("1", None, "2026-11-22 09:30:00")
    if ident == "push-read":
        assert row == wanted(ident)
    assert at.effects() == 1 and at.system.journal.received == 1


async def test_update_and_delete_follow_their_row(tmp_path: Path) -> None:
    at = Machine(tmp_path)
    assert (await at.judged("update"))["err_code"] == "C22"
    await at.judged("push-read")
    at.now += timedelta(seconds=6)
    await at.round()
    assert at.state("update")["state"] == "1", "judged again by the platform itself"
    assert (await at.judged("delete"))["state"] == "1" and at.effects() == 3


@pytest.mark.parametrize(
    ("ident", "fault"),
    [
        ("state-C01", "not-allowed"),
        ("state-C11", "row-before-file"),
        ("state-C12", "size-mismatch"),
        ("state-C13", "bad-signature"),
        ("state-C14", "partial-upload"),
        ("state-C23", "parent-unknown"),
        ("state-C30", "busy"),
        ("state-C99", "internal-error"),
        ("state-expired", "expired-file"),
        ("push-state-without-reading", "state-before-reading"),
    ],
)
async def test_faults_by_name(tmp_path: Path, ident: str, fault: str) -> None:
    at = Machine(tmp_path)
    assert await at.judged("push-read", fault) == wanted(ident)
    assert at.effects() == 0
    left = (at.root / "up").iterdir()
    assert bool(list(left)) is (fault not in ("size-mismatch", "partial-upload", "expired-file"))
    at.lay(steps_of("push-read"))
    at.now += timedelta(seconds=6)
    await at.round()
    assert (at.state("push-read")["state"] == "1") is (
        fault not in ("not-allowed", "bad-signature", "expired-file")
    )


async def test_schema_drift(tmp_path: Path) -> None:
    at = Machine(tmp_path)
    assert (await at.judged("push-read", "schema-drift"))["err_code"] == "C06"
    (tmp_path / "other").mkdir()
    other = Machine(tmp_path / "other")
    steps = steps_of("push-read")
    steps[0]["body"]["put"][0]["row"]["field_schema"] = '[{"name":"row_id"}]'
    other.lay(steps)
    await other.round()
    assert other.state("push-read")["err_code"] == "C06"


async def test_files_are_looked_at_in_the_papers_order(tmp_path: Path) -> None:
    octets = base64.b64decode(steps_of("push-read")[1]["body"]["put"][0]["b64"])
    cases: list[tuple[dict[str, Any], bytes | None, str]] = [
        ({}, None, "C11"),
        ({}, octets[:-9], "C14"),
        ({}, octets + b"\n", "C12"),
        ({"signature": "0" * 64}, octets, "C13"),
        ({"record_count": 2}, octets, "C15"),
        ({"size": 3, "signature": signature(KEY, b"{}}")}, b"{}}", "C15"),
        ({"path": "up/../secret"}, octets, "C11"),
    ]
    for number, (changes, content, code) in enumerate(cases):
        (tmp_path / str(number)).mkdir()
        at = Machine(tmp_path / str(number))
        steps = steps_of("push-read")
        steps[2]["body"]["put"][0]["row"] |= changes
        steps[1]["body"]["put"] = []
        at.lay(steps)
        if content is not None:
            (at.root / "up" / steps[2]["body"]["put"][0]["row"]["file_name"]).write_bytes(content)
        await at.round()
        assert at.state("push-read")["err_code"] == code, number


@pytest.mark.parametrize(
    ("old", "new", "code", "message"),
    [
        ('"notice_name":"永登县城区供热管网改造工程施工招标公告",', "", "C10", "必填项为空:notice_name"),
        (
            '"bid_open_time":"2026-12-14 09:30:00"',
            '"bid_open_time":"20261214"',
            "C15",
            "格式错误:bid_open_time",
        ),
        ('"doc_price_unit":"元"', '"doc_price_unit":"分"', "C16", "代码不存在:doc_price_unit"),
        ('"notice_bid_num":1', '"notice_bid_num":"1"', "C15", "格式错误:notice_bid_num"),
        ('"op_type":"insert"', '"op_type":"update"', "C22", "要修改或删除的记录不存在"),
    ],
)
async def test_records_are_judged(tmp_path: Path, old: str, new: str, code: str, message: str) -> None:
    at = Machine(tmp_path)
    at.lay(with_data(steps_of("push-read"), old, new))
    await at.round()
    row = at.state("push-read")
    assert (row["state"], row["err_code"], row["err_msg"]) == ("2", code, message) and at.effects() == 0


async def test_repetitions_conflicts_and_compressed_files(tmp_path: Path) -> None:
    at = Machine(tmp_path)
    octets = base64.b64decode(steps_of("push-read")[1]["body"]["put"][0]["b64"])
    small = compressed(octets)
    steps = steps_of("push-read")
    steps[1]["body"]["put"][0]["b64"] = base64.b64encode(small).decode()
    steps[2]["body"]["put"][0]["row"] |= {
        "size": len(small), "signature": signature(KEY, small), "compress": "1",
    }  # fmt: skip
    at.lay(steps)
    await at.round()
    assert at.state("push-read")["state"] == "1"
    for suffix, old, new, code in (("a", "永登县", "永登县", "C02"), ("b", "永登县", "皋兰县", "C20")):
        again = with_data(steps_of("push-read"), old, new)
        row, file = again[2]["body"]["put"][0]["row"], again[1]["body"]["put"][0]
        row |= {"id": suffix * 32, "file_name": suffix + row["file_name"], "path": f"up/{suffix}.dat"}
        file["path"] = row["path"]
        at.lay(again)
        await at.round()
        found = at.sql("SELECT * FROM data_desc_up WHERE id = ?", suffix * 32)[0]
        assert found["err_code"] == code
        if code == "C02":
            told = wanted("push-duplicate")
            assert {name: found[name] for name in told} == told
    assert at.effects() == 1


async def test_a_cut_round_has_its_effect_once(tmp_path: Path) -> None:
    at = Machine(tmp_path)
    row = await at.judged("push-read", "drop-after-effect")
    assert row["state"] == "0" and at.effects() == 1
    await at.round()
    assert at.state("push-read")["err_code"] == "C02" and at.effects() == 1


# -- quirks ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("without", [(), ("catalogue-first",)])
async def test_quirk_catalogue_first(tmp_path: Path, without: tuple[str, ...]) -> None:
    at = Machine(tmp_path, without=without)
    await at.round()
    at.sql("DELETE FROM data_catalog WHERE catalog_id = '620000-ggzy-0001'")
    row = await at.judged("push-read")
    assert (row["state"], row["err_code"]) == (("1", None) if without else ("2", "C04"))
    at.sql("INSERT INTO data_catalog VALUES ('620000-ggzy-0001', '补登')")
    at.now += timedelta(seconds=6)
    await at.round()
    assert at.state("push-read")["state"] == "1", "registered later, judged again"


@pytest.mark.parametrize("without", [(), ("kept-30-days",)])
async def test_quirk_kept_thirty_days(tmp_path: Path, without: tuple[str, ...]) -> None:
    at = Machine(tmp_path, without=without)
    await at.judged("push-read")
    for days, there in ((29, 1), (2, 1 if without else 0)):
        at.now += timedelta(days=days)
        await at.round()
        assert len(at.sql("SELECT * FROM data_desc_up")) == len(list((at.root / "up").iterdir())) == there
    row = await at.judged("push-read")
    assert row["err_code"] == (None if without else "C02") and at.effects() == 1


async def test_what_nobody_could_read_for_thirty_days_expires(tmp_path: Path) -> None:
    at = Machine(tmp_path)
    await at.judged("update")
    at.now += timedelta(days=31)
    await at.round()
    assert at.state("update")["state"] == "9" and list((at.root / "up").iterdir()) == []


@pytest.mark.parametrize("without", [(), ("state-only",)])
async def test_quirk_state_only(tmp_path: Path, without: tuple[str, ...]) -> None:
    at = Machine(tmp_path, "D20", without=without)
    row = await at.judged("D20-supervise-alert")
    assert row["state"] == "1"
    again = await at.judged("D20-supervise-event", "not-allowed")
    assert (again["state"], again["err_code"]) == ("2", "C01" if without else None)
    assert (again["err_msg"] is None) is not bool(without)
    assert at.side.peer_row == {}


# -- what the platform itself says ---------------------------------------------------------------------


async def test_a_publication_of_our_own_is_the_papers(tmp_path: Path) -> None:
    at = Machine(tmp_path)
    unified = INWARD["take"]["unified"]
    tellings = [
        at.side.tell(each["stage"], each["key"], each["version"], each["op"], each["fields"])
        for each in unified
    ]
    await at.round()
    (text,) = json.loads(INWARD["take"]["reply"]["body"])["steps"][0]["got"].values()
    (file,) = (at.root / "down").iterdir()
    assert file.read_bytes() == base64.b64decode(text)
    look = json.loads(INWARD["look"]["request"]["body"])["steps"][0]["body"]["look"]
    told = json.loads(INWARD["look"]["reply"]["body"])["steps"][0]["look"]
    row = at.sql(f"SELECT {', '.join(look[0]['columns'])} FROM data_desc_down")[0]
    free = dict.fromkeys(("id", "mng_id", "file_name", "path", "create_time"), "")
    assert row | free == told[0][0] | free
    published = at.sql(f"SELECT {', '.join(look[1]['columns'])} FROM mng_data_down")[0]
    assert published | {"id": ""} == told[1][0] | {"id": ""}
    at.sql("UPDATE data_desc_down SET state = '1', last_read_time = '2026-11-22 09:31:00'")
    await at.round()
    assert all(t.settled is not None and t.settled["state"] == "1" for t in tellings)


async def test_slips_of_the_publishing_platform(tmp_path: Path) -> None:
    async def published(fault: str, rounds: int = 1) -> tuple[Machine, dict[str, Any], list[bytes]]:
        (tmp_path / f"{fault}{rounds}").mkdir()
        at = Machine(tmp_path / f"{fault}{rounds}")
        for each in INWARD["take"]["unified"]:
            at.side.tell(each["stage"], each["key"], 1, "insert", each["fields"])
        await at.round(fault)
        for _ in range(rounds - 1):
            await at.round()
        rows = at.sql("SELECT * FROM data_desc_down")
        files = [path.read_bytes() for path in sorted((at.root / "down").rglob("*.dat"))]
        return at, rows[0] if rows else {}, files

    _, row, files = await published("row-before-file")
    assert row and files == []
    assert len((await published("row-before-file", 2))[2]) == 1
    _, row, files = await published("file-before-row")
    assert row == {} and len(files) == 1
    assert (await published("file-before-row", 2))[1]["size"] == len(files[0])
    _, row, files = await published("partial-upload")
    assert len(files[0]) < row["size"]
    assert len((await published("partial-upload", 2))[2][0]) == row["size"]
    _, row, files = await published("size-mismatch")
    assert len(files[0]) == row["size"] + 1
    _, row, files = await published("bad-signature")
    assert row["signature"] != signature(KEY, files[0])
    _, row, files = await published("folder-without-signature")
    assert (row["type"], row["signature"], len(files)) == ("4", None, 2) and sum(map(len, files)) == row[
        "size"
    ]
    _, row, files = await published("expired-file")
    assert row["create_time"].startswith("2026-10-22") and files == []
    at, _, _ = await published("schema-drift")
    schema = at.sql("SELECT field_schema FROM mng_data_down")[0]["field_schema"]
    assert "extra_column" in schema and schema != field_schema("subject-legal-person")
