"""The hub itself polls the dialects that lay things down: kept by the usual steps, told where they lie."""

from __future__ import annotations

import asyncio
import base64
import json
import sqlite3
import zipfile
from contextlib import closing
from hashlib import md5
from io import BytesIO

import pytest
from core_kit import until
from lxml import etree
from wire_kit import bench_over, sql

from adapters.front_db import DIALECT as FRONT
from adapters.xml_drop import DIALECT as DROP
from hub.catalogue.papers import ROOT
from hub.engine import Reader
from hub.journal.entry import Kind
from hub.peers import Peer, Poll
from hub.ports import Call, Outgoing

OFTEN = Poll(0.05, 4, 60.0, "")


class Peers:
    """One system, the others nowhere."""

    def __init__(self, system, base):
        self.system, self.peer = system, Peer(base, poll=OFTEN)

    def get(self, system):
        return self.peer if system == self.system else None


def laid(bench, dialect, system, seed, stage="eng-section", **change):
    """What we would lay down for the system: the test turns it into what the system lays down."""
    body = bench.record(stage, sender=system, seed=seed)["body"]
    outgoing = Outgoing("entry.apply", stage, body["op"], body["version"], {**body["fields"], **change},
                        sender=system, key=body["key"])  # fmt: skip
    request = dialect.encode(outgoing, Call(system, "", {}, bench.clock(), "n", "k"))
    return json.loads(request.body)["put"][0]


def report(table, put, **change):
    row = put["row"] | change
    marks = ", ".join("?" * len(row))
    sql(
        table,
        f"INSERT INTO {put['table'].replace('XF', 'SB')} ({', '.join(row)}) VALUES ({marks})",
        *row.values(),
    )


async def test_rows_of_a_front_end_machine(tmp_path):
    table = tmp_path / "front.db"
    with closing(sqlite3.connect(table)) as made:
        made.executescript((ROOT / "front-db" / "mysql-utf8.sqlite.sql").read_text("utf-8"))
    bench = bench_over(tmp_path / "data", Peers("X14", f"sqlite:///{table}"), FRONT, "front-db")
    hub = await bench.open("X14")
    report(table, laid(bench, FRONT, "X14", 1))
    report(table, laid(bench, FRONT, "X14", 2), BDMC=None, ROW_SM3=None)
    report(table, laid(bench, FRONT, "X14", 3), BDMC="a\ufffd", ROW_SM3=None)
    report(table, laid(bench, FRONT, "X14", 4), ROW_SM3="0" * 64)
    report(table, laid(bench, FRONT, "X14", 5), SYNC_FLAG="1")
    await until(lambda: sql(table, "SELECT count(*) FROM SB_BD WHERE SYNC_FLAG = '0'") == [(0,)])
    told = sql(table, "SELECT SYNC_FLAG, ERR_MSG, HUB_NO, ROW_ID FROM SB_BD ORDER BY SEQ_ID")
    kept = hub.find(Reader("X14"), "X14", f"{told[0][3]}:1:insert")
    assert told[0][:3] == ("1", None, kept["hubId"])
    assert told[1][:3] == ("2", "E410:必填项为空:BDMC", None)
    assert told[2][1].startswith("E415:字符无法入库:BDMC")
    assert told[3][1] == "E440:行摘要不符:ROW_SM3"
    sql(table, "UPDATE SB_BD SET SYNC_FLAG = '0', SYNC_TIME = NULL WHERE SEQ_ID = 1")
    await until(
        lambda: sql(table, "SELECT SYNC_FLAG, HUB_NO FROM SB_BD WHERE SEQ_ID = 1") == [("1", kept["hubId"])]
    )
    sql(table, "UPDATE SB_BD SET SYNC_FLAG = '0', BDMC = 'x', ROW_SM3 = NULL WHERE SEQ_ID = 1")
    await until(lambda: sql(table, "SELECT SYNC_FLAG FROM SB_BD WHERE SEQ_ID = 1") == [("2",)])
    assert sql(table, "SELECT ERR_MSG FROM SB_BD WHERE SEQ_ID = 1")[0][0].startswith("E420:同版本内容不一致")
    await hub.drain()


def parcel(records, name, *, document=None):
    """A package as X02 packs it."""
    data = document or f'<records category="BDHF">{"".join(records)}</records>'.encode()
    manifest = etree.Element("manifest", package=name, sender="X02", receiver="HUB", category="BDHF")
    manifest.attrib.update({"version": name.split("_")[2], "count": str(len(records)), "algorithm": "MD5"})
    digest = md5(data, usedforsecurity=False).hexdigest()
    etree.SubElement(
        manifest, "file", name="a.xml", count=str(len(records)), size=str(len(data)), digest=digest
    )
    made = BytesIO()
    with zipfile.ZipFile(made, "w") as package:
        package.writestr("manifest.xml", etree.tostring(manifest))
        package.writestr("a.xml", data)
    return made.getvalue()


def element(put):
    with zipfile.ZipFile(BytesIO(base64.b64decode(put["b64"]))) as package:
        return etree.tostring(etree.fromstring(package.read("BDHF_0001.xml"))[0], encoding="unicode")


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
async def test_packages_of_a_county(tmp_path):
    folder = tmp_path / "drop"
    (folder / "send").mkdir(parents=True)
    bench = bench_over(tmp_path / "data", Peers("X02", f"file://{folder}"), DROP, "xml-drop")
    hub = await bench.open("X02")
    records = [element(laid(bench, DROP, "X02", seed)) for seed in (1, 2, 3)]
    records[1] = records[1].replace("<BidSectionName>", "<Other>").replace("</BidSectionName>", "</Other>")
    names = [f"X02_BDHF_20261122200000_000{number}" for number in range(1, 5)]
    whole = {
        names[0]: parcel(records[:2], names[0]),
        names[1]: parcel(records[2:], names[1], document="<r>公</r>".encode("gbk")),
        "X02_KYJG_20261122200000_0009": parcel(records[2:], "X02_KYJG_20261122200000_0009"),
        names[2]: parcel(records[2:], names[2])[:-30],
        names[3]: parcel([records[0], records[2]], names[3]),
    }
    for name, octets in whole.items():
        (folder / "send" / f"{name}.zip").write_bytes(octets)
        (folder / "send" / f"{name}.zip.ok").write_bytes(b"")

    def told(name):
        return etree.fromstring((folder / "back" / f"{name}.receipt.xml").read_bytes())

    await until(
        lambda: len(list(folder.glob("back/*.receipt.xml"))) == 4 and list(folder.glob("back/*.bad.xml"))
    )
    first = told(names[0])
    kept = hub.find(Reader("X02"), "X02", f"{first[0].get('key')}:1:insert")
    assert [one.get("result") for one in first] == ["success", "failure"]
    assert first[0].get("receiptNo") == kept["hubId"]
    assert first[1].get("message").startswith("必填项为空:BidSectionName")
    assert (told(names[1]).get("code"), len(told(names[1]))) == ("P05", 0)
    assert told("X02_KYJG_20261122200000_0009").get("code") == "P06"
    assert [one.get("result") for one in told(names[3])] == ["repeat", "success"]
    assert not (folder / "back" / f"{names[2]}.receipt.xml").exists()

    def marks():
        heads = hub._parts.reading.journal.heads(0, 100_000)
        return sum(one.facts["kind"] == Kind.WATERMARK for one in heads)

    before = marks()
    await asyncio.sleep(0.3)
    assert marks() == before, "a package in pieces is looked at again and again, and nothing is noted again"
    await hub.drain()
