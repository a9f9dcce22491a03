"""The transcripts of front-db, replayed in a database made from the papers' own DDL."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

import pytest

from certs.algorithms.digest import digest
from hub.catalogue import Papers, load
from tests.rows import each

PAPERS = Papers.load("front-db")
LINES = PAPERS.golden()
OUTWARD = [line for line in LINES if line["file"] == "outward.jsonl"]
INWARD = [line for line in LINES if line["file"] == "inward.jsonl"]
PUTS = [line for line in OUTWARD if "put" in json.loads(line["request"]["body"])]
Line = dict[str, Any]
Row = dict[str, Any]


def name(line: Line) -> str:
    return str(line["id"])


def database(line: Line) -> sqlite3.Connection:
    flavour = PAPERS.facts["systems"][line["system"]]["flavour"]
    made = sqlite3.connect(":memory:")
    made.executescript((PAPERS.root / f"{flavour}.sqlite.sql").read_text("utf-8"))
    return made


def insert(into: sqlite3.Connection, table: str, row: Row) -> None:
    marks = ", ".join("?" * len(row))
    into.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", list(row.values()))


def look(at: sqlite3.Connection, asked: Row) -> list[Row]:
    where = " AND ".join(f"{column} = ?" for column in asked["where"])
    order = f" ORDER BY {', '.join(asked['order'])}" if "order" in asked else ""
    text = f"SELECT {', '.join(asked['columns'])} FROM {asked['table']} WHERE {where}{order} LIMIT ?"
    found = at.execute(text, [*asked["where"].values(), asked["limit"]]).fetchall()
    return [dict(zip(asked["columns"], values, strict=True)) for values in found]


def summed(table: str, row: Row) -> str:
    """ROW_SM3 from the papers' words, by the order of fields.csv."""
    suffix = table.split("_", 1)[1]
    (stage,) = [stage for stage, value in PAPERS.facts["tables"].items() if value == suffix]
    direction = "request" if "." in stage else "out"
    columns = ["CZLX", "VERSION_NO", *(field.foreign for field in PAPERS.rows(stage, direction))]
    text = "\n".join(f"{column}={row[column]}" for column in columns if row.get(column) is not None)
    return digest(text.encode()).hex()


@each("line", PUTS, ids=name)
def test_a_put_fits_its_table_and_is_found_by_its_look(line: Line) -> None:
    body, made = json.loads(line["request"]["body"]), database(line)
    (put,) = body["put"]
    insert(made, put["table"], put["row"])
    assert put["key"].items() <= put["row"].items()
    (found,) = look(made, body["look"][0])
    assert found["ROW_SM3"] == put["row"]["ROW_SM3"] == summed(put["table"], put["row"])
    for asked in body["look"][1:]:
        assert look(made, asked) == []
    with pytest.raises(sqlite3.IntegrityError):
        insert(made, put["table"], put["row"])


@each("line", OUTWARD, ids=name)
def test_outward_rows_are_in_the_systems_own_code_charset_and_time(line: Line) -> None:
    own = PAPERS.facts["systems"][line["system"]]
    for put in json.loads(line["request"]["body"])["put"]:
        assert put["row"]["SOURCE_CODE"] == own["source_code"]
        digits = own.get("times") == "varchar14"
        assert (len(put["row"]["SEND_TIME"]) == 14) is digits
        if own["flavour"] == "oracle-gbk":
            assert [str(value).encode("gbk") for value in put["row"].values()]


@each("line", [x for x in INWARD if "unified" in x or "findings" in x], ids=name)
def test_what_was_laid_down_is_found_by_flag(line: Line) -> None:
    (asked,) = json.loads(line["request"]["body"])["look"]
    (rows,) = json.loads(line["reply"]["body"])["look"]
    made = database(line)
    own = {"SOURCE_CODE": PAPERS.facts["systems"][line["system"]]["source_code"]}
    for row in rows:
        insert(made, asked["table"], {**own, **row})
        insert(made, asked["table"], {**own, **row, "SEQ_ID": 1, "VERSION_NO": 9, "SYNC_FLAG": "1"})
        strange = {"SOURCE_CODE": "620000", "SEQ_ID": 2}
        insert(made, asked["table"], {**row, **strange})
        refused = line.get("findings") == [{"code": "digest.mismatch", "at": "ROW_SM3"}]
        whole = "\ufffd" not in str(row)
        assert (row["ROW_SM3"] == summed(asked["table"], row)) is (whole and not refused)
    assert look(made, asked) == rows
    assert line["watermark"] == ""


def test_a_verdict_is_guarded_by_version_and_flag() -> None:
    verdicts = [line for line in INWARD if "set" in json.loads(line["request"]["body"])]
    assert {line["id"] for line in verdicts} >= {"verdict-accepted", "verdict-refused", "verdict-row-changed"}
    for line in verdicts:
        (one,) = json.loads(line["request"]["body"])["set"]
        assert list(one["key"]) == ["SOURCE_CODE", "SEQ_ID"]
        assert list(one["if"]) == ["VERSION_NO", "SYNC_FLAG"]
        assert one["row"]["SYNC_FLAG"] == ("2" if line["outcome"]["kind"] == "refused" else "1")
        assert (one["row"]["ERR_MSG"] is None) is (one["row"]["SYNC_FLAG"] == "1")


def test_the_charset_samples_are_true() -> None:
    for sample in json.loads((PAPERS.root / "samples/charset.json").read_text("utf-8")):
        broken = [f"U+{ord(c):04X}" for c in sample["value"] if not writable(c)]
        assert broken[:1] == ([] if sample["writable"] else [sample["character"]])


def writable(character: str) -> bool:
    try:
        return bool(character.encode("gbk"))
    except UnicodeEncodeError:
        return False


def test_the_worked_example_of_the_page() -> None:
    text = (PAPERS.root / "samples/row-sm3.txt").read_bytes()
    page = (PAPERS.root / "rules.md").read_text("utf-8")
    assert digest(text).hex() in page
    assert PAPERS.row_key("T03", "eng-section", "S-1") in page


def test_every_system_and_every_table_is_described() -> None:
    assert set(PAPERS.facts["systems"]) == {one.id for one in load().by_dialect["front-db"]}
    for flavour in PAPERS.facts["flavours"]:
        for engine in ("sqlite", "postgresql"):
            text = (PAPERS.root / f"{flavour}.{engine}.sql").read_text("utf-8")
            for suffix in PAPERS.facts["tables"].values():
                assert f"_{suffix} (" in text
