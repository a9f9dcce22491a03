"""T02's voice: the golden bytes of its requests, a token for each call, old tokens tried, a whole tender."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime, timedelta
from typing import Any

from hub.catalogue.papers import ROOT, Papers
from hub.message import CST
from hub.standard import load
from hub.standard.sample import Project
from simulators.desk import Desk
from simulators.dialects.token_sm4 import TokenSm4
from simulators.nested import service
from simulators.systems.credit import CreditRegister
from simulators.systems.projects import ProjectRegister
from simulators.trading.tender import Tender, carried
from simulators.trading.token_voice import TokenVoice
from simulators.trading.voice import Saying, Wire, attempt
from simulators.wire import Request
from tests.rows import each

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=CST)
PAPERS = Papers.load("token-sm4")
LINES = {line["id"]: line for line in PAPERS.golden() if line["file"] == "inward.jsonl"}
STAGES = {operation: stage for stage, operation in PAPERS.facts["operations"].items()}
SECRETS = {"platform": "p", "api_key": "k" * 32, "sm4_key": "01" * 16, "sm4_iv": "02" * 16}


class Mirror:
    """A hub that checks calls as the dialect's receiver does: tokens, forms, files."""

    def __init__(self, ident: str = "T02", secrets: dict[str, str] | None = None) -> None:
        desk = Desk(ident, "", "token-sm4", "", secrets or SECRETS)
        self.projects, self.credit = ProjectRegister(1), CreditRegister("R01", 1)
        desk.books |= {"project.query": self.projects.look_up, "credit.query": self.credit.look_up}
        self.desk, self.side = desk, TokenSm4(desk)
        self.codes: list[str] = []
        self.paths: list[str] = []
        self.deaf: set[int] = set()

    async def post(self, wire: Wire) -> tuple[int, bytes] | None:
        base, path = wire.path[: len("/in/T02")], wire.path[len("/in/T02") :]
        assert base == f"/in/{self.desk.id}"
        headers = {name.lower(): value for name, value in wire.headers.items()}
        reply = self.side.answer(Request("POST", path, "", headers, wire.body), NOW)
        self.codes.append(str(json.loads(reply.body)["code"]) if reply.body else "")
        self.paths.append(path)
        return None if len(self.codes) in self.deaf else (reply.status, reply.body)


def golden(line: dict[str, Any]) -> tuple[str, Saying]:
    """The token of a golden request and what it says, in the standard's words."""
    operation = line["request"]["path"].rpartition("/")[2]
    stage = STAGES[operation]
    body = line["request"]["body"]
    said = (
        json.loads(body) if body.startswith("{") else json.loads(body[body.index("{") : body.index("}") + 1])
    )
    records = json.loads((ROOT / "records.json").read_text("utf-8"))
    at = datetime.fromisoformat(line["at"])
    return said.get("token", ""), Saying("", said["dataKey"], stage, records[stage]["fields"], False, at)


@each("ident", [name for name in LINES if name.startswith("in-push-")])
def test_its_requests_are_the_golden_bytes(ident: str) -> None:
    line = LINES[ident]
    voice = TokenVoice("T02", line["secrets"], load())
    token, saying = golden(line)
    if not token:  # in the form it is enciphered: the one of every golden request
        token = json.loads(LINES["in-push-eng-project"]["request"]["body"])["token"]
    wire = voice.say(saying, token, NOW)
    assert wire.path == line["request"]["path"]
    assert dict(wire.headers) == line["request"]["headers"]
    assert wire.body.decode() == line["request"]["body"]


def test_services_are_asked_in_golden_bytes() -> None:
    line = LINES["in-entry.accept"]
    voice = TokenVoice("P01", line["secrets"], load())
    body = json.loads(line["request"]["body"])
    fields = service("token-sm4", "entry.accept", "request").home(body)
    wire = voice.say(Saying("", "", "entry.accept", fields, True), body["token"], NOW)
    assert wire.body.decode() == line["request"]["body"]


def test_each_call_has_a_token_of_its_own_and_every_third_says_an_old_one_first() -> None:
    hub, voice = Mirror(), TokenVoice("T02", SECRETS, load())
    record = Project(3, NOW - timedelta(days=70), None, standard=load()).record("eng-project")
    for number in range(3):
        saying = Saying("", f"{number:032x}", "eng-project", dict(record), False, NOW)
        heard = asyncio.run(carried(attempt(voice, saying, lambda: NOW), hub.post))
        assert heard.ok
    assert hub.codes == ["200", "200", "200", "200", "10051", "200", "200"]
    assert [record.effects for record in hub.desk.ledger] == [1, 1, 1]


def test_without_the_quirk_no_token_is_used_again() -> None:
    """T02-reuses-token belongs to T02: P04 never does it."""
    hub, voice = Mirror("P04"), TokenVoice("P04", SECRETS, load())
    record = Project(3, NOW - timedelta(days=70), None, standard=load()).record("eng-project")
    for number in range(6):
        saying = Saying("", f"{number:032x}", "eng-project", dict(record), False, NOW)
        assert asyncio.run(carried(attempt(voice, saying, lambda: NOW), hub.post)).ok
    assert set(hub.codes) == {"200"} and len(hub.codes) == 12


def run(hub: Mirror, seed: int) -> Tender:
    project = Project(seed, NOW - timedelta(days=120), None, standard=load())
    hub.projects.register(project)
    voice = TokenVoice("T02", SECRETS, load())
    tender = Tender("T02-1", project, voice, hub.post, lambda: NOW, "s")
    asyncio.run(tender.run())
    return tender


def test_a_tender_from_project_to_contract() -> None:
    hub = Mirror()
    tender = run(hub, 11)
    assert tender.state == "done", tender.steps[-1]
    stages = {record.message for record in hub.desk.ledger}
    assert {
        "eng-project",
        "eng-tender-document",
        "eng-bid-margin",
        "eng-bid-opening",
        "contract-sign",
    } <= stages
    assert all(record.effects == 1 for record in hub.desk.ledger)
    assert set(hub.codes) == {"200", "10051"}
    seats = {str(record.fields.get("regCode", "")) for record in hub.desk.ledger}
    assert not any(seat in ("620100", "620300", "620900") for seat in seats)


def test_what_is_meant_is_what_the_form_carries() -> None:
    hub = Mirror()
    tender = run(hub, 12)
    section = next(sent for sent in tender.sent if sent.stage == "eng-section")
    held = next(record for record in hub.desk.ledger if record.message == "eng-section")
    assert section.fields["PRICE_UNIT"] == "0"
    assert section.fields["CONTRACT_RECKON_PRICE"] == held.fields["contractReckonPrice"]
    assert section.fields["REGION_CODE"] == tender.project.record("eng-section")["REGION_CODE"]


def test_lost_answers_are_asked_for_again_and_nothing_is_doubled() -> None:
    hub = Mirror()
    hub.deaf = {4, 6, 7, 15, 30}
    tender = run(hub, 13)
    assert tender.state == "done", tender.steps[-1]
    assert all(record.effects == 1 for record in hub.desk.ledger)
    assert "20010" in hub.codes


def test_a_barred_bidder_stays_out() -> None:
    hub = Mirror()
    for seed in range(14, 60):
        project = Project(seed, NOW - timedelta(days=120), None, standard=load())
        losers = set(range(len(project.bidders))) - set(project.candidates)
        if losers and len(project.bidders) > 3:
            break
    loser = min(losers)
    hub.credit.bar(project.bidders[loser].code, "WF-2026-0099")
    tender = run(hub, seed)
    assert (tender.barred, tender.state) == ({loser}, "done"), tender.steps[-1]
    name = project.bidders[loser].code
    assert not any(record.fields.get("bidderCreditCode") == name for record in hub.desk.ledger)
