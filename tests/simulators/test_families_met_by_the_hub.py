"""Both hands at token-sm4, gateway-gm, hmac-open, http-xml: the hub's dialects meet the fleet over HTTP."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

import aiohttp
import pytest
from yarl import URL

from hub.catalogue.papers import Papers
from hub.delivery.limits import Limits
from hub.dialects import find
from hub.message import CST, wall
from hub.ports import Call, Kind, Outcome, Outgoing, Place, WireReply, WireRequest
from hub.transports import maker
from simulators.clock import MovableClock
from simulators.dialects.hmac_codes import GRANTED
from simulators.fleet import Fleet, Options

MORNING = datetime(2026, 11, 22, 9, 0, 0, tzinfo=CST)
RECORDS = json.loads((Papers.load("token-sm4").root.parent / "records.json").read_text("utf-8"))
BOUNDS = Limits(60.0, 60.0, 1 << 24)
DIALECTS = find().loaded
SYSTEMS = ("P04", "M09", "P07", "D11", "P11", "L03", "D02", "D03", "D24", "R02", "D16", "C03", "C05", "P01")


class Hub:
    """What the hub's shell does for one system, without the shell."""

    def __init__(self, fleet: Fleet, ident: str, client: aiohttp.ClientSession) -> None:
        self.fleet, self.ident, self._client = fleet, ident, client
        self.system = fleet.systems[ident]
        self.peer = fleet.peers()["systems"][ident]
        self._serial = 0

    async def _http(self, _system: str, request: WireRequest, _bounds: Any = BOUNDS) -> WireReply:
        url = self.peer["base"].rstrip("/") + request.path
        call = self._client.request(
            request.method,
            URL(url, encoded=True),
            data=request.body,
            headers=dict(request.headers),
        )
        async with call as reply:
            return WireReply(reply.status, dict(reply.headers), await reply.read())

    async def carry(self, request: WireRequest) -> WireReply:
        if request.method != "STEPS":
            return await self._http(self.ident, request)
        carrier = maker("STEPS")(self._http)
        place = Place(self.ident, self.peer["base"].rstrip("/"), ("127.0.0.1",), self.peer["credentials"])
        try:
            return await carrier.carry(place, request, BOUNDS)
        finally:
            await carrier.close()

    async def once(self, outgoing: Outgoing) -> Outcome:
        self._serial += 1
        dialect = DIALECTS[self.system.desk.dialect]
        credentials = self.peer["credentials"]
        nonce = f"{self._serial:032x}"
        call = Call(self.ident, self.system.desk.variant, credentials, self.fleet.clock(), nonce, "")
        if (login := dialect.login(call)) is not None:
            session = dialect.session(await self.carry(login), call)
            if isinstance(session, Outcome):
                return session
            call = replace(call, session=session)
        reply = await self.carry(dialect.encode(outgoing, call))
        return dialect.decode(reply, outgoing, call)


def outgoing(stage: str, *, op: str = "insert", version: int = 1, **changes: Any) -> Outgoing:
    record = RECORDS[stage]
    fields = {} if op == "delete" else {**record["fields"], **changes}
    return Outgoing(
        record["msgType"], stage, op, version, fields, sender=record["from"], key=record["key"],
        hub_id="01998d2e-7a00-7000-8000-000000000001",
    )  # fmt: skip


def taken_by(ident: str, dialect: str) -> list[str]:
    facts = Papers.load(dialect).facts
    if dialect == "http-xml":
        return [str(stage) for stage in facts["systems"][ident]["hub_sends"]]
    stages = [stage for stage in facts["operations"] if stage in RECORDS]
    return [stage for stage in stages if dialect != "hmac-open" or stage in GRANTED[ident]]


@pytest.fixture(name="fleet")
async def fleet_fixture(request: pytest.FixtureRequest) -> AsyncIterator[Fleet]:
    asked = getattr(request.node, "callspec", None)
    ident = asked.params.get("ident") if asked is not None else None
    fleet = Fleet.muster(Options((ident,) if ident else SYSTEMS), clock=MovableClock(lambda: MORNING))
    await fleet.start()
    yield fleet
    await fleet.stop()


@pytest.mark.parametrize("ident", SYSTEMS[:10])
async def test_every_record_arrives_once(fleet: Fleet, ident: str) -> None:
    """Inserted, said again, deleted: one effect for each version, whatever is repeated."""
    async with aiohttp.ClientSession() as client:
        hub = Hub(fleet, ident, client)
        stages = taken_by(ident, hub.system.desk.dialect)
        assert stages
        for stage in stages:
            said = await hub.once(outgoing(stage))
            assert said.kind is Kind.DELIVERED, (stage, said)
            assert (await hub.once(outgoing(stage))).kind is Kind.DUPLICATE
            assert (await hub.once(outgoing(stage, version=2, op="delete"))).kind is Kind.DELIVERED
        assert hub.system.desk.ledger.effects == 2 * len(stages)


FAULTS = [
    ("P04", "eng-project", fault, code)
    for fault, code in (
        ("busy", "receiver.busy"),
        ("internal-error", "receiver.internal"),
        ("internal-error-500", "receiver.internal"),
        ("parent-unknown", "receiver.parent-unknown"),
        ("section-not-unique", "receiver.section-ambiguous"),
        ("after-opening-time", "receiver.after-opening"),
        ("code-10014-alone", "receiver.ambiguous-code"),
        ("metadata-differs-from-file", "receiver.file-metadata"),
        ("region-code-01-suffix", "receiver.region-code"),
        ("sm3-mismatch", "receiver.file-digest"),
        ("wrong-file-type", "receiver.file-type"),
        ("key-and-platform-swapped", "auth.failed"),
        ("already-pushed", "receiver.duplicate"),
        ("number-as-string", "ok"),
    )
] + [
    ("D11", "gp-project", fault, code)
    for fault, code in (
        ("skew", "auth.clock"),
        ("nonce-reuse", "auth.nonce-reused"),
        ("x-forwarded-for-needed", "auth.ip"),
        ("throttled", "receiver.throttled"),
        ("backend-unreachable", "receiver.http-5xx"),
        ("three-level-status", "receiver.internal"),
        ("sm2-userid-differs", "ok"),
        ("raw-vs-der-signature", "ok"),
        ("empties-signed", "ok"),
        ("answer-signature-bad", "receiver.bad-signature"),
    )
] + [
    ("P11", "witness-record", fault, code)
    for fault, code in (
        ("header-order", "auth.failed"),
        ("newline-mix", "auth.failed"),
        ("sign-over-urlencoded", "auth.failed"),
        ("accept-missing", "receiver.accept-missing"),
        ("clock-skew", "auth.clock"),
        ("nonce-reuse", "auth.nonce-reused"),
        ("throttled-429", "receiver.throttled"),
        ("code-as-number", "ok"),
    )
] + [
    ("D03", "contract-sign", fault, code)
    for fault, code in (
        ("gbk-declared-utf8", "ok"),
        ("entity-in-company-name", "ok"),
        ("missing-prolog", "ok"),
        ("xml-bomb", "receiver.broken-body"),
        ("busy", "receiver.busy"),
        ("not-allowed", "auth.not-allowed"),
        ("func-unknown", "receiver.no-such-path"),
    )
]  # fmt: skip


@pytest.mark.parametrize(("ident", "stage", "fault", "code"), FAULTS)
async def test_each_fault_is_recognised(fleet: Fleet, ident: str, stage: str, fault: str, code: str) -> None:
    async with aiohttp.ClientSession() as client:
        hub = Hub(fleet, ident, client)
        hub.system.faults.arm(fault)
        assert (await hub.once(outgoing(stage))).code == code


@pytest.mark.parametrize("fault", ["token-reused", "token-expired"])
async def test_a_refused_token_is_replaced(fleet: Fleet, fault: str) -> None:
    async with aiohttp.ClientSession() as client:
        hub = Hub(fleet, "P04", client)
        hub.system.faults.arm(fault)
        outcomes = [await hub.once(outgoing("eng-project")) for _ in range(2)]
        assert (outcomes[0].code, outcomes[1].kind) == ("auth.expired", Kind.DELIVERED)
        assert hub.system.desk.ledger.effects == 1


PARTY = {"type": "1", "code": "916201022243338110", "name": "兰州恒筑建设有限公司"}
SPAN = {"startTime": "2026-12-14T09:00:00+08:00", "endTime": "2026-12-14T12:00:00+08:00"}
QUESTIONS: dict[tuple[str, str], dict[str, Any]] = {
    ("M09", "venue.query"): {"TRA_PLACE_CODE": "620900", "venueKind": "opening-room", "capacity": 20, **SPAN},
    ("M09", "seat.query"): {"regions": ["620900"], "seatCount": 2, **SPAN},
    ("P01", "venue.reserve"): {
        "requestNo": "YY-1",
        "section": {"tradeClass": "A01"},
        "action": "reserve",
        "venueCode": "P01-K01",
        "activity": "opening",
        **SPAN,
    },
    ("D02", "project.query"): {"queryKind": "plan-no", "planNo": "621026-CG2026-000001", "purpose": "核对"},
    ("P11", "witness.video"): {
        "section": {"tradeClass": "A03"},
        "placeCode": "YX-P02",
        "camera": "room",
        "startTime": "2026-04-06T09:30:00+08:00",
        "viewer": {"name": "何文", "unit": "甘肃省公共资源交易中心", "unitCode": "126200004380000175"},
        "purpose": "投诉核查",
    },
    ("R02", "credit.query"): {
        "party": PARTY,
        "point": "publicity",
        "atTime": "2026-12-16T09:00:00+08:00",
        "purpose": "中标候选人公示前核验",
    },
}
TAX = {
    "party": PARTY,
    "taxKind": "credit-grade",
    "months": ["2026-10"],
    "purpose": "投标资格核验",
    "requester": {"type": "1", "code": "126200004380000175", "name": "甘肃省公共资源交易中心"},
    "consentNo": "SQ-2026-000077",
}
TOLD: dict[str, Callable[[Any], bool]] = {
    "venue.query": lambda told: told["venues"][0]["regionCode"] == "620900",
    "seat.query": lambda told: told["freeCount"] == 17 and told["seats"][0]["state"] == "free",
    "venue.reserve": lambda told: told["state"] == "confirmed",
    "project.query": lambda told: told["found"] is True and told["approvalResult"] == "filed",
    "witness.video": lambda told: told["expireTime"] == "2026-11-22T09:05:00+08:00",
    "credit.query": lambda told: told["barred"] is False and told["sourceSystem"] == "R02",
}


def question(message: str, fields: dict[str, Any]) -> Outgoing:
    return Outgoing(message, "", "insert", 1, fields, hub_id="01998d2e-7a00-7000-8000-000000000001")


@pytest.mark.parametrize(("ident", "message"), QUESTIONS)
async def test_questions_are_understood_and_answered(fleet: Fleet, ident: str, message: str) -> None:
    async with aiohttp.ClientSession() as client:
        said = await Hub(fleet, ident, client).once(question(message, QUESTIONS[ident, message]))
        assert said.kind is Kind.DELIVERED, said
        assert TOLD[message](said.data), said.data


async def test_taxes_come_for_a_ticket(fleet: Fleet) -> None:
    async with aiohttp.ClientSession() as client:
        hub = Hub(fleet, "D16", client)
        first, second = [await hub.once(question("tax.query", TAX)) for _ in range(2)]
        assert (first.kind, first.code) == (Kind.RETRY, "receiver.pending")
        assert second.kind is Kind.DELIVERED and second.data["inOrder"] is True


async def test_the_signature_server_answers_the_hub(fleet: Fleet) -> None:
    async with aiohttp.ClientSession() as client:
        hub = Hub(fleet, "C03", client)
        key = hub.system.desk.switches["hierarchy"].signer("builder")
        file = {"name": "a.cer", "digest": "sm3:0", "size": len(key.certificate), "media": "application/x"}
        fields = {
            "requestNo": "YZ-1",
            "verifyKind": "certificate",
            "certificate": {**file, "data": base64.b64encode(key.certificate).decode()},
            "atTime": wall(datetime.now(CST)),
            "revocationRequired": True,
            "usage": "sign",
        }
        said = await hub.once(question("ca.verify", fields))
        assert said.kind is Kind.DELIVERED, said
        assert said.data["verdict"] == "valid" and said.data["subject"]["name"] == "沙箱精诚建设有限公司"
        hub.system.faults.arm("answer-forged")
        assert (await hub.once(question("ca.verify", fields))).code == "receiver.answer-forged"
        other = await Hub(fleet, "C05", client).once(question("ca.verify", {**fields, "certificate": file}))
        assert other.code == "ca.encoding"
