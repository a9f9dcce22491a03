"""Records that contradict each other: each rule is seen, told at the later record, ended by a correction."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from hub.quality import Dimension, QualityConfig, score
from hub.quality.agreement import clashes
from hub.quality.ledger import Ledger
from hub.standard.deal_code import make as deal_code
from hub.standard.sample import Project

STRANGER = "91620102MA0000009X"


def found(records: list[Any], config: QualityConfig) -> list[tuple[str, str, str]]:
    told = clashes(Ledger("T01", records, config), config).found
    return [(one.rule, one.entry.record.stage, one.at) for every in told.values() for one in every]


@pytest.mark.parametrize("seed", range(30))
def test_sound_deals_agree_in_either_unit(make: Any, config: QualityConfig, seed: int) -> None:
    of = Project(seed)
    stages = ("eng-tender-project", "eng-section", "eng-tender-notice", "eng-candidate-publicity",
              "eng-result-notice", "eng-award-letter", "contract-sign", "gp-project", "gp-notice",
              "gp-deal-notice", "gp-contract")  # fmt: skip
    records = [make(stage, of=of) for stage in stages]
    records += [make("eng-candidate", of=of, bidder=one) for one in of.candidates]
    records += [make("gp-supplier-list", of=of, bidder=one) for one in range(len(of.bidders))]
    assert found(records, config) == []


def test_each_rule_is_seen(make: Any, project: Project, config: QualityConfig) -> None:
    other = deal_code("A01", project.platform.code, project.times.notice.date(), 999_999)
    base = [make("eng-tender-project"), make("eng-section"), make("eng-tender-notice")]
    candidates = [make("eng-candidate", bidder=one) for one in project.candidates]
    result = make("eng-result-notice")

    strange = make("eng-candidate-publicity", fields={"UNIFIED_DEAL_CODE": other})
    assert found([*base, strange], config) == [("X01", strange.stage, "UNIFIED_DEAL_CODE")]

    unit = "1" if result.fields["PRICE_UNIT"] == "0" else "0"
    wrong = make("eng-result-notice", fields={"PRICE_UNIT": unit})
    assert found([*candidates, wrong], config) == [("X02", wrong.stage, "BID_AMOUNT")]
    dearer = make("contract-sign", fields={"CONTRACT_PRICE": str(Decimal("1") + project.estimate)})
    assert found([make("eng-award-letter"), dearer], config) == [("X02", "contract-sign", "CONTRACT_PRICE")]

    stranger = make("eng-result-notice", fields={"WIN_BIDDER_CODE": STRANGER})
    assert found([*candidates, stranger], config) == [("X03", stranger.stage, "WIN_BIDDER_CODE")]
    assert found([stranger], config) == [], "without candidates there is nothing to compare"

    owner = make("eng-tender-notice", fields={"TENDERER_CODE": STRANGER})
    assert found([*base[:2], owner], config) == [("X04", owner.stage, "TENDERER_CODE")]

    brief = make("eng-candidate-publicity", fields={"PUBLICITY_END_TIME": "2026-01-01T00:00:00+08:00"})
    assert found([brief], config) == [("X05", brief.stage, "PUBLICITY_END_TIME")]


def test_the_other_unit_of_the_same_amount_is_the_same(make: Any, config: QualityConfig) -> None:
    letter, contract = make("eng-award-letter"), make("contract-sign")
    unit, amount = letter.fields["PRICE_UNIT"], Decimal(contract.fields["CONTRACT_PRICE"])
    changed = {"PRICE_UNIT": "1", "CONTRACT_PRICE": f"{amount / 10000:f}"} if unit == "0" else {
        "PRICE_UNIT": "0", "CONTRACT_PRICE": f"{amount * 10000:f}"}  # fmt: skip
    assert found([letter, make("contract-sign", fields=changed)], config) == []


def test_a_correction_of_either_record_ends_it(make: Any, project: Project, config: QualityConfig) -> None:
    letter = make("eng-award-letter", fields={"WIN_BIDDER_CODE": STRANGER})
    contract = make("contract-sign")
    told = clashes(Ledger("T01", [letter, contract], config), config)
    (clash,) = told.found[contract.ref]
    assert clash.other is not None and clash.other.record is letter and told.resolved == {}

    day = project.times.contract.date() + timedelta(days=2)
    when = contract.received + timedelta(days=1)
    mended = make("eng-award-letter", part=1, received=when, op="update", version=2)
    worse = make("eng-award-letter", part=1, received=when, op="update", version=2,
                 fields={"WIN_BIDDER_CODE": STRANGER[::-1]})  # fmt: skip
    for records, expected in (([], 0.0), ([mended], 1.0), ([worse], 0.0)):
        scored = score([letter, contract, *records], config, day)
        assert scored.dimension(Dimension.REPAIR).share == expected
    # the earlier record stays quoted beside the later one
    scored = score([letter, contract], config, day)
    (lost,) = [one for one in scored.deductions if one.rule == "X03"]
    assert (lost.ref, lost.also) == (contract.ref, letter.ref)


def test_sections_of_one_tender_are_not_mixed(make: Any, project: Project, config: QualityConfig) -> None:
    """Two sections of a tender have each their own deal code and winner."""
    second = f"{project.tender_project_code}002"
    other = deal_code("A01", project.platform.code, project.times.notice.date(), 999_999)
    records = [make("eng-section"),
               make("eng-section", ref="b", key="b",
                    fields={"BID_SECTION_CODE": second, "UNIFIED_DEAL_CODE": other})]  # fmt: skip
    assert found(records, config) == []
