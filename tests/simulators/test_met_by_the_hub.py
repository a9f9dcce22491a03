"""Both hands at the same tables, folders and bank: the hub's carriers and dialects meet the running fleet.

Every record that a system takes is laid down by the hub until its verdict is read; every record that
a system has to say is looked up by the hub's poller and settled, and the system reads the hub's word.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from hub.catalogue.papers import Papers
from hub.delivery.limits import Limits
from hub.dialects import find
from hub.message import CST
from hub.ports import Answer, Call, Carrier, Kind, Outcome, Outgoing, Place, Polls, WireReply, WireRequest
from hub.standard import load
from hub.transports import maker
from simulators.clock import MovableClock
from simulators.dialects.front_rows import table_of
from simulators.dialects.xml_drop import TAKES
from simulators.fleet import Fleet, Options
from simulators.senders import LAID
from simulators.trading.voice import Saying

MORNING = datetime(2026, 11, 23, 9, 0, 0, tzinfo=CST)
RECORDS = json.loads((Papers.load("front-db").root.parent / "records.json").read_text("utf-8"))
BOUNDS = Limits(60.0, 60.0, 1 << 24)
FRONT = ("M13", "M14", "X03", "X14", "X26", "X37", "D19", "D22")
DROP = ("P10", "X02", "D05", "N01")
ASKED = ("D18",)
CASCADE = ("D13", "D20")
HUB_ID = "01998d2e-7a00-7000-8000-00000000%04x"
DIALECTS = find().loaded
STANDARD = load()


class Hub:
    """What the hub's shell does for one system, without the shell."""

    def __init__(self, fleet: Fleet, ident: str) -> None:
        self.fleet, self.ident = fleet, ident
        self.dialect = fleet.systems[ident].desk.dialect
        self.peer = fleet.peers()["systems"][ident]
        self.credentials: dict[str, str] = self.peer["credentials"]
        self._open: list[Carrier] = []
        self.tries = 0

    async def carry(self, request: WireRequest) -> WireReply:
        return await self.onward(self.ident, request, BOUNDS)

    async def onward(self, _system: str, request: WireRequest, bounds: Any) -> WireReply:
        base = self.peer["base"]
        if request.method == "FILES" and "files" in self.credentials:
            base = self.credentials["files"]
        name = request.method if request.method == "STEPS" else base.partition(":")[0]
        carrier = maker(name)(self.onward)
        try:
            place = Place(self.ident, base.rstrip("/"), ("127.0.0.1",), self.credentials)
            return await carrier.carry(place, request, bounds)
        finally:
            await carrier.close()

    def call(self) -> Call:
        now = self.fleet.clock()
        return Call(self.ident, self.fleet.systems[self.ident].desk.variant, self.credentials, now, "n", "")

    async def deliver(self, outgoing: Outgoing, *, patience: float = 60.0) -> Outcome:
        """Attempts until there is a verdict."""
        dialect = DIALECTS[self.dialect]
        async with asyncio.timeout(patience):
            while True:
                reply = await self.carry(dialect.encode(outgoing, self.call()))
                self.tries += 1
                outcome = dialect.decode(reply, outgoing, self.call())
                if outcome.kind is not Kind.RETRY:
                    return outcome
                await asyncio.sleep(0.05)


def outgoing(stage: str, number: int, *, op: str = "insert", version: int = 1, **changes: Any) -> Outgoing:
    record = RECORDS[stage]
    fields = {} if op == "delete" else {**record["fields"], **changes}
    return Outgoing(
        record["msgType"], stage, op, version, fields, sender=record["from"], key=record["key"],
        hub_id=HUB_ID % number,
    )  # fmt: skip


def taken_by(ident: str, dialect: str) -> list[str]:
    """The stages of the papers that this system is sent."""
    facts = Papers.load(dialect).facts
    if dialect == "front-db":
        platform = ("BD", "ZBGG", "TBR", "KB", "PBBG", "ZBJG", *(("JZ", "DA") if ident[0] == "M" else ()))
        own = {"D19": None, "D22": ("XM", "LQ")}.get(ident, platform)
        stages = [s for s in facts["tables"] if s in RECORDS]
        return [s for s in stages if own is None or table_of("", s) in own]
    if dialect == "xml-drop":
        return [s for s, code in facts["categories"].items() if s in RECORDS and code in TAKES[ident]]
    return {
        "D13": ["eng-tender-notice", "contract-sign", "subject-legal-person"],
        "D20": ["supervise-alert"],
    }[ident]


async def has_taken(fleet: Fleet, ident: str, effects: int) -> None:
    """Who only reads (D19) comes by after the delivery; nobody comes by twice."""
    ledger = fleet.systems[ident].desk.ledger
    async with asyncio.timeout(60):
        while ledger.effects < effects:
            await asyncio.sleep(0.05)
    assert ledger.effects == effects


@pytest.fixture(name="fleet")
async def fleet_fixture(tmp_path: Path) -> AsyncIterator[Fleet]:
    for name in ("asyncssh", "pyftpdlib", "aioftp"):
        pytest.importorskip(name)
    options = Options((*FRONT, *DROP, *ASKED, *CASCADE, "F03"), places=tmp_path)
    fleet = Fleet.muster(options, clock=MovableClock(lambda: MORNING))
    await fleet.start()
    yield fleet
    await fleet.stop()


@pytest.mark.parametrize("ident", [*FRONT, *DROP, *CASCADE])
async def test_every_record_arrives_once(fleet: Fleet, ident: str) -> None:
    """Inserted, said again, updated: one effect for each version, whatever is repeated."""
    hub = Hub(fleet, ident)
    if ident == "X02":
        fleet.clock.set("2026-11-23T20:00:00+08:00")
    stages = taken_by(ident, hub.dialect)
    assert stages
    for number, stage in enumerate(stages):
        first = outgoing(stage, number)
        assert (await hub.deliver(first)).kind is Kind.DELIVERED, stage
        assert (await hub.deliver(first)).kind in (Kind.DELIVERED, Kind.DUPLICATE)
    await has_taken(fleet, ident, len(stages))
    gone = outgoing(stages[0], 99, op="delete", version=2)
    assert (await hub.deliver(gone)).kind is Kind.DELIVERED
    await has_taken(fleet, ident, len(stages) + 1)


@pytest.mark.parametrize(
    ("ident", "fault", "code"),
    [
        ("M13", "clob-too-long", "receiver.too-large"),
        ("M13", "gbk-unmappable-char", "receiver.charset"),
        ("M13", "not-allowed", "auth.not-allowed"),
        ("N01", "duplicate-package", "receiver.duplicate"),
        ("D13", "schema-drift", "receiver.schema-drift"),
        ("D13", "bad-signature", "auth.failed"),
        ("D13", "expired-file", "receiver.expired"),
    ],
)
async def test_faults_are_recognised(fleet: Fleet, ident: str, fault: str, code: str) -> None:
    hub = Hub(fleet, ident)
    fleet.systems[ident].faults.arm(fault)
    assert (await hub.deliver(outgoing("eng-tender-notice", 1))).code == code


@pytest.mark.parametrize(
    ("ident", "fault"),
    [
        ("M13", "drop-after-effect"), ("M13", "deleted-row"), ("M13", "drop-before-effect"),
        ("N01", "zip-truncated"), ("N01", "hash-mismatch"), ("N01", "drop-after-effect"),
        ("D13", "drop-after-effect"), ("D13", "drop-before-effect"),
    ],
)  # fmt: skip
async def test_what_fails_once_arrives_once(fleet: Fleet, ident: str, fault: str) -> None:
    """Nothing lost, nothing doubled: the hub tries again, the system knows what it has."""
    hub = Hub(fleet, ident)
    fleet.systems[ident].faults.arm(fault)
    trying = asyncio.create_task(hub.deliver(outgoing("eng-tender-notice", 1)))
    while not trying.done():
        await asyncio.sleep(0.1)
        fleet.clock.set("+6s")
    assert (await trying).kind in (Kind.DELIVERED, Kind.DUPLICATE)
    assert fleet.systems[ident].desk.ledger.effects == 1


@pytest.mark.parametrize(
    ("ident", "stage"),
    [("M13", "eng-section"), ("X14", "eng-tender-notice"), ("D22", "forest-grass-deal"),
     ("X02", "eng-bid-opening"), ("D05", "mine-result"), ("P10", "archive-record"),
     ("D13", "contract-sign")],
)  # fmt: skip
async def test_what_they_say_is_found_and_answered(fleet: Fleet, ident: str, stage: str) -> None:
    """Laid down, found with a watermark that never moves, understood as it was meant, settled, heard."""
    hub, desk = Hub(fleet, ident), fleet.systems[ident].desk
    if ident == "X02":
        fleet.clock.set("2026-11-23T20:00:00+08:00")
    voice = LAID[desk.dialect](desk, STANDARD)
    number, key = voice.name(stage, None, "t-1")
    saying = Saying(number, key, stage, RECORDS[stage]["fields"])
    voice.lay(saying)
    fleet.main.wake(ident)
    dialect = cast(Polls, DIALECTS[hub.dialect])
    poller = dialect.poller(ident, desk.variant, hub.credentials, "", hub.carry)
    async with asyncio.timeout(60):
        while not (haul := await poller.next("", 100)).items:
            await asyncio.sleep(0.05)
        (item,) = haul.items
        assert (item.stage, item.key, item.version, item.findings) == (stage, voice.key(saying), 1, ())
        assert dict(item.fields) == voice.meant(saying)
        answer = Answer(200, "0000", data={"hubId": HUB_ID % 7})
        await poller.settle([(item, answer)])  # type: ignore[attr-defined]
        while (heard := voice.heard(saying)) is None:
            await asyncio.sleep(0.05)
    assert heard.ok
    assert (await poller.next("", 100)).items == ()
    await poller.close()


async def test_the_bank_is_asked_and_answers(fleet: Fleet) -> None:
    """Opening times need an account first; said again they are the first answer."""
    hub = Hub(fleet, "F03")
    dialect = DIALECTS[hub.dialect]
    section = RECORDS["eng-tender-notice"]["fields"]["BID_SECTION_CODES"]
    fields = {
        "requestNo": "DA-1", "section": {"BID_SECTION_CODE": section, "tradeClass": "A02"},
        "accountMode": "per-section", "amount": {"amount": "20", "unit": "1"},
        "openTime": "2026-12-14T09:30:00+08:00",
    }  # fmt: skip
    asked = Outgoing("deposit.account", "", "", 1, fields, sender="P14", key="DA-1", hub_id=HUB_ID % 1)
    notice = outgoing("eng-tender-notice", 2)
    early = dialect.decode(await hub.carry(dialect.encode(notice, hub.call())), notice, hub.call())
    assert (early.kind, early.code) == (Kind.RETRY, "receiver.record-unknown")
    told = await hub.deliver(asked)
    assert told.kind is Kind.DELIVERED and told.data["account"]["accountNo"] == "62000000000000010001"
    assert (await hub.deliver(asked)).kind is Kind.DUPLICATE
    assert (await hub.deliver(notice)).kind is Kind.DELIVERED
    later = fleet.clock() + timedelta(hours=14, minutes=10)
    fleet.clock.set(later.isoformat())
    night = dialect.decode(await hub.carry(dialect.encode(notice, hub.call())), notice, hub.call())
    assert (night.kind, night.code) == (Kind.RETRY, "receiver.night-batch")


@pytest.mark.parametrize(
    ("ident", "message", "fields", "reply"),
    [
        (
            "M13",
            "venue.query",
            {
                "TRA_PLACE_CODE": "622900", "venueKind": "evaluation-room",
                "startTime": "2026-12-14T09:00:00+08:00", "endTime": "2026-12-14T18:00:00+08:00",
            },
            "venues",
        ),
        (
            "N01",
            "report.reconcile",
            {"periodDate": "2026-11-22", "sentCount": 0, "sentDigest": "0" * 64},
            "receivedCount",
        ),
        (
            "D18",
            "person.verify",
            {
                "requestNo": "R-1", "person": {"name": "孙涛", "idType": "1", "idNo": "620102198503142116"},
                "role": "expert", "purpose": "核验", "requester": {"type": "1", "code": "1", "name": "中心"},
            },
            "match",
        ),
    ],
)  # fmt: skip
async def test_questions_are_answered(
    fleet: Fleet, ident: str, message: str, fields: dict[str, Any], reply: str
) -> None:
    """By rows or by a file; behind the one-way gate on the next working morning."""
    hub = Hub(fleet, ident)
    asked = Outgoing(message, "", "", 1, fields, sender="P16", key="Q-1", hub_id=HUB_ID % 3)
    trying = asyncio.create_task(hub.deliver(asked))
    if ident == "D18":
        desk = cast(Any, fleet.systems[ident].side).table
        async with asyncio.timeout(60):
            while not desk.held or hub.tries < 2:  # carried away on the old day, and no answer was found yet
                await asyncio.sleep(0.02)
        assert not trying.done()
        fleet.clock.set("2026-11-24T09:30:00+08:00")
    told = await trying
    assert told.kind is Kind.DELIVERED and reply in told.data, told
