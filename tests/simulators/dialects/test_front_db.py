"""Front-end tables in a real SQLite file: rows laid down by SQL, judged in rounds, flags written back."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from hub.catalogue.papers import Papers
from hub.message import CST
from simulators.dialects.front_db import FrontDb
from simulators.dialects.front_rows import row_sm3, stage_of, stage_rows
from simulators.lines.rounds import RoundsLine
from simulators.lines.sqlite import SqlitePlace
from simulators.listening import Address
from simulators.roll import roll
from simulators.systems.build import Making, build

PAPERS = Papers.load("front-db")
LINES = {line["id"]: line for line in PAPERS.golden() if line["file"] == "outward.jsonl"}
INWARD = {line["id"]: line for line in PAPERS.golden() if line["file"] == "inward.jsonl"}
DAY = datetime(2026, 11, 22, 9, 5, 0, tzinfo=CST)
RECORDS = json.loads((PAPERS.root.parent / "records.json").read_text("utf-8"))


class Machine:
    """One system with its front-end machine; `now` is its clock."""

    def __init__(self, folder: Path, ident: str, *, without: tuple[str, ...] = ()) -> None:
        self.now = DAY
        self.system = build(roll()[ident], Making())
        self.system.desk.switches["without"] = frozenset(without)
        self.side = self.system.side = FrontDb(self.system.desk)
        self.path = folder / f"{ident}.db"
        self.tables = SqlitePlace(self.path, self.side.schema("sqlite"))
        self.line = RoundsLine(Address(""), lambda: self.now, tables=self.tables)
        self.system.faults.ways = self.tables.can

    def sql(self, text: str, *values: Any) -> list[dict[str, Any]]:
        """Somebody else's hand at the file."""
        with sqlite3.connect(self.path) as hand:
            hand.row_factory = sqlite3.Row
            return [dict(row) for row in hand.execute(text, values)]

    def put(self, table: str, row: Mapping[str, Any]) -> None:
        marks = ", ".join("?" * len(row))
        self.sql(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", *row.values())

    async def round(self, *faults: str) -> None:
        for fault in faults:
            self.system.faults.arm(fault)
        await self.line.round(self.system)

    async def judged(self, ident: str, *faults: str, **changes: Any) -> dict[str, Any]:
        """A golden row laid down (with changes), one round, and how the row stands then."""
        table, row = golden_row(ident)
        row = {**row, **changes}
        self.put(table, row)
        await self.round(*faults)
        return self.sql(f"SELECT * FROM {table} WHERE ROW_ID = ? ORDER BY SEQ_ID DESC", row["ROW_ID"])[0]

    def effects(self) -> int:
        return self.system.desk.ledger.effects


def golden_row(ident: str) -> tuple[str, dict[str, Any]]:
    put = json.loads(LINES[ident]["request"]["body"])["put"][0]
    return str(put["table"]), dict(put["row"])


@pytest.mark.parametrize(
    "ident",
    [
        "push-taken", "update", "delete", "X14-eng-section", "X37-eng-section", "M14-eng-bid-opening",
        "D22-mu", "accept-out",
    ],
)  # fmt: skip
async def test_the_papers_rows_are_taken(tmp_path: Path, ident: str) -> None:
    """Every kind of row of the golden transcripts, with what had to come before it."""
    at = Machine(tmp_path, LINES[ident]["system"])
    if ident in ("update", "delete"):
        table, row = golden_row("push-taken")
        at.put(table, row)
    row = await at.judged(ident)
    assert (row["SYNC_FLAG"], row["ERR_MSG"]) == ("1", None), row
    assert row["SYNC_TIME"] == at.side.layout.now(DAY)
    assert row["ROW_SM3"] == row_sm3(stage_of(golden_row(ident)[0]), row), "our digest is the papers'"


async def test_taken_looks_as_in_the_transcript(tmp_path: Path) -> None:
    at = Machine(tmp_path, "M13")
    await at.judged("push-taken")
    look = json.loads(LINES["push-taken"]["request"]["body"])["look"][0]
    told = at.sql(f"SELECT {', '.join(look['columns'])} FROM {look['table']}")[0]
    wanted = json.loads(LINES["push-taken"]["reply"]["body"])["look"][0][0]
    free = {"SEQ_ID": 0, "SYNC_TIME": "", "IN_TIME": ""}
    assert told | free == wanted | free


@pytest.mark.parametrize(
    ("ident", "faults", "changes"),
    [
        ("verdict-E401", ("not-allowed",), {}),
        ("verdict-E401", (), {"SOURCE_CODE": "620000"}),
        ("verdict-E410", (), {"ZBRMC": None}),
        ("verdict-E411", (), {"KBSJ": "2026-12-14T09:30:00"}),
        ("verdict-E413", ("clob-too-long",), {}),
        ("verdict-E413", (), {"GGNR": "长" * 524289}),
        ("verdict-E415", ("gbk-unmappable-char",), {}),
        ("verdict-E415", (), {"GGBT": "李䶮"}),
        ("verdict-E423", ("parent-unknown",), {}),
        ("verdict-E430", ("busy",), {}),
        ("verdict-E500", ("internal-error",), {}),
    ],
)
async def test_verdicts(tmp_path: Path, ident: str, faults: tuple[str, ...], changes: dict[str, Any]) -> None:
    at = Machine(tmp_path, "M13")
    row = await at.judged("push-taken", *faults, **changes)
    wanted = json.loads(LINES[ident]["reply"]["body"])["look"][0][0]
    assert (row["SYNC_FLAG"], row["ERR_MSG"][:4]) == ("2", wanted["ERR_MSG"][:4])
    if ident in ("verdict-E410", "verdict-E411"):
        assert row["ERR_MSG"] == wanted["ERR_MSG"]
    assert at.effects() == 0


async def test_codes_versions_and_repetitions(tmp_path: Path) -> None:
    at = Machine(tmp_path, "M13")
    assert (await at.judged("push-taken", SFYQ="未"))["ERR_MSG"] == "E412:代码不存在:SFYQ"
    at.sql("DELETE FROM XF_ZBGG")
    assert (await at.judged("push-taken"))["SYNC_FLAG"] == "1"
    at.sql("DELETE FROM XF_ZBGG")
    again = await at.judged("push-taken")
    assert (again["SYNC_FLAG"], again["ERR_MSG"]) == ("1", "E201:重复报送")
    at.sql("DELETE FROM XF_ZBGG")
    assert (await at.judged("push-taken", GGBT="别的"))["ERR_MSG"].startswith("E420")
    assert (await at.judged("update"))["SYNC_FLAG"] == "1"
    assert (await at.judged("push-taken", VERSION_NO=0))["ERR_MSG"].startswith("E421")
    assert at.effects() == 2


async def test_what_may_change_is_judged_again_by_the_receiver_itself(tmp_path: Path) -> None:
    at = Machine(tmp_path, "M13")
    assert (await at.judged("update"))["ERR_MSG"].startswith("E422")
    table, row = golden_row("push-taken")
    at.put(table, row)
    at.now += timedelta(seconds=6)
    await at.round()
    at.now += timedelta(seconds=6)
    await at.round()
    assert {r["SYNC_FLAG"] for r in at.sql("SELECT SYNC_FLAG FROM XF_ZBGG")} == {"1"}


async def test_flag_never_written_back(tmp_path: Path) -> None:
    at = Machine(tmp_path, "M13")
    await at.judged("push-taken", "flag-never-written-back")
    at.now += timedelta(days=1)
    await at.round()
    assert at.effects() == 1
    assert at.sql("SELECT SYNC_FLAG, SYNC_TIME FROM XF_ZBGG") == [{"SYNC_FLAG": "0", "SYNC_TIME": None}]


async def test_a_deleted_row_is_known_when_it_comes_again(tmp_path: Path) -> None:
    at = Machine(tmp_path, "M13")
    table, row = golden_row("push-taken")
    at.put(table, row)
    await at.round("deleted-row")
    assert at.sql("SELECT * FROM XF_ZBGG") == [] and at.effects() == 1
    again = await at.judged("push-taken")
    assert again["ERR_MSG"] == json.loads(LINES["push-deleted-row"]["reply"]["body"])["look"][0][0]["ERR_MSG"]
    assert at.effects() == 1


async def test_a_lock_of_the_whole_place(tmp_path: Path) -> None:
    at = Machine(tmp_path, "M13")
    at.system.faults.arm("lock-timeout")
    await at.tables.suffer(at.system.faults.standing(0.0))
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        hand = sqlite3.connect(at.path, timeout=0.01)
        hand.execute("SELECT 1 FROM XF_BD").fetchall()
    at.system.faults.lift()
    await at.tables.suffer(at.system.faults.standing(1.0))
    assert (await at.judged("push-taken"))["SYNC_FLAG"] == "1"


async def test_rooms_and_seats(tmp_path: Path) -> None:
    at = Machine(tmp_path, "M13")
    row = await at.judged("venue-answered")
    rooms = at.sql("SELECT * FROM SB_CDCX_DA ORDER BY XH")
    assert row["SYNC_FLAG"] == "1" and row["DA_SL"] == len(rooms) > 0 and row["SJ_SD"]
    assert {r["ROW_ID"] for r in rooms} == {row["ROW_ID"]} and {r["CD_ZL"] for r in rooms} == {"P"}
    assert [r["XH"] for r in rooms] == list(range(1, len(rooms) + 1))
    seat = await at.judged("seat-none", XW_SL=999)
    assert (seat["SYNC_FLAG"], seat["KY_SL"], seat["DA_SL"]) == ("1", 0, 0)
    table, question = golden_row("seat-none")
    question |= {"ROW_ID": "A" * 32, "XW_SL": 1, "QHS": "622900,620100"}
    at.put(table, question)
    await at.round()
    found = at.sql("SELECT * FROM XF_XWCX WHERE ROW_ID = ?", "A" * 32)[0]
    assert found["KY_SL"] == found["DA_SL"] == len(at.sql("SELECT * FROM SB_XWCX_DA"))


# -- quirks: each with its effect, and without it --------------------------------------------------


async def test_quirk_oracle_gbk(tmp_path: Path) -> None:
    """The same text that GBK lacks is kept by a utf8mb4 county."""
    assert (await Machine(tmp_path, "M13").judged("push-taken", GGBT="李䶮"))["ERR_MSG"].startswith("E415")
    county = Machine(tmp_path, "X14")
    row = await county.judged("X14-eng-section", BDMC="李䶮")
    assert row["SYNC_FLAG"] == "1"


@pytest.mark.parametrize("without", [(), ("night-window",)])
async def test_quirk_night_window(tmp_path: Path, without: tuple[str, ...]) -> None:
    at = Machine(tmp_path, "M13", without=without)
    for hour, minute, closed in ((0, 59, False), (1, 0, True), (3, 59, True), (4, 0, False)):
        at.now = DAY.replace(hour=hour, minute=minute)
        assert at.side.closed(at.now) is (closed and not without)
    at.now = DAY.replace(hour=2)
    row = await at.judged("push-taken")
    assert row["SYNC_FLAG"] == ("1" if without else "0")


@pytest.mark.parametrize("without", [(), ("updates-in-place",)])
async def test_quirk_updates_in_place(tmp_path: Path, without: tuple[str, ...]) -> None:
    at = Machine(tmp_path, "M14", without=without)
    record = RECORDS["eng-section"]["fields"]
    at.side.tell("eng-section", "K" * 32, 1, "insert", record)
    await at.round()
    at.sql("UPDATE SB_BD SET SYNC_FLAG = '1', HUB_NO = 'h-1'")
    await at.round()
    at.side.tell("eng-section", "K" * 32, 2, "update", {**record, "BID_SECTION_NAME": "改名"})
    await at.round()
    rows = at.sql("SELECT VERSION_NO, SYNC_FLAG, BDMC FROM SB_BD ORDER BY SEQ_ID")
    assert len(rows) == (2 if without else 1)
    assert rows[-1] == {"VERSION_NO": 2, "SYNC_FLAG": "0", "BDMC": "改名"}


@pytest.mark.parametrize("without", [(), ("shared-front-end",)])
async def test_quirk_shared_front_end(tmp_path: Path, without: tuple[str, ...]) -> None:
    """Rows of the prefecture lie there and stay untouched; alone, a foreign code is refused."""
    at = Machine(tmp_path, "X37", without=without)
    assert at.side.place == ("front-X37" if without else "front-6229")
    table, row = golden_row("X37-eng-section")
    at.put(table, {**row, "SOURCE_CODE": "622900"})
    await at.round()
    flags = {r["SYNC_FLAG"] for r in at.sql("SELECT SYNC_FLAG FROM XF_BD WHERE SOURCE_CODE = '622900'")}
    assert flags == ({"2"} if without else {"0"})
    assert len(at.sql("SELECT * FROM SB_BD WHERE SOURCE_CODE = '622900'")) == (0 if without else 1)


@pytest.mark.parametrize("without", [(), ("varchar14-times",)])
async def test_quirk_varchar14_times(tmp_path: Path, without: tuple[str, ...]) -> None:
    at = Machine(tmp_path, "L01", without=without)
    at.side.tell("witness-record", "K" * 32, 1, "insert", RECORDS["witness-record"]["fields"])
    if without:
        with pytest.raises(sqlite3.IntegrityError):  # the column takes fourteen digits
            await at.round()
    else:
        await at.round()
        row = at.sql("SELECT JZSJ, SEND_TIME, IN_TIME FROM SB_JZ")[0]
        assert all(len(text) == 14 and text.isdigit() for text in row.values())


@pytest.mark.parametrize("without", [(), ("read-only-views",)])
async def test_quirk_read_only_views(tmp_path: Path, without: tuple[str, ...]) -> None:
    at = Machine(tmp_path, "D19", without=without)
    row = await at.judged("D19-view")
    await at.round()
    assert row["SYNC_FLAG"] == ("1" if without else "0")
    assert at.effects() == 1 and at.system.journal.received == 1


@pytest.mark.parametrize("without", [(), ("area-two-decimals",)])
async def test_quirk_area_two_decimals(tmp_path: Path, without: tuple[str, ...]) -> None:
    at = Machine(tmp_path, "D22", without=without)
    row = await at.judged("D22-mu", MJ_MU="12.345")
    assert row["ERR_MSG"] == (None if without else "E411:格式错误:MJ_MU")


# -- what the system itself says -------------------------------------------------------------------


@pytest.mark.parametrize("ident", ["M13-eng-tender-notice", "X14-eng-section", "L01-witness-record"])
async def test_rows_of_our_own_are_the_papers_rows(tmp_path: Path, ident: str) -> None:
    """What the hub is to find, column by column as the transcript has it."""
    line = INWARD[ident]
    at = Machine(tmp_path, line["system"])
    look = json.loads(line["request"]["body"])["look"][0]
    wanted = json.loads(line["reply"]["body"])["look"][0][0]
    stage = stage_of(look["table"])
    telling = at.side.tell(stage, wanted["ROW_ID"], 1, "insert", RECORDS[stage]["fields"])
    await at.round()
    told = at.sql(f"SELECT {', '.join(look['columns'])} FROM {look['table']}")[0]
    free = {"SEQ_ID": 0, "SEND_TIME": ""}
    assert told | free == wanted | free
    at.sql(f"UPDATE {look['table']} SET SYNC_FLAG = '1', HUB_NO = 'h-9'")
    await at.round()
    assert telling.settled is not None and telling.settled["HUB_NO"] == "h-9"


async def test_slips_of_the_writing_system(tmp_path: Path) -> None:
    record = RECORDS["eng-section"]["fields"]
    at = Machine(tmp_path, "M14")
    at.side.tell("eng-section", "A" * 32, 1, "insert", record)
    await at.round("gbk-unmappable-char")
    assert any("\ufffd" in str(v) for v in at.sql("SELECT * FROM SB_BD")[0].values())
    at.side.tell("eng-section", "B" * 32, 1, "insert", record)
    await at.round("clock-behind-high-watermark")
    rows = at.sql("SELECT IN_TIME, SEND_TIME FROM SB_BD ORDER BY SEQ_ID")
    assert rows[1]["IN_TIME"] < rows[0]["IN_TIME"] and rows[1]["SEND_TIME"].startswith("2025")
    at.side.tell("eng-section", "B" * 32, 2, "update", {**record, "BID_SECTION_NAME": "改名"})
    await at.round("row-updated-in-place")
    row = at.sql("SELECT * FROM SB_BD WHERE ROW_ID = ?", "B" * 32)
    assert [(r["VERSION_NO"], r["BDMC"], r["SYNC_FLAG"]) for r in row] == [(1, "改名", "0")]
    assert row[0]["ROW_SM3"] == row_sm3("eng-section", row[0])


async def test_a_cut_round_lays_nothing_and_comes_again(tmp_path: Path) -> None:
    at = Machine(tmp_path, "M13")
    at.side.tell("eng-section", "A" * 32, 1, "insert", RECORDS["eng-section"]["fields"])
    await at.round("drop-before-effect")
    assert at.sql("SELECT * FROM SB_BD") == []
    await at.round()
    assert len(at.sql("SELECT * FROM SB_BD")) == 1
    row = await at.judged("push-taken", "drop-after-effect")
    assert row["SYNC_FLAG"] == "0" and at.effects() == 1
    await at.round()
    assert at.sql("SELECT ERR_MSG FROM XF_ZBGG") == [{"ERR_MSG": "E201:重复报送"}] and at.effects() == 1


def test_every_column_of_the_papers_has_a_table() -> None:
    for suffix_stage in PAPERS.facts["tables"]:
        assert stage_rows(suffix_stage), suffix_stage
