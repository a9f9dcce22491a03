"""Good messages are never refused, and belong together."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from hub.standard import Standard, load
from hub.standard.sample import CST, Project

EARLY = ("eng-project", "eng-tender-project", "eng-section", "eng-tender-notice", "eng-tender-document")
STAGES = [stage.id for stage in load().stages]


@pytest.mark.parametrize("stage", STAGES)
def test_no_valid_sample_is_refused(standard: Standard, stage: str) -> None:
    for seed in range(201):
        assert standard.check(standard.sample(stage, seed)) == []


def test_same_seed_same_message(standard: Standard) -> None:
    assert standard.sample("eng-candidate", 7) == standard.sample("eng-candidate", 7)
    assert standard.sample("eng-candidate", 7) != standard.sample("eng-candidate", 8)


def test_stages_of_one_seed_are_one_tender(standard: Standard) -> None:
    for seed in range(20):
        records = {stage: standard.sample(stage, seed)["body"]["fields"] for stage in STAGES}
        project = records["eng-project"]["PROJECT_CODE"]
        tender = records["eng-tender-project"]["TENDER_PROJECT_CODE"]
        section = records["eng-section"]["BID_SECTION_CODE"]
        deal = records["eng-section"]["UNIFIED_DEAL_CODE"]
        assert tender.startswith(project) and section.startswith(tender)
        for stage, record in records.items():
            if stage.startswith(("eng-", "contract-", "witness-", "supervise-", "archive-")):
                assert record.get("TENDER_PROJECT_CODE", tender) == tender
                assert record.get("BID_SECTION_CODE", section) == section
                codes = [value for name, value in record.items() if name.startswith("UNIFIED_DEAL_CODE")]
                assert set(codes) <= {deal}
        first = records["eng-candidate-publicity"]["FIRST_BIDDER_CODE"]
        assert records["eng-result-notice"]["WIN_BIDDER_CODE"] == first
        assert records["contract-sign"]["BIDDER_CODE"] == first
        assert records["eng-candidate"]["WIN_CANDIDATE_ORDER"] == 1


def test_times_are_lawful() -> None:
    for seed in range(60):
        t = Project(seed).times
        assert t.documents_end - t.notice >= timedelta(days=5)
        assert t.planned_opening - t.notice >= timedelta(days=20)
        assert t.planned_opening - t.clarified >= timedelta(days=15)
        assert t.opening >= t.planned_opening
        assert t.publicity_start - t.reported <= timedelta(days=3)
        assert t.publicity_end - t.publicity_start >= timedelta(days=3)
        assert t.publicity_end < t.result < t.letter < t.contract
        assert t.contract - t.letter <= timedelta(days=30)


def test_a_whole_tender_can_be_driven(standard: Standard) -> None:
    project = Project(5, start=datetime(2026, 11, 2, 9, tzinfo=CST), region="620102")
    assert 3 <= len(project.bidders) <= 5
    assert len({bidder.code for bidder in project.bidders}) == len(project.bidders)
    assert project.prices[project.winner] == min(project.prices)
    for index, bidder in enumerate(project.bidders):
        record = project.record("eng-bidder-list", bidder=index)
        assert standard.check_fields("eng-bidder-list", record) == []
        assert record["BIDDER_ORG_CODE"] == bidder.code
        unit = Decimal(10_000 if record["PRICE_UNIT"] == "1" else 1)
        assert Decimal(record["BID_PRICE"]) * unit == project.prices[index]
        assert datetime.fromisoformat(record["CHECKIN_TIME"]) < project.times.opening
    for stage in STAGES:
        assert standard.check_fields(stage, project.record(stage)) == []
    experts = [project.record("eng-expert-draw", bidder=index) for index in range(5)]
    assert len({record["ID_CARD"] for record in experts}) == 5
    with pytest.raises(ValueError, match="no bidder"):
        project.record("eng-bidder-list", bidder=9)


def test_before_the_opening_no_record_of_the_tender_tells_of_bidders(standard: Standard) -> None:
    """Samples must not teach what the law forbids: notices and documents know nothing of bidders."""
    for seed in range(20):
        project = Project(seed)
        secrets = [s for b in project.bidders for s in (b.name, b.code, b.contact_id, b.account)]
        for stage in EARLY:
            told = str(standard.sample(stage, seed))
            assert not [secret for secret in secrets if secret in told]
            other = dict(project.record(stage, bidder=0))
            assert other == project.record(stage, bidder=1), "a notice must not depend on a bidder"


def test_the_caller_fixes_head_and_start(standard: Standard) -> None:
    moment = datetime(2026, 11, 22, 9, 30, tzinfo=CST)
    envelope = standard.sample("eng-section", 3, sender="T03", msg_id="m-1", time=moment, start=moment)
    assert (envelope["head"]["from"], envelope["head"]["msgId"]) == ("T03", "m-1")
    assert envelope["head"]["time"] == "2026-11-22T09:30:00+08:00"
    assert "sign" not in envelope["head"]
    assert standard.check(envelope) == []


@pytest.mark.parametrize("op", ["update", "delete"])
def test_updates_and_deletions(standard: Standard, op: str) -> None:
    for stage in STAGES:
        assert standard.check(standard.sample(stage, 1, op=op)) == []
    envelope = standard.sample("eng-section", 1, op="delete")
    envelope["body"]["fields"] = {"BID_SECTION_CODE": "x"}
    assert {finding.code for finding in standard.check(envelope)} == {"field.length", "field.format"}


def changed(standard: Standard, stage: str, **values: Any) -> list[Any]:
    envelope = standard.sample(stage, 2)
    envelope["body"]["fields"].update(values)
    return standard.check(envelope)


def test_values_at_the_edge_are_good(standard: Standard) -> None:
    assert changed(standard, "eng-project", ADDRESS="\U00020000" * 2000) == []
    assert changed(standard, "eng-section", CONTRACT_RECKON_PRICE="9" * 14 + "." + "9" * 6) == []
    assert changed(standard, "eng-section", LIMITE_TIME=99999) == []
    assert changed(standard, "eng-section", LIMITE_TIME=0) == []
    assert changed(standard, "archive-record", PACKAGE_SIZE=10**13) == []
    assert changed(standard, "eng-tender-document", MARGIN_PAY_TYPE="1;7;") == []
    assert changed(standard, "eng-tender-project", TENDER_AGENCY_NAME="甲") == []
    assert changed(standard, "eng-project", BOGUS="1")[0].code == "field.unknown"
    assert changed(standard, "eng-project", APPROVAL_NUMBER="") == []
    envelope = standard.sample("eng-project", 1)
    envelope["body"]["ext"] = {"OPERATION_NAME": "随意", "任意": {"x": [1]}}
    assert [f for f in standard.check(envelope) if f.at.startswith("/body")] == []


def test_natural_persons_and_consortia_are_parties_too(standard: Standard) -> None:
    one = standard.sample("eng-result-notice", 1)["body"]["fields"]["WIN_BIDDER_CODE"]
    assert changed(standard, "land-deal", LENDING_CODE="11010519491231002X", LENDING_TYPE="3") == []
    assert changed(standard, "eng-result-notice", WIN_BIDDER_CODE=f"{one};11010519491231002X") == []
    assert changed(standard, "eng-result-notice", BIDDER_CODE_TYPE="1;1;3") == []
    assert changed(standard, "eng-bidder-list", PRICE_FORM_CODE="2", OTHER_BID_PRICE="下浮5.2%") == []


def test_hostile_input_gives_findings_not_exceptions(standard: Standard) -> None:
    shapes: list[Any] = [None, 1, "x", [], {}, {"head": [], "body": {}}, {"head": {}, "body": []}]
    for shape in shapes:
        assert standard.check(shape)
    envelope = standard.sample("eng-section", 1)
    values: list[Any] = [10**5000, "9" * 10000, -(10**400), float("nan"), {"a": {"b": []}}, [[]], "\ud800"]
    for junk in values:
        for name in list(envelope["body"]["fields"]):
            broken = standard.sample("eng-section", 1)
            broken["body"]["fields"][name] = junk
            # Text without a limit may be anything that is text; lone surrogates are the parser's business.
            assert standard.check(broken) or isinstance(junk, str)
    ops: list[Any] = [None, 3, "remove", []]
    for op in ops:
        envelope["body"]["op"] = op
        assert standard.check(envelope)


def test_a_flood_costs_no_more_than_its_size(standard: Standard) -> None:
    envelope = standard.sample("eng-section", 1)
    envelope["body"]["fields"] |= {f"STRANGE_{number}": "x" for number in range(20_000)}
    envelope["body"]["fields"]["BID_SECTION_CODE"] = "62010219900101123X;" * 100_000
    envelope["body"]["fields"]["CURRENCY_CODE"] = "9" * 5_000_000
    begin = time.process_time()
    findings = standard.check(envelope)
    assert time.process_time() - begin < 20
    assert len(findings) >= 20_000
    assert max(len(finding.observed) for finding in findings) < 120
    assert not [finding for finding in findings if "62010219" in finding.observed]
