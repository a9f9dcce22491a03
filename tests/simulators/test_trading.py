"""T01 and T03 take a tender through against a tiny hub: order, resending, duplicates, the pause."""

from __future__ import annotations

import asyncio
import base64
import json
import re
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from lxml import etree

from hub.catalogue.papers import Papers
from hub.message import CST, Key, content_digest, verify
from hub.standard import load
from simulators.fleet import Fleet, Options
from simulators.management import Management

SECRET = b"0123456789abcdef0123456789abcdef"
KEY = Key("T01-1", "T01", "hmac-sm3", SECRET)
NS = "{http://tempuri.org/}"
FLOW = [
    "eng-project", "eng-tender-project", "eng-section", "eng-tender-notice", "eng-tender-document",
    "eng-bidder-list", "eng-bid-margin", "eng-bid-fingerprint", "eng-bid-opening", "eng-evaluation-report",
    "eng-candidate", "eng-candidate-publicity", "eng-result-notice", "eng-award-letter", "contract-sign",
]  # fmt: skip


class TinyHub:
    """Takes native and asmx calls, answers from the fleet's own D01 and R01 books, fails when told to."""

    def __init__(self) -> None:
        self.fleet: Fleet | None = None
        self.seen: dict[str, tuple[bytes, str]] = {}
        self.stages: list[str] = []
        self.calls: list[tuple[str, bytes]] = []
        self.sour: Callable[[int], str] = lambda _n: ""
        self.bar: set[str] = set()

    def book(self, service: str, asked: dict[str, Any]) -> dict[str, Any]:
        assert self.fleet is not None
        flat = dict(asked)
        if isinstance(asked.get("party"), dict):
            flat |= {f"party.{name}": value for name, value in asked["party"].items()}
        owner = "D01" if service == "project.query" else "R01"
        return self.fleet.systems[owner].desk.books[service](flat, datetime.now(CST))

    def keep(self, number: str, digest: bytes, stage: str) -> tuple[str, bool]:
        """The hub's id of a message and whether it was there before."""
        if number in self.seen:
            assert self.seen[number][0] == digest, f"{number} came with other content"
            return self.seen[number][1], True
        self.seen[number] = (digest, f"H-{len(self.seen)}")
        self.stages.append(stage)
        return self.seen[number][1], False

    async def native(self, request: web.Request) -> web.StreamResponse:
        raw = await request.read()
        self.calls.append((request.path, raw))
        mood = self.sour(len(self.calls))
        if mood == "503":
            return web.Response(status=503, text="{}")
        envelope = json.loads(raw)
        assert verify(envelope, {"T01-1": KEY}.get) == []
        assert load().check(envelope, signed=True) == []
        if request.path.startswith("/v1/services/"):
            told = self.book(envelope["head"]["msgType"], envelope["body"]["fields"])
            return web.json_response({"code": "0000", "body": told})
        head = envelope["head"]
        hub_id, before = self.keep(head["msgId"], content_digest(envelope), head["stage"])
        if mood == "drop":
            assert request.transport is not None
            request.transport.abort()
        receipt = {"hubId": hub_id, "receiptState": "accepted"}
        status = 200 if before else 202
        return web.json_response({"code": "0000", "hubId": hub_id, "receipt": receipt}, status=status)

    async def asmx(self, request: web.Request) -> web.StreamResponse:
        raw = await request.read()
        self.calls.append((request.path, raw))
        mood = self.sour(len(self.calls))
        if mood == "503":
            return web.Response(status=503)
        papers = Papers.load("asmx-parasxml")
        body = etree.fromstring(raw).find("{http://schemas.xmlsoap.org/soap/envelope/}Body")
        assert body is not None and self.fleet is not None
        method = etree.QName(body[0]).localname
        assert request.headers["SOAPAction"] == f'"http://tempuri.org/{method}"'
        assert body[0].findtext(f"{NS}ValidateData") == self.fleet.systems["T03"].desk.credentials["token"]
        inner = str(body[0].findtext(f"{NS}ParasXml"))
        assert inner.startswith('<?xml version="1.0" encoding="gb2312"?>')
        paras = {e.tag: e.text or "" for e in etree.fromstring(inner.partition("?>")[2])}
        stage = {op: stage for stage, op in papers.facts["operations"].items()}[method]
        if stage in ("project.query", "credit.query"):
            return self.info(method, self.service(stage, paras))
        hub_id, before = self.keep(paras["RowGuid"], inner.encode(), stage)
        if mood == "drop":
            assert request.transport is not None
            request.transport.abort()
        return self.info(
            method,
            f"<RowGuid>{paras['RowGuid']}</RowGuid><ReceiptNo>{hub_id}</ReceiptNo>"
            f"<IsRepeat>{'T' if before else 'F'}</IsRepeat>",
        )

    def service(self, stage: str, paras: dict[str, str]) -> str:
        if stage == "project.query":
            asked = {"queryKind": "invest-code", "INVEST_PROJECT_CODE": paras["TouZiXiangMuCode"]}
            found = self.book(stage, asked)
            names = (
                ("TouZiXiangMuCode", "INVEST_PROJECT_CODE"),
                ("XiangMuName", "PROJECT_NAME"),
                ("XiangMuFaRen", "LEGAL_PERSON"),
            )
            inside = "".join(f"<{foreign}>{found[name]}</{foreign}>" for foreign, name in names)
            return f"<XMInfo><Found>T</Found>{inside}</XMInfo>"
        barred = "T" if paras["UnitOrgNum"] in self.bar else "F"
        return f"<CreditInfo><CheckNo>1</CheckNo><IsBarred>{barred}</IsBarred><Hits/></CreditInfo>"

    def info(self, method: str, business: str) -> web.Response:
        inner = (
            '<?xml version="1.0" encoding="gb2312"?>'
            "<Root><ReturnInfo><Code>1</Code><Description/></ReturnInfo>"
            f"<BusinessInfo>{business}</BusinessInfo><UserArea/></Root>"
        )
        text = inner.replace("&", "&amp;").replace("<", "&lt;")
        return web.Response(
            text='<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
            f'<{method}Response xmlns="http://tempuri.org/"><{method}Result>{text}</{method}Result></{method}Response>'
            "</s:Body></s:Envelope>",
            content_type="text/xml",
        )


class Ground:
    def __init__(self, hub: TinyHub, fleet: Fleet, management: str, client: aiohttp.ClientSession) -> None:
        self.hub, self.fleet, self.management, self.client = hub, fleet, management, client

    async def steer(self, method: str, path: str, told: Any = None) -> tuple[int, Any]:
        async with self.client.request(method, self.management + path, json=told) as reply:
            return reply.status, json.loads(await reply.text())

    async def until(self, ident: str, tender: str, hold: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        async with asyncio.timeout(120):
            while True:
                _, shown = await self.steer("GET", f"/trading/{ident}/tenders/{tender}")
                if hold(shown):
                    return dict(shown)
                await asyncio.sleep(0.02)


@pytest.fixture(name="ground")
async def ground_fixture(tmp_path: Path) -> AsyncIterator[Ground]:
    told = {
        "keyId": KEY.key_id,
        "owner": KEY.owner,
        "alg": KEY.alg,
        "secret": base64.b64encode(SECRET).decode(),
    }
    (tmp_path / "T01-1.json").write_text(json.dumps(told), "utf-8")
    hub = TinyHub()
    app = web.Application()
    app.add_routes([web.post("/v1/{rest:.*}", hub.native), web.post("/in/T03/{rest:.*}", hub.asmx)])
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    address = f"http://127.0.0.1:{runner.addresses[0][1]}"
    fleet = Fleet.muster(Options(("D01", "R01", "T01", "T03"), address, tmp_path))
    hub.fleet = fleet
    management = Management(fleet)
    steering = await management.start()
    async with aiohttp.ClientSession() as client:
        yield Ground(hub, fleet, steering, client)
    await management.stop()
    await fleet.stop()
    await runner.cleanup()


def in_order(stages: list[str]) -> list[str]:
    return list(dict.fromkeys(stages))


@pytest.mark.parametrize("ident", ["T01", "T03"])
async def test_a_whole_tender(ground: Ground, ident: str) -> None:
    status, begun = await ground.steer("POST", f"/trading/{ident}/tenders", {"seed": 1, "region": "620121"})
    assert (status, begun["tender"]) == (201, f"{ident}-1")
    done = await ground.until(ident, f"{ident}-1", lambda shown: shown["state"] != "running")
    assert done["state"] == "done", done["steps"][-1]
    assert in_order(ground.hub.stages) == FLOW
    bidders = done["bidders"]
    assert ground.hub.stages.count("eng-bidder-list") == bidders >= 3
    assert ground.hub.stages.count("eng-candidate") <= 3
    credit = [step["name"] for step in done["steps"] if step["name"].startswith("credit.query")]
    assert len([name for name in credit if "sign-up" in name]) == bidders
    assert all(sent["hubId"] and sent["fields"] for sent in done["sent"])
    assert len({sent["msgId"] for sent in done["sent"]}) == len(done["sent"]) == len(ground.hub.seen)
    assert (await ground.steer("POST", f"/trading/{ident}/tenders", {"seed": 1}))[0] == 409


async def test_it_resends_the_same_message_until_it_is_acknowledged(ground: Ground) -> None:
    ground.hub.sour = lambda n: "503" if n % 5 == 0 else "drop" if n % 7 == 0 else ""
    for ident in ("T01", "T03"):
        await ground.steer("POST", f"/trading/{ident}/tenders", {"seed": 2})
    for ident in ("T01", "T03"):
        done = await ground.until(ident, f"{ident}-2", lambda shown: shown["state"] != "running")
        assert done["state"] == "done", done["steps"][-1]
        assert max(sent["attempts"] for sent in done["sent"]) >= 2


async def test_the_old_system_sends_duplicates_with_the_same_bytes(ground: Ground) -> None:
    await ground.steer("POST", "/trading/T03/tenders", {"seed": 3})
    done = await ground.until("T03", "T03-3", lambda shown: shown["state"] != "running")
    assert done["state"] == "done"
    bodies = [raw for path, raw in ground.hub.calls if b"<Save" in raw]
    assert len(bodies) - len(set(bodies)) == sum(sent["repeats"] for sent in done["sent"]) >= 3


async def test_it_pauses_before_the_opening_and_goes_on_when_told(ground: Ground) -> None:
    told = {"seed": 4, "pause_before": "eng-bid-opening"}
    await ground.steer("POST", "/trading/T01/tenders", told)
    shown = await ground.until("T01", "T01-4", lambda shown: shown["waiting"])
    assert shown["waitingBefore"] == "eng-bid-opening" and "eng-bid-opening" not in ground.hub.stages
    assert ground.hub.stages[-1] == "eng-bid-fingerprint"
    assert (await ground.steer("POST", "/trading/T01/tenders/T01-4/continue"))[0] == 200
    done = await ground.until("T01", "T01-4", lambda shown: shown["state"] != "running")
    assert done["state"] == "done"


async def test_a_refusal_for_good_ends_the_tender_and_says_why(ground: Ground) -> None:
    d01 = ground.fleet.systems["D01"].desk
    d01.books["project.query"] = lambda asked, now: {
        "INVEST_PROJECT_CODE": "another",
        "PROJECT_NAME": "x",
        "LEGAL_PERSON": "y",
    }
    await ground.steer("POST", "/trading/T01/tenders", {"seed": 5})
    done = await ground.until("T01", "T01-5", lambda shown: shown["state"] != "running")
    assert done["state"] == "failed" and "another" in done["steps"][-1]["detail"]
    assert ground.hub.stages == []


async def test_barred_bidders_do_not_take_part(ground: Ground) -> None:
    project = ground.fleet.desks["T03"].plan(6, None)
    loser = next(i for i in range(len(project.bidders)) if i != project.winner)
    ground.hub.bar = {project.bidders[loser].code}
    await ground.steer("POST", "/trading/T03/tenders", {"seed": 6})
    done = await ground.until("T03", "T03-6", lambda shown: shown["state"] != "running")
    signed_up = ground.hub.stages.count("eng-bidder-list")
    assert signed_up == len(project.bidders) - 1 or done["state"] == "failed"
    assert (done["state"] == "done") == (len(project.bidders) > 3)


async def test_several_tenders_at_once(ground: Ground) -> None:
    for seed in (11, 12, 13):
        await ground.steer("POST", "/trading/T01/tenders", {"seed": seed})
    for seed in (11, 12, 13):
        done = await ground.until("T01", f"T01-{seed}", lambda shown: shown["state"] != "running")
        assert done["state"] == "done"
    _, listed = await ground.steer("GET", "/trading/T01/tenders")
    assert [row["state"] for row in listed] == ["done"] * 3


async def test_who_trades_nothing(ground: Ground) -> None:
    assert (await ground.steer("POST", "/trading/D01/tenders", {"seed": 1}))[0] == 404
    assert (await ground.steer("GET", "/trading/T01/tenders/T01-99"))[0] == 404


async def test_every_tender_lies_in_the_past(ground: Ground) -> None:
    for seed in range(1, 60):
        times = ground.fleet.desks["T01"].plan(seed, None).times
        assert times.contract < datetime.now(CST) - timedelta(hours=1)


async def test_what_t03_means_is_what_its_paper_form_says(ground: Ground) -> None:
    """Amounts in 万元 with unit 1, nothing that the form does not carry."""
    await ground.steer("POST", "/trading/T03/tenders", {"seed": 8})
    done = await ground.until("T03", "T03-8", lambda shown: shown["state"] != "running")
    section = next(sent for sent in done["sent"] if sent["stage"] == "eng-section")
    inside = ground.fleet.desks["T03"].tenders["T03-8"].project.record("eng-section")
    assert section["fields"]["PRICE_UNIT"] == "1"
    yuan = float(inside["CONTRACT_RECKON_PRICE"]) * (10000 if inside["PRICE_UNIT"] == "1" else 1)
    assert float(section["fields"]["CONTRACT_RECKON_PRICE"]) * 10000 == pytest.approx(yuan)
    carried = {row.standard for row in Papers.load("asmx-parasxml").rows("eng-section", "in")}
    assert set(section["fields"]) <= carried | {"PRICE_UNIT"}
    assert re.fullmatch(r"[0-9a-f-]{36}:1:insert", section["msgId"])
    assert load().check_fields("eng-section", section["fields"]) == []
