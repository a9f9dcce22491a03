"""What tables, folders and the bank say to the hub: laid down by the running fleet, told back, understood."""

from __future__ import annotations

import asyncio
import base64
import json
import re
import sqlite3
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from hub.catalogue.papers import Papers
from hub.message import CST
from hub.standard import load
from simulators.clock import MovableClock
from simulators.desk import Desk
from simulators.dialects.bank_tcp_xml import BankTcpXml
from simulators.fleet import Fleet, Options
from simulators.senders import LAID, SENDERS
from simulators.senders.bank_voice import BankVoice, carry
from simulators.senders.laid_voice import LaidVoice
from simulators.trading.voice import Heard, Saying

EVENING = datetime(2026, 11, 22, 20, 0, 0, tzinfo=CST)
RECORDS = json.loads((Papers.load("front-db").root.parent / "records.json").read_text("utf-8"))
BANK = {line["id"]: line for line in Papers.load("bank-tcp-xml").golden()}
STANDARD = load()


@pytest.fixture(name="fleet")
async def fleet_fixture(tmp_path: Path) -> AsyncIterator[Fleet]:
    pytest.importorskip("asyncssh")
    pytest.importorskip("pyftpdlib")
    options = Options(("M13", "D05", "D13", "F03"), places=tmp_path)
    fleet = Fleet.muster(options, clock=MovableClock(lambda: EVENING))
    await fleet.start()
    yield fleet
    await fleet.stop()


async def until(what: Callable[[], Any], *, patience: float = 60.0) -> Any:
    async with asyncio.timeout(patience):
        while not (said := what()):
            await asyncio.sleep(0.02)
    return said


def said(fleet: Fleet, ident: str, stage: str) -> tuple[LaidVoice, Saying]:
    desk = fleet.systems[ident].desk
    voice = LAID[desk.dialect](desk, STANDARD)
    number, key = voice.name(stage, None, "s-1")
    saying = Saying(number, key, stage, RECORDS[stage]["fields"])
    voice.lay(saying)
    voice.lay(saying)
    fleet.main.wake(ident)
    assert voice.heard(saying) is None
    return voice, saying


@pytest.mark.parametrize(
    ("verdict", "heard"),
    [
        ("SYNC_FLAG = '1', HUB_NO = 'h-1'", Heard(True, True, 200, "0000", "h-1")),
        (
            "SYNC_FLAG = '2', ERR_MSG = 'E410:必填项为空:BDMC'",
            Heard(True, False, 200, "E410", told={"message": "E410:必填项为空:BDMC"}),
        ),
    ],
)
async def test_a_row(fleet: Fleet, verdict: str, heard: Heard) -> None:
    voice, saying = said(fleet, "M13", "eng-section")
    path = urlsplit(fleet.address("M13")).path

    def sql(text: str) -> list[Any]:
        with sqlite3.connect(path, timeout=60) as hand:
            return hand.execute(text).fetchall()

    assert await until(lambda: sql("SELECT ROW_ID FROM SB_BD")) == [(saying.key,)]
    sql(f"UPDATE SB_BD SET {verdict}")
    assert await until(lambda: voice.heard(saying)) == heard
    assert voice.meant(saying)["BID_SECTION_CODE"] == RECORDS["eng-section"]["fields"]["BID_SECTION_CODE"]


async def test_a_package(fleet: Fleet, tmp_path: Path) -> None:
    voice, saying = said(fleet, "D05", "mine-result")
    folder = tmp_path / "main" / "D05-files"
    name = "D05_KYJG_20261122200000_0001"
    await until((folder / "send" / f"{name}.zip.ok").exists)
    assert voice.key(saying) == "20261122200000-0001"
    text = (
        f'<receipt package="{name}" digest="" result="failure" time="20261122200100">'
        f'<item key="{voice.key(saying)}" version="1" result="failure" code="R10" message="m"/></receipt>'
    )
    (folder / "back" / f"{name}.receipt.xml").write_text(text)
    assert await until(lambda: voice.heard(saying)) == Heard(True, False, 200, "R10", told={"message": "m"})


async def test_a_described_file(fleet: Fleet) -> None:
    voice, saying = said(fleet, "D13", "subject-legal-person")
    path = urlsplit(fleet.address("D13")).path

    def sql(text: str) -> list[Any]:
        with sqlite3.connect(path, timeout=60) as hand:
            return hand.execute(text).fetchall()

    assert await until(lambda: sql("SELECT state FROM data_desc_down")) == [("0",)]
    sql("UPDATE data_desc_down SET state = '1', last_read_time = '2026-11-22 20:00:01'")
    assert await until(lambda: voice.heard(saying)) == Heard(True, True, 200, "0000")


def bank() -> tuple[Desk, BankVoice]:
    desk = Desk("F03", "银行", "bank-tcp-xml", "", {"auth_code": "GS6201"})
    BankTcpXml(desk)
    return desk, BankVoice(desk, STANDARD)


def pay_in() -> Saying:
    """The golden notice as the standard says it."""
    fields: dict[str, Any] = {
        "account": {
            "bank": "兰州城区银行永登支行", "accountName": "永登县公共资源交易中心保证金专户",
            "accountNo": "62000000000000010001", "unionNo": "313821000016",
        },
        "section": {
            "BID_SECTION_CODE": "E6201212611220001001001", "name": "永登县城区供热管网改造工程施工",
            "UNIFIED_DEAL_CODE": "A01-126200004380000175-20261122-000001-A", "tradeClass": "A02",
        },
        "payer": {"type": "1", "code": "916201022243338110", "name": "兰州恒筑建设有限公司"},
        "MARGIN_BANK": "兰州城区银行永登支行", "MARGIN_ACCOUNT": "6200000000000001",
        "MARGIN_PAY": "200000.00", "MARGIN_RECEIVE_TIME": "2026-12-10T11:20:00+08:00",
        "MARGIN_PAY_FORM": "1", "fromBasicAccount": True, "remark": "投标保证金",
    }  # fmt: skip
    return Saying("3011:HS2026121000000117", "HS2026121000000117", "deposit.payin", fields, service=True)


def test_the_banks_notice_is_the_papers_notice() -> None:
    desk, voice = bank()
    line = BANK["in-payin-ok"]
    document = voice.write(pay_in(), datetime.fromisoformat(line["at"])).body
    wanted = base64.b64decode(line["request"]["body_b64"])
    assert re.sub(b"<SeqNo>[0-9]+", b"", document) == re.sub(b"<SeqNo>[0-9]+", b"", wanted)
    assert desk.switches["bank"].lines["HS2026121000000117"]["Amt"] == "200000.00"
    again = voice.write(pay_in(), datetime.fromisoformat(line["at"])).body
    assert again != document, "another number, the same line"
    heard = [
        voice.read(pay_in(), 200, base64.b64decode(BANK[ident]["reply"]["body_b64"]))
        for ident in ("in-payin-ok", "in-payin-again", "in-payin-conflict", "in-bad-auth")
    ]
    assert [(h.done, h.ok, h.code, h.repeat) for h in heard] == [
        (True, True, "0000", False), (True, True, "0000", True),
        (True, False, "2006", False), (True, False, "1001", False),
    ]  # fmt: skip
    assert heard[0].hub_id == heard[1].hub_id != ""


async def test_the_bank_calls_the_hubs_port(fleet: Fleet) -> None:
    """What is told is booked, goes to the port of the peers' row, half closed; 4011 knows it."""
    desk = fleet.systems["F03"].desk
    voice = SENDERS["bank-tcp-xml"](desk, STANDARD)
    assert isinstance(voice, BankVoice)
    assert fleet.peers()["systems"]["F03"]["listen"] == voice.address
    wire = voice.write(pay_in(), EVENING)
    assert await carry(voice.address, wire) is None, "nobody listens yet"
    got = []

    async def hub(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        got.append(await reader.read())
        writer.write(base64.b64decode(BANK["in-payin-ok"]["reply"]["body_b64"]))
        writer.close()

    host, _, port = voice.address.rpartition(":")
    async with await asyncio.start_server(hub, host, int(port)):
        answer = await carry(voice.address, wire)
    assert answer is not None and got == [wire.body]
    assert voice.read(pay_in(), *answer).ok
    assert fleet.systems["F03"].desk.switches["bank"].knows("62000000000000010001")
