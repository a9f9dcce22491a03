"""The three dialects that lay things down, over the hub's chooser, the installed carriers and real servers.

Databases are made by the papers' own DDL; what the other system does is done here by SQL and by hand.
"""

from __future__ import annotations

import base64
import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from lxml import etree
from servers_kit import HOST, Postgres, Remote, free_port

from adapters.cascade_db_file import cascade_db_file
from adapters.cascade_db_file.file import schema
from adapters.cascade_db_file.papers import signature
from adapters.front_db import front_db
from adapters.xml_drop import xml_drop
from adapters.xml_drop.papers import digest_of
from hub.catalogue.papers import ROOT, Papers
from hub.delivery.chooser import Chooser
from hub.delivery.limits import Limits
from hub.delivery.transport import TransportError
from hub.message import Finding
from hub.peers import Peer
from hub.ports import Answer, Call, Carry, Dialect, Kind, Outcome, Outgoing, WireReply, WireRequest
from hub.transports import maker

AT = datetime.fromisoformat("2026-11-22T09:00:00+08:00")
LATER = AT + timedelta(minutes=5)
HUB_ID = "01998d2e-7a00-7000-8000-000000000001"
KEPT = Answer(202, "0000", data={"hubId": HUB_ID})
KNOWN = Answer(200, "0000", data={"hubId": HUB_ID})
WRONG = Answer(422, "field.required", findings=(Finding("field.required", "/body/fields/BID_SECTION_NAME"),))
RECORDS = json.loads((ROOT / "records.json").read_text("utf-8"))
BOUNDS = Limits(60.0, 60.0, 1 << 24)


class Peers:
    """One system."""

    def __init__(self, peer: Peer) -> None:
        self.peer = peer

    def get(self, system: str) -> Peer:
        return self.peer


class NoHttp:
    async def send(self, system: str, request: WireRequest, limits: Limits) -> WireReply:
        raise AssertionError("not HTTP")

    async def close(self) -> None:
        return None


@dataclass
class System:
    """One system as the hub meets it."""

    dialect: Any
    name: str
    peer: Peer
    carriers: list[Chooser] = field(default_factory=list)

    @property
    def carry(self) -> Carry:
        chooser = Chooser(Peers(self.peer), NoHttp(), maker)
        return lambda request: chooser.send(self.name, request, BOUNDS)

    def call(self, now: datetime = AT) -> Call:
        return Call(self.name, "", self.peer.credentials, now, f"n{now}", "k")

    async def deliver(self, outgoing: Outgoing, now: datetime = AT) -> Outcome:
        dialect: Dialect = self.dialect
        reply = await self.carry(dialect.encode(outgoing, self.call(now)))
        return dialect.decode(reply, outgoing, self.call(now))

    @property
    def poller(self) -> Any:
        return self.dialect.poller(self.name, "", self.peer.credentials, "", self.carry)


def record(stage: str, **change: Any) -> Outgoing:
    one = RECORDS[stage]
    made = Outgoing(
        one["msgType"], stage, "insert", 1, one["fields"], sender="T03", key=one["key"], hub_id=HUB_ID
    )
    return replace(made, **change)


@dataclass
class Database:
    """One database of the other side: its address, and SQL as its owner."""

    base: str
    credentials: dict[str, str]
    sql: Callable[[str], str]


@pytest.fixture(params=["sqlite", "postgresql"])
def made(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[str, str], Database]]:
    """Makes a database with the DDL of some papers."""
    names: list[str] = []

    def over_sqlite(dialect: str, ddl: str) -> Database:
        path = tmp_path / "front.db"
        with closing(sqlite3.connect(path)) as run:
            run.executescript((ROOT / dialect / f"{ddl}sqlite.sql").read_text("utf-8"))

        def sql(text: str) -> str:
            with closing(sqlite3.connect(path, isolation_level=None)) as run:
                rows = run.execute(text).fetchall()
            return "\n".join("|".join("" if one is None else str(one) for one in row) for row in rows)

        return Database(f"sqlite:///{path}", {}, sql)

    def over_postgres(dialect: str, ddl: str) -> Database:
        server: Postgres = request.getfixturevalue("postgres")
        name = server.database()
        names.append(name)
        text = (ROOT / dialect / f"{ddl}postgresql.sql").read_text("utf-8")
        server.sql(f"SET ROLE hub; {text}", name)
        address = server.address(name)
        return Database(
            address, {"password": "pw-hub", "db_password": "pw-hub"}, lambda one: server.sql(one, name)
        )

    yield over_sqlite if request.param == "sqlite" else over_postgres
    for name in names:
        request.getfixturevalue("postgres").sql(f"DROP DATABASE {name} WITH (FORCE)")


Make = Callable[[str, str], Database]


def front(database: Database, name: str = "M13") -> System:
    return System(front_db(lambda: LATER), name, Peer(database.base, database.credentials))


async def test_a_row_is_laid_down_once_and_read_when_it_is_flagged(made: Make) -> None:
    database = made("front-db", "oracle-gbk.")
    system, notice = front(database), record("eng-tender-notice")
    for now in (AT, LATER):
        assert (await system.deliver(notice, now)).code == "receiver.pending"
    assert database.sql("SELECT count(*) FROM XF_ZBGG") == "1"
    assert database.sql("SELECT ZBRMC FROM XF_ZBGG") == "永登县住房和城乡建设局"
    assert (await system.deliver(notice, AT + timedelta(days=2))).code == "receiver.verdict-overdue"
    database.sql("UPDATE XF_ZBGG SET SYNC_FLAG = '2', ERR_MSG = 'E423:标段不存在'")
    assert (await system.deliver(notice, LATER)).code == "receiver.parent-unknown"
    database.sql("UPDATE XF_ZBGG SET SYNC_FLAG = '1', ERR_MSG = NULL, SYNC_TIME = '2026-11-22 09:01:00'")
    outcome = await system.deliver(notice, LATER)
    assert (outcome.kind, outcome.data["receiptTime"]) == (Kind.DELIVERED, "2026-11-22T09:01:00+08:00")
    other = record("eng-tender-notice", fields={**notice.fields, "NOTICE_NAME": "另一则公告"})
    assert (await system.deliver(other, LATER)).code == "receiver.conflict"
    second = replace(other, version=2, op="update")
    assert (await system.deliver(second, LATER)).code == "receiver.pending"
    assert database.sql("SELECT count(*) FROM XF_ZBGG") == "2"


async def test_a_row_that_was_deleted_unread_is_laid_down_again(made: Make) -> None:
    database = made("front-db", "mysql-utf8.")
    system = front(database, "X14")
    section = record(
        "eng-section", fields={**RECORDS["eng-section"]["fields"], "BID_SECTION_NAME": "𠮷祥标段😀"}
    )
    await system.deliver(section)
    assert database.sql("SELECT BDMC, JLSJ, IN_TIME FROM XF_BD") == "𠮷祥标段😀|20261120083000|20261122090000"
    database.sql("DELETE FROM XF_BD")
    assert (await system.deliver(section, LATER)).code == "receiver.pending"
    database.sql("UPDATE XF_BD SET SYNC_FLAG = '1', ERR_MSG = 'E201:重复报送'")
    assert (await system.deliver(section, LATER)).kind is Kind.DUPLICATE


def report(database: Database, system: System, stage: str, key: str, **change: Any) -> None:
    """A row as the system itself writes it: what we lay down for it, in its own table."""
    request = system.dialect.encode(record(stage, key=key, sender=system.name), system.call())
    put = json.loads(request.body)["put"][0]
    table = put["table"].replace("XF_", "SB_")
    row = {name: value for name, value in put["row"].items() if name != "HUB_NO"} | change
    values = ", ".join(
        "NULL"
        if value is None
        else str(value)
        if isinstance(value, int)
        else "'" + value.replace("'", "''") + "'"
        for value in row.values()
    )
    database.sql(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({values})")


async def test_reported_rows_are_taken_by_flag_and_flagged(made: Make) -> None:
    database = made("front-db", "oracle-gbk.")
    system = front(database)
    for key, change in (
        ("S-1", {}),
        ("S-2", {"BDMC": None, "ROW_SM3": None}),
        ("S-3", {"IN_TIME": "2020-01-01 00:00:00"}),
    ):
        report(database, system, "eng-section", key, **change)
    report(database, system, "eng-bid-opening", "O-1")
    report(database, system, "eng-section", "S-9", SOURCE_CODE="620123")
    haul = await system.poller.next("", 200)
    assert [one.stage for one in haul.items] == ["eng-section"] * 3 + ["eng-bid-opening"]
    assert haul.items[0].fields == RECORDS["eng-section"]["fields"]
    assert (await system.poller.next("", 200)).items == haul.items, "somebody died before the flags"
    third = haul.items[2].key
    database.sql(f"UPDATE SB_BD SET VERSION_NO = 2, CZLX = 'U', ROW_SM3 = NULL WHERE ROW_ID = '{third}'")
    await system.poller.settle(list(zip(haul.items, (KEPT, WRONG, KNOWN, KEPT), strict=True)))
    assert database.sql("SELECT SYNC_FLAG, ERR_MSG, HUB_NO FROM SB_BD ORDER BY SEQ_ID").split("\n") == [
        f"1||{HUB_ID}", "2|E410:必填项为空:BDMC|", "0||", "0||"
    ]  # fmt: skip
    (again,) = (await system.poller.next("", 200)).items
    assert (again.key, again.op, again.version) == (third, "update", 2), "changed between look and verdict"
    await system.poller.settle([(again, Answer(503, "hub.busy"))])
    assert len((await system.poller.next("", 200)).items) == 1


async def test_a_venue_is_asked_for_and_answered(made: Make) -> None:
    database = made("front-db", "oracle-gbk.")
    system = front(database)
    fields = {"TRA_PLACE_CODE": "622900", "venueKind": "evaluation-room", "capacity": 5,
              "equipment": ["录音录像"],
              "startTime": "2026-12-14T09:00:00+08:00", "endTime": "2026-12-14T18:00:00+08:00"}  # fmt: skip
    question = Outgoing("venue.query", "", "query", 1, fields, sender="P16", key="Q-1")
    assert (await system.deliver(question)).code == "receiver.pending"
    row_key = Papers.load("front-db").row_key("P16", "venue.query", "Q-1")
    row = f"'{row_key}', 1, 'P-02', '评标二室', '622900', 'P', 7, '录音录像,门禁'"
    database.sql(f"INSERT INTO SB_CDCX_DA VALUES ({row})")
    database.sql("UPDATE XF_CDCX SET SYNC_FLAG = '1', SJ_SD = '2026-11-22 09:01:00', DA_SL = 2")
    assert (await system.deliver(question, LATER)).code == "receiver.pending", "half an answer is none"
    database.sql(
        f"INSERT INTO SB_CDCX_DA VALUES ('{row_key}', 2, 'P-03', '评标三室', '622900', 'P', 5, NULL)"
    )
    outcome = await system.deliver(question, LATER)
    assert outcome.kind is Kind.DELIVERED
    assert [(one["venueCode"], one.get("equipment")) for one in outcome.data["venues"]] == [
        ("P-02", ["录音录像", "门禁"]), ("P-03", None)
    ]  # fmt: skip
    assert outcome.data["asOf"] == "2026-11-22T09:01:00+08:00"


async def test_a_database_that_is_away_or_says_no(made: Make) -> None:
    database = made("front-db", "oracle-gbk.")
    system = front(database)
    database.sql("DROP VIEW V_ZBGG")
    database.sql("DROP TABLE XF_ZBGG")
    assert (await system.deliver(record("eng-tender-notice"))).code == "receiver.no-such-path"
    away = replace(system, peer=Peer(f"postgresql://hub@{HOST}:{free_port()}/x", {"password": "x"}))
    with pytest.raises(TransportError) as caught:
        await away.deliver(record("eng-tender-notice"))
    assert (caught.value.code, caught.value.sent) == ("network.refused", False)


# -- packages ----------------------------------------------------------------------------------


def drop(remote: Remote, name: str) -> System:
    return System(xml_drop(lambda: LATER), name, Peer(remote.base, remote.credentials))


async def test_a_package_lies_there_once_and_its_receipt_is_read(remote: Remote) -> None:
    system, section = drop(remote, "X02"), record("eng-section")
    for now in (AT, LATER):
        assert (await system.deliver(section, now)).code == "receiver.pending"
    zip_, marker = sorted((remote.folder / "in").iterdir())
    assert (marker.name, marker.read_bytes()) == (f"{zip_.name}.ok", b"")
    name, octets = zip_.stem, zip_.read_bytes()
    with ZipFile(BytesIO(octets)) as package:
        assert package.testzip() is None
        key = etree.fromstring(package.read("BDHF_0001.xml")).findtext("record/Key")
    (remote.folder / "out").mkdir(exist_ok=True)
    bad = remote.folder / "out" / f"{name}.bad.xml"
    bad.write_text(f'<bad package="{name}" code="P02" message="x" time="20261122090500"/>', "utf-8")
    zip_.unlink()
    marker.unlink()
    assert (await system.deliver(section, LATER)).code == "receiver.package-truncated"
    assert zip_.read_bytes() == octets, "laid down again, the same octets"
    bad.unlink()
    zip_.unlink()
    marker.unlink()
    item = f'<item key="{key}" version="1" result="success" receiptNo="R-1"/>'
    head = f'package="{name}" digest="{digest_of(octets, "MD5")}" result="success" time="20261122090500"'
    (remote.folder / "out" / f"{name}.receipt.xml").write_text(f"<receipt {head}>{item}</receipt>", "utf-8")
    outcome = await system.deliver(section, LATER)
    assert (outcome.kind, outcome.data["receiptNo"]) == (Kind.DELIVERED, "R-1")
    assert not list((remote.folder / "in").iterdir()), "it has a receipt, so it is not written again"


def parcel(system: System, number: int, *, cut: int = 0) -> tuple[str, bytes]:
    """A package of the system's own, made of what we would lay down for it."""
    request = system.dialect.encode(
        record("eng-section", key=f"S-{number}", sender=system.name), system.call()
    )
    put = json.loads(request.body)["put"][0]
    with ZipFile(BytesIO(base64.b64decode(put["b64"]))) as package:
        data = package.read("BDHF_0001.xml")
    name = f"{system.name}_BDHF_20261122200000_000{number}"
    manifest = etree.Element("manifest", package=name, sender=system.name, receiver="HUB", category="BDHF",
                             version="20261122200000", count="1", algorithm="MD5")  # fmt: skip
    etree.SubElement(
        manifest, "file", name="a.xml", count="1", size=str(len(data)), digest=digest_of(data, "MD5")
    )
    made_ = BytesIO()
    with ZipFile(made_, "w") as package:
        package.writestr("manifest.xml", etree.tostring(manifest))
        package.writestr("a.xml", data)
    return name, made_.getvalue()[: len(made_.getvalue()) - cut]


async def test_packages_are_taken_whole_and_get_their_receipts(remote: Remote) -> None:
    system = drop(remote, "X02")
    assert (await system.poller.next("", 9)).items == (), "no folder yet"
    send, back = remote.folder / "send", remote.folder / "back"
    send.mkdir()
    for number, cut, marker in ((1, 0, True), (2, 40, True), (3, 0, False), (4, 0, True)):
        name, octets = parcel(system, number, cut=cut)
        (send / f"{name}.zip").write_bytes(octets)
        if marker:
            (send / f"{name}.zip.ok").write_bytes(b"")
    haul = await system.poller.next("", 9)
    row_key = Papers.load("xml-drop").row_key
    keys = [row_key("X02", "eng-section", f"S-{number}") for number in (1, 4)]
    assert [one.key for one in haul.items] == keys
    assert haul.items[0].fields == RECORDS["eng-section"]["fields"]
    assert [one.name for one in back.iterdir()] == ["X02_BDHF_20261122200000_0002.bad.xml"]
    await system.poller.settle([(haul.items[0], WRONG), (haul.items[1], Answer(503, "hub.busy"))])
    receipt = etree.fromstring((back / "X02_BDHF_20261122200000_0001.receipt.xml").read_bytes())
    assert (receipt.get("result"), receipt[0].get("code")) == ("failure", "R10")
    assert receipt[0].get("message") == "必填项为空:BidSectionName"
    (send / "X02_BDHF_20261122200000_0002.zip").write_bytes(parcel(system, 2)[1])
    haul = await system.poller.next("", 9)
    assert [one.key for one in haul.items] == [row_key("X02", "eng-section", "S-2"), keys[1]], (
        "mended; put off"
    )
    await system.poller.settle([(one, KEPT) for one in haul.items])
    assert (await system.poller.next("", 9)).items == ()


# -- rows and files ----------------------------------------------------------------------------


@pytest.fixture(params=["sftp", "ftp"])
def files(request: pytest.FixtureRequest) -> Remote:
    found: Remote = request.getfixturevalue(request.param)
    return found


def cascade(database: Database, files: Remote, name: str = "D13") -> System:
    credentials = {f"file_{key}": value for key, value in files.credentials.items()} | {"file_key": "K-2026"}
    credentials |= {key: value for key, value in database.credentials.items() if key.startswith("db_")}
    return System(cascade_db_file(lambda: LATER), name, Peer(database.base, credentials, files=files.base))


async def test_row_file_and_description_and_what_the_platform_says(made: Make, files: Remote) -> None:
    database = made("cascade-db-file", "")
    system, contract = cascade(database, files), record("contract-sign")
    for now in (AT, LATER):
        assert (await system.deliver(contract, now)).code == "receiver.pending"
    counts = [database.sql(f"SELECT count(*) FROM {table}") for table in ("mng_data_up", "data_desc_up")]
    (file,) = (files.folder / "up").iterdir()
    assert counts == ["1", "1"]
    assert database.sql("SELECT path, size, signature FROM data_desc_up") == (
        f"up/{file.name}|{len(file.read_bytes())}|{signature(file.read_bytes(), 'K-2026')}"
    )
    database.sql("UPDATE data_desc_up SET state = '2', err_code = 'C14'")
    octets = file.read_bytes()
    file.unlink()
    assert (await system.deliver(contract, LATER)).code == "receiver.partial-upload"
    assert file.read_bytes() == octets, "the half one was taken away and is there again"
    database.sql(
        "UPDATE data_desc_up SET state = '1', err_code = NULL, last_read_time = '2026-11-22 09:30:00'"
    )
    outcome = await system.deliver(contract, LATER)
    assert (outcome.kind, outcome.data["receiptTime"]) == (Kind.DELIVERED, "2026-11-22T09:30:00+08:00")
    database.sql("UPDATE mng_data_up SET field_schema = '[]'")
    assert (await system.deliver(contract, LATER)).code == "receiver.schema-drift"


async def test_described_files_are_taken_when_they_are_whole(made: Make, files: Remote) -> None:
    database = made("cascade-db-file", "")
    system = cascade(database, files)
    request = system.dialect.encode(record("contract-sign", sender="D13"), system.call())
    octets = base64.b64decode(json.loads(request.body)["steps"][1]["body"]["put"][0]["b64"])
    columns = schema("contract-sign").replace("'", "''")
    database.sql(
        "INSERT INTO mng_data_down VALUES ('M1', 'x', 'GSDX', 'HUB', '1', "
        f"'{columns}', 'htqd', '620000-ggzy-0003', '1', '2026-11-22 08:00:00')"
    )

    def describe(number: str, name: str, proof: str) -> None:
        database.sql(
            "INSERT INTO data_desc_down (id, mng_id, file_name, type, size, record_count, path, signature,"
            f" target, create_time) VALUES ('{number}', 'M1', '{name}', '1', {len(octets)}, 1,"
            f" 'down/{name}', '{proof}', 'HUB', '2026-11-22 08:0{number[1]}:00')"
        )

    describe("D1", "htqd_20261122080000_0001.dat", signature(octets, "K-2026"))
    describe("D2", "htqd_20261122080000_0002.dat", signature(octets, "other"))
    describe("D3", "htqd_20261122080000_0003.dat", signature(octets, "K-2026"))
    down = files.folder / "down"
    down.mkdir()
    (down / "htqd_20261122080000_0001.dat").write_bytes(octets)
    (down / "htqd_20261122080000_0002.dat").write_bytes(octets)
    (down / "htqd_20261122080000_0003.dat").write_bytes(octets[:50])
    (down / "htqd_20261122080000_0009.dat").write_bytes(octets)
    haul = await system.poller.next("", 9)
    assert [[f.code for f in one.findings] for one in haul.items] == [[], ["file.signature"]]
    assert haul.items[0].fields == RECORDS["contract-sign"]["fields"]
    assert (await system.poller.next("", 9)).items == haul.items
    await system.poller.settle([(haul.items[0], KEPT), (haul.items[1], Answer(422, "file.signature"))])
    states = database.sql("SELECT state, err_code, last_read_time FROM data_desc_down ORDER BY id")
    assert states.split("\n") == [
        "1||2026-11-22 09:05:00", "2|C13|2026-11-22 09:05:00", "0||"
    ]  # fmt: skip
    (down / "htqd_20261122080000_0003.dat").write_bytes(octets)
    (item,) = (await system.poller.next("", 9)).items
    assert item.message_id == haul.items[0].message_id, "the same record once more is the same message"
