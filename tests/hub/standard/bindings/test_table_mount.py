"""The table mount on both engines: 51 stages written and read back, rows taken."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from hub.message import CST, Finding, Key, refusing, sign, verify
from hub.standard import Standard
from hub.standard.bindings.table_database import Database, DatabaseError, connect
from hub.standard.bindings.table_identity import Registration
from hub.standard.bindings.table_mount import Answer, Later, Mount, Refused, Taken
from hub.standard.book import Book

NOW = datetime(2026, 11, 22, 9, 0, 0, tzinfo=CST)
KEY = Key("k1", "T01", "hmac-sm3", b"secret")
REGISTERED = Registration("0001", "P" * 18, "S" * 18, "T" * 11, "U" * 11, "1")
FILES = [
    {"name": f"公告{n}.pdf", "digest": "sm3:" + "0" * 64, "size": n, "media": "application/pdf", "role": "R"}
    for n in range(3)
]


@pytest.fixture(scope="module")
def sqlite_dsn(tmp_path_factory: pytest.TempPathFactory) -> str:
    path: Path = tmp_path_factory.mktemp("mount") / "mount.db"
    return f"sqlite:///{path}"


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Iterator[Database]:
    dsn = request.getfixturevalue("sqlite_dsn" if request.param == "sqlite" else "postgresql")
    connected = connect(dsn)
    yield connected
    connected.close()


@pytest.fixture(scope="module")
def mount(standard: Standard, database: Database) -> Mount:
    made = Mount(standard, database)
    made.create()
    made.create()
    return made


@pytest.fixture
def clean(mount: Mount, database: Database) -> Mount:
    for table in mount.plan.tables:
        database.execute(f"DELETE FROM {table.name}")
    database.execute("DELETE FROM EXCHANGE_ATTACHMENT")
    return mount


def test_all_stages_written_and_read_back(clean: Mount, standard: Standard, database: Database) -> None:
    for stage in standard.stages:
        envelope = standard.sample(stage.id, 7)
        envelope["body"]["files"] = FILES
        assert clean.write(envelope, REGISTERED) == ()
        assert clean.read(stage.id, "T01", envelope["head"]["msgId"]) == (envelope, ())
        key, number = database.rows(f"SELECT DATA_KEY, DATA_NO FROM {stage.id.upper().replace('-', '_')}")[0]
        assert len(key) == 22 and key.startswith("0001" + number)
    marks = {row[1]: row[3:] for row in database.rows("SELECT * FROM EXCHANGE_WATERMARK")}
    assert len(marks) == 51
    assert all(waiting == 1 and failed == 0 for _, _, waiting, failed in marks.values())
    assert all(top - 1 == taken for top, taken, _, _ in marks.values())


def test_a_record_keeps_its_key_and_the_tombstone_stays(
    clean: Mount, standard: Standard, database: Database
) -> None:
    other = standard.sample("eng-section", 8)
    written = [
        standard.sample("eng-section", 7, msg_id=f"m-{op}", op=op) for op in ("insert", "update", "delete")
    ]
    written[2]["body"]["version"] = 3
    for envelope in (*written, other):
        assert clean.write(envelope, REGISTERED) == ()
    rows = database.rows("SELECT REC_KEY, DATA_KEY, DATA_TYPE FROM ENG_SECTION ORDER BY SEQ_NO")
    assert [row[2] for row in rows] == ["1", "2", "3", "1"]
    assert len({row[1] for row in rows}) == 2 and len({row[1] for row in rows[:3]}) == 1
    current = database.rows("SELECT REC_KEY, DATA_TYPE, VERSION FROM V_ENG_SECTION ORDER BY SEQ_NO")
    assert current == [("eng-section-7", "3", 3), ("eng-section-8", "1", 1)]


def test_taking_writes_back(clean: Mount, standard: Standard, database: Database) -> None:
    stages = ("eng-section", "eng-project", "gp-notice")
    for stage in stages:
        clean.write(standard.sample(stage, 3))
    seen: list[str] = []

    def receive(envelope: dict[str, Any]) -> Answer:
        seen.append(envelope["head"]["stage"])
        if envelope["head"]["stage"] == "gp-notice":
            return Refused(tuple(Finding("field.required", f"/body/fields/A{n}") for n in range(120)))
        return Taken()

    assert (first := clean.take(receive, NOW)).taken == 2 and first.refused == 1
    assert seen == ["eng-project", "eng-section", "gp-notice"]
    assert clean.take(receive, NOW).taken == 0
    flags = database.rows("SELECT SYNC_FLAG, SYNC_TIME, ERR_MSG FROM ENG_SECTION")
    assert flags == [(1, "20261122090000", None)]
    (flag, _, told), *_ = database.rows("SELECT SYNC_FLAG, SYNC_TIME, ERR_MSG FROM GP_NOTICE")
    assert flag == 2 and "/body/fields/A0" in told and told.endswith("另有 20 处")
    # The vendor mends the row and sets the flag back: it is offered again.
    database.execute("UPDATE GP_NOTICE SET SYNC_FLAG = 0")
    assert clean.take(lambda _: Taken(), NOW).taken == 1


def test_later_keeps_the_order_of_a_record(clean: Mount, standard: Standard) -> None:
    for seed, op in ((1, "insert"), (1, "update"), (2, "insert")):
        clean.write(standard.sample("eng-section", seed, msg_id=f"m{seed}{op}", op=op))
    asked: list[str] = []

    def receive(envelope: dict[str, Any]) -> Answer:
        asked.append(envelope["head"]["msgId"])
        return Later() if envelope["body"]["key"] == "eng-section-1" else Taken()

    done = clean.take(receive, NOW)
    assert (done.taken, done.left) == (1, 2)
    assert asked == ["m1insert", "m2insert"]
    assert clean.take(lambda _: Taken(), NOW).taken == 2


def test_what_was_answered_holds_when_the_receiver_breaks(clean: Mount, standard: Standard) -> None:
    for seed in range(3):
        clean.write(standard.sample("eng-section", seed))
    seen: list[str] = []

    def receive(envelope: dict[str, Any]) -> Answer:
        seen.append(envelope["body"]["key"])
        if len(seen) == 2:
            raise RuntimeError("the line is cut")
        return Taken()

    with pytest.raises(RuntimeError):
        clean.take(receive, NOW)
    assert clean.take(receive, NOW).taken == 2
    assert seen == ["eng-section-0", "eng-section-1", "eng-section-1", "eng-section-2"]


def test_writers_do_not_share_a_data_key(
    clean: Mount, standard: Standard, database: Database, request: pytest.FixtureRequest
) -> None:
    dsn = request.getfixturevalue("sqlite_dsn" if database.engine.name == "sqlite" else "postgresql")

    def write(start: int) -> None:
        other = connect(dsn)
        for seed in range(start, start + 10):
            sample = standard.sample("eng-section", seed)
            sample["head"]["time"] = "2026-11-22T09:00:00+08:00"
            assert Mount(standard, other).write(sample, REGISTERED) == ()
        other.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, (0, 10, 20, 30)))
    keys = [key for (key,) in database.rows("SELECT DATA_KEY FROM ENG_SECTION ORDER BY DATA_KEY")]
    assert keys == [f"000150220261122{number:07}" for number in range(1, 41)]


def test_a_row_changed_meanwhile_stays_new(clean: Mount, standard: Standard, database: Database) -> None:
    clean.write(standard.sample("eng-section", 1))

    def receive(_: dict[str, Any]) -> Answer:
        database.execute("UPDATE ENG_SECTION SET NONCE = 'changed-by-owner'")
        return Taken()

    assert clean.take(receive, NOW).changed == 1
    assert database.rows("SELECT SYNC_FLAG FROM ENG_SECTION") == [(0,)]


def test_missing_attachments_are_told(clean: Mount, standard: Standard, database: Database) -> None:
    envelope = standard.sample("eng-section", 1)
    envelope["body"]["files"] = FILES
    clean.write(envelope)
    database.execute("DELETE FROM EXCHANGE_ATTACHMENT WHERE POS = 1")
    assert clean.take(lambda _: Taken(), NOW).refused == 1
    assert "table.attachments" in database.rows("SELECT ERR_MSG FROM ENG_SECTION")[0][0]


def test_a_message_is_written_once_and_whole(clean: Mount, standard: Standard, database: Database) -> None:
    envelope = standard.sample("eng-section", 1)
    envelope["body"]["files"] = FILES
    clean.write(envelope)
    with pytest.raises(DatabaseError):
        clean.write(envelope)
    assert database.rows("SELECT COUNT(*) FROM EXCHANGE_ATTACHMENT") == [(3,)]


def test_comments_are_chinese(mount: Mount, database: Database) -> None:
    if database.engine.name == "sqlite":
        told = dict(
            database.rows(
                "SELECT COLUMN_NAME, COMMENT_ZH FROM EXCHANGE_COMMENT WHERE TABLE_NAME = 'ENG_SECTION'"
            )
        )
    else:
        sql = (
            "SELECT upper(a.attname), col_description(a.attrelid, a.attnum) FROM pg_attribute a "
            "WHERE a.attrelid = 'eng_section'::regclass AND a.attnum > 0"
        )
        told = dict(database.rows(sql)) | {"": "标段"}
    field = mount.plan.of_stage["eng-section"].stage.field("BID_SECTION_CODE")
    assert told["BID_SECTION_CODE"].startswith(f"{field.zh};必填;字符固定23位")
    assert "墓碑" in told["DATA_TYPE"] and "标段" in told[""]
    assert all(told[column.name] for column in mount.plan.of_stage["eng-section"].columns)


@pytest.mark.parametrize(
    ("column", "value"),
    [("SYNC_FLAG", 3), ("DATA_TYPE", "4"), ("DATA_TIMESTAMP", "2026-11-22"), ("BID_SECTION_CODE", "汉" * 24)],
)
def test_the_engine_refuses(
    clean: Mount, standard: Standard, database: Database, column: str, value: Any
) -> None:
    clean.write(standard.sample("eng-section", 1))
    with pytest.raises(DatabaseError):
        database.execute(f"UPDATE ENG_SECTION SET {column} = {value!r}")


def test_exact_decimals(clean: Mount, standard: Standard, database: Database) -> None:
    name = next(c.name for c in clean.plan.of_stage["eng-section"].fields if c.kind == "decimal")
    envelope = standard.sample("eng-section", 1)
    envelope["body"]["fields"][name] = "12345678901234.123450"
    clean.write(envelope)
    read, _ = clean.read("eng-section", "T01", envelope["head"]["msgId"])
    assert read is not None and read["body"]["fields"][name] == "12345678901234.123450"
    if database.engine.name == "postgresql":
        assert database.rows(f"SELECT CAST({name} * 2 AS TEXT) FROM ENG_SECTION") == [
            ("24691357802468.246900",)
        ]
        with pytest.raises(DatabaseError):
            database.execute(f"UPDATE ENG_SECTION SET {name} = 123456789012345")
    else:
        assert database.rows(f"SELECT typeof({name}) FROM ENG_SECTION") == [("text",)]


@pytest.mark.parametrize(
    "dsn", ["", "mysql://x/y", "sqlite://", "sqlite:///", "/tmp/x.db", "postgresql://nobody@/x?host=/none"]
)
def test_a_wrong_dsn_is_told(dsn: str) -> None:
    with pytest.raises(DatabaseError):
        connect(dsn)


def test_a_field_more_is_a_column_more(standard: Standard, clean: Mount, database: Database) -> None:
    stage = standard.stage("eng-section")
    assert clean.write(standard.sample("eng-section", 1)) == ()
    more = replace(
        stage, fields=(*stage.fields, replace(stage.fields[0], name="ADDED_LATER", required=False))
    )
    stages = tuple(more if known is stage else known for known in standard.stages)
    names = {name: getattr(standard, name) for name in Book.__dataclass_fields__}
    newer = Mount(Book(**names | {"stages": stages}), database)
    more.by_name["ADDED_LATER"] = more.fields[-1]
    try:
        newer.create()
        envelope = standard.sample("eng-section", 2)
        envelope["body"]["fields"]["ADDED_LATER"] = "x"
        assert newer.write(envelope) == ()
        assert newer.read("eng-section", "T01", envelope["head"]["msgId"]) == (envelope, ())
        old = standard.sample("eng-section", 1)
        assert newer.read("eng-section", "T01", old["head"]["msgId"]) == (old, ())
        assert database.rows("SELECT ADDED_LATER FROM V_ENG_SECTION ORDER BY SEQ_NO") == [(None,), ("x",)]
    finally:
        del more.by_name["ADDED_LATER"]


def test_a_row_that_a_vendor_wrote_by_hand(clean: Mount, standard: Standard, database: Database) -> None:
    """Plain values in plain columns; nothing of ours but the signature over the canonical JSON."""
    fields = {"TENDER_PROJECT_CODE": "E6201001112026000101", "BID_SECTION_NAME": "一标段", "LIMITE_TIME": 90}
    head = {"ver": "1", "realm": "sandbox", "from": "T01", "msgId": "v-1", "msgType": "record.put"}
    head |= {"stage": "eng-section", "time": "2026-11-22T09:00:00+08:00", "nonce": "0123456789"}
    signed = sign({"head": head, "body": {"op": "insert", "key": "k", "version": 1, "fields": fields}}, KEY)
    block = signed["head"]["sign"]
    database.execute(
        "INSERT INTO eng_section (ver, realm, sender, msg_id, msg_type, data_timestamp, nonce, "
        "data_type, rec_key, version, sign_alg, ca_key, sign_value, tender_project_code, "
        "bid_section_name, limite_time) VALUES "
        "('1', 'sandbox', 'T01', 'v-1', 'record.put', '20261122090000', '0123456789', '1', 'k', 1, "
        f"'{block['alg']}', '{block['keyId']}', '{block['value']}', 'E6201001112026000101', '一标段', 90)"
    )
    seen: list[Any] = []

    def receive(envelope: dict[str, Any]) -> Answer:
        seen.append(envelope)
        assert verify(envelope, {"k1": KEY}.get) == []
        return Refused(tuple(refusing(standard.check(envelope))))

    assert clean.take(receive, NOW).refused == 1
    assert seen == [signed]
    ((told,),) = database.rows("SELECT ERR_MSG FROM ENG_SECTION")
    missing = [name for name in ("BID_SECTION_CODE", "REGION_CODE", "CURRENCY_CODE") if name in told]
    assert len(missing) == 3 and len(told.split("\n")) > 3
