"""The transcripts of cascade-db-file: rows in the papers' tables, signatures and names made a second way."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import sqlite3
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from certs.algorithms.digest import mac
from hub.catalogue import Papers, load
from tests.rows import each

PAPERS = Papers.load("cascade-db-file")
LINES = PAPERS.golden()
OUTWARD = [line for line in LINES if line["file"] == "outward.jsonl"]
TAKEN = [line for line in LINES if line["file"] == "inward.jsonl" and "rows" in line]
UNFIT = {"bad-signature", "partial-upload", "size-mismatch", "file-without-signature", "take-folder-count"}
Line = dict[str, Any]


def name(line: Line) -> str:
    return str(line["id"])


def short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def signed(line: Line, data: bytes) -> str:
    return mac(data, line["secrets"]["file_key"].encode()).hex()


def insert(into: sqlite3.Connection, table: str, row: dict[str, Any]) -> None:
    marks = ", ".join("?" * len(row))
    into.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", list(row.values()))


def look(at: sqlite3.Connection, asked: dict[str, Any]) -> list[tuple[Any, ...]]:
    where = " AND ".join(f"{column} = ?" for column in asked["where"])
    order = f" ORDER BY {', '.join(asked['order'])}" if "order" in asked else ""
    text = f"SELECT {', '.join(asked['columns'])} FROM {asked['table']} WHERE {where}{order} LIMIT ?"
    return at.execute(text, [*asked["where"].values(), asked["limit"]]).fetchall()


@pytest.fixture
def database() -> sqlite3.Connection:
    made = sqlite3.connect(":memory:")
    made.execute("PRAGMA foreign_keys = ON")
    made.executescript((PAPERS.root / "sqlite.sql").read_text("utf-8"))
    return made


@pytest.mark.parametrize("line", OUTWARD, ids=name)
def test_three_steps(line: Line, database: sqlite3.Connection) -> None:
    first, second, third = json.loads(line["request"]["body"])["steps"]
    assert [one["method"] for one in (first, second, third)] == ["ROWS", "FILES", "ROWS"]
    for step in (first, third):
        (put,), (asked,) = step["body"]["put"], step["body"]["look"]
        insert(database, put["table"], put["row"])
        assert len(look(database, asked)) == 1
    (file,) = second["body"]["put"]
    data, publish = base64.b64decode(file["b64"]), first["body"]["put"][0]["row"]
    described = third["body"]["put"][0]["row"]
    record = json.loads(data)
    assert file["path"] == described["path"] == f"up/{described['file_name']}"
    assert (described["size"], described["record_count"]) == (len(data), data.count(b"\n"))
    assert described["signature"] == signed(line, data)
    assert described["file_name"] == named(publish["biz_code"], record)
    stage = {code: stage for stage, code in PAPERS.facts["biz_codes"].items()}[publish["biz_code"]]
    assert publish["id"] == described["mng_id"] == short(f"HUB|{publish['target']}|{stage}")
    assert described["id"] == short(f"{publish['id']}|{described['file_name']}")
    assert publish["catalog_id"] == PAPERS.facts["catalogues"][stage]
    assert publish["target"] == PAPERS.facts["systems"][line["system"]]["code"]
    columns = {one["name"].split("/")[0] for one in json.loads(publish["field_schema"])}
    assert set(record) <= columns


def named(biz: str, record: dict[str, Any]) -> str:
    text = f"{record['row_id']}|{record['data_version']}|{record['op_type']}"
    milliseconds = int(record["hub_no"].replace("-", "")[:12], 16)
    moment = datetime.fromtimestamp(milliseconds // 1000, UTC) + timedelta(hours=8)
    return f"{biz}_{moment:%Y%m%d%H%M%S}_{hashlib.sha256(text.encode()).hexdigest()[:12]}.dat"


@each("line", TAKEN, ids=name)
def test_what_the_platform_publishes(line: Line) -> None:
    (row,), (step,) = line["rows"], json.loads(line["reply"]["body"])["steps"]
    files = [base64.b64decode(one) for _, one in sorted(step["got"].items())]
    whole = b"".join(files)
    fits = len(whole) == row["size"] and (row["type"] == "4" or row["signature"] == signed(line, whole))
    assert fits is (line["id"] not in UNFIT and bool(files))
    if "unified" in line:
        text = gzip.decompress(whole) if row["compress"] == "1" else whole
        keys = [json.loads(one)["row_id"] for one in text.splitlines()]
        assert keys == [one["key"] for one in line["unified"]]
        assert len(keys) == row["record_count"]


def test_a_row_of_the_platform_is_found_and_judged_once(database: sqlite3.Connection) -> None:
    lines = {line["id"]: line for line in LINES}
    (step,) = json.loads(lines["look"]["request"]["body"])["steps"]
    (described,), (published,) = json.loads(lines["look"]["reply"]["body"])["steps"][0]["look"]
    more = {"name": "x", "source": "GSDX", "target": "HUB", "create_time": "2026-11-22 09:50:00"}
    insert(database, "mng_data_down", {**published, **more})
    insert(database, "data_desc_down", {**described, "target": "HUB"})
    assert look(database, step["body"]["look"][0]) == [tuple(described.values())]
    assert look(database, step["body"]["look"][1]) == [tuple(published.values())]
    (settle,) = json.loads(lines["settle-refused"]["request"]["body"])["steps"]
    (one,) = settle["body"]["set"]
    given = ", ".join(f"{column} = ?" for column in one["row"])
    text = f"UPDATE {one['table']} SET {given} WHERE id = ? AND state = ?"
    values = [*one["row"].values(), one["key"]["id"], one["if"]["state"]]
    assert database.execute(text, values).rowcount == 1
    assert database.execute(text, values).rowcount == 0
    assert look(database, step["body"]["look"][0]) == []


def test_the_worked_example_of_the_page() -> None:
    page = (PAPERS.root / "rules.md").read_text("utf-8")
    data = (PAPERS.root / "samples/contract-sign.dat").read_bytes()
    record, publish = json.loads(data), short("HUB|GSDX|contract-sign")
    file = named("htqd", record)
    assert mac(data, b"Cascade-File-Key-2026").hex() in page
    assert record["row_id"] == PAPERS.row_key("T03", "contract-sign", "CONTRACT-SIGN-1")
    for value in (record["row_id"], file, publish, short(f"{publish}|{file}")):
        assert value in page


def test_every_system_and_stage_is_described() -> None:
    assert set(PAPERS.facts["systems"]) == {one.id for one in load().by_dialect["cascade-db-file"]}
    for table in ("biz_codes", "catalogues"):
        assert set(PAPERS.facts[table]) == set(PAPERS.stages())
    assert set(PAPERS.facts["titles"]) - {"prefix"} == set(PAPERS.stages())
