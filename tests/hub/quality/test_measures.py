"""Each dimension against figures worked out by hand from the tables."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from hub.quality import Dimension, PlatformScore, QualityConfig, QualityRecord, score, scores
from hub.quality.ledger import day_of
from hub.standard.sample import Project

TENDER = (
    "eng-project", "eng-tender-project", "eng-section", "eng-tender-notice", "eng-tender-document",
    "eng-bid-opening", "eng-evaluation-report", "eng-candidate-publicity", "eng-result-notice",
    "eng-award-letter", "contract-sign",
)  # fmt: skip


def share(scored: PlatformScore, dimension: Dimension) -> float | None:
    return scored.dimension(dimension).share


def rules(scored: PlatformScore, dimension: Dimension) -> list[tuple[str, str]]:
    return [(one.rule, one.stage) for one in scored.deductions if one.dimension is dimension]


def tender(make: Any, project: Project, *but: str) -> list[QualityRecord]:
    records = [make(stage) for stage in TENDER if stage not in but]
    bidders = range(len(project.bidders))
    for stage in ("eng-bidder-list", "eng-bid-fingerprint"):
        records += [make(stage, bidder=one) for one in bidders if stage not in but]
    return records + [make("eng-candidate", bidder=one) for one in project.candidates]


@pytest.mark.parametrize("seed", range(6))
def test_a_deal_sent_as_it_should_be_loses_nothing(make: Any, config: QualityConfig, seed: int) -> None:
    of = Project(seed)

    def sent(stage: str, **rest: Any) -> QualityRecord:
        return make(stage, of=of, **rest)  # type: ignore[no-any-return]

    for record in tender(sent, of):
        found = score(tender(sent, of), config, day_of(record.received))
        assert found.total == pytest.approx(100) and found.deductions == ()
    assert share(score(tender(sent, of), config), Dimension.FLOW) == 1


def test_a_missing_stage_is_told_once_it_is_due(make: Any, project: Project, config: QualityConfig) -> None:
    records = tender(make, project, "eng-section", "eng-award-letter", "contract-sign")
    notice, result = project.times.notice.date(), project.times.result.date()
    on_notice = score(records, config, notice)
    assert rules(on_notice, Dimension.FLOW) == []
    later = score(records, config, notice + timedelta(days=1))
    assert rules(later, Dimension.FLOW) == [("flow.missing", "eng-section")]
    # due by then: project (after the tender project), tender project, section, document
    assert later.dimension(Dimension.FLOW).counts == {"due": 4, "missing": 1}
    assert share(later, Dimension.FLOW) == pytest.approx(3 / 4)
    end = score(records, config, result + timedelta(days=2))
    assert ("flow.missing", "eng-award-letter") in rules(end, Dimension.FLOW)
    deduction = next(one for one in end.deductions if one.stage == "eng-award-letter")
    assert deduction.ref.startswith("eng-result-notice"), "the record that made it due is named"


def test_an_abnormal_end_excuses_and_a_deletion_does_not_count(
    make: Any, project: Project, config: QualityConfig
) -> None:
    begun = [make(stage) for stage in TENDER[:5]]
    day = project.times.planned_opening.date() + timedelta(days=8)
    assert ("flow.missing", "eng-bid-opening") in rules(score(begun, config, day), Dimension.FLOW)
    excused = [*begun, make("eng-abnormal")]
    assert rules(score(excused, config, day), Dimension.FLOW) == []
    # tombstone: what was deleted is missing again
    gone = make("eng-section", part=1, op="delete", version=2)
    scored = score([*begun, gone], config, project.times.notice.date() + timedelta(days=2))
    assert rules(scored, Dimension.FLOW) == [("flow.missing", "eng-section")]


def test_a_refused_stage_is_not_there(make: Any, project: Project, config: QualityConfig) -> None:
    records = [make(stage) for stage in TENDER[:2]]
    records += [make("eng-section", accepted=False, found=("code.unknown",)), make("eng-tender-notice")]
    records += [make("eng-tender-document")]
    scored = score(records, config, project.times.notice.date() + timedelta(days=1))
    assert rules(scored, Dimension.FLOW) == [("flow.missing", "eng-section")]


def test_fields_by_their_share(make: Any, config: QualityConfig) -> None:
    """eng-candidate: 14 mandatory; price form 1 makes price and unit mandatory too."""
    of = config.standard.stage("eng-candidate")
    assert sum(field.required for field in of.fields) == 14
    whole = make(
        "eng-candidate", fields={"BID_PRICE": None, "PRICE_FORM_CODE": "3", "OTHER_BID_PRICE": "按约定"}
    )
    scored = score([whole], config)
    # rate form: OTHER_BID_PRICE becomes mandatory and is there; of 3 optional the price is missing
    assert share(scored, Dimension.FIELDS) == pytest.approx(1 - 0.2 / 3)
    refused = make("eng-candidate", fields={"QUALITY": " "}, accepted=False, found=("field.required",))
    scored = score([refused], config)
    assert share(scored, Dimension.FIELDS) == pytest.approx(1 - 0.8 / 16)
    assert share(scored, Dimension.ACCURACY) == 1, "an empty field costs once"
    (lost,) = [one for one in scored.deductions if one.dimension is Dimension.FIELDS]
    assert (lost.rule, lost.at) == ("field.required", "QUALITY")


def test_a_condition_makes_a_field_mandatory(make: Any, config: QualityConfig) -> None:
    """R12: price form 1 asks for price and unit, so two of 16 mandatory ones are empty."""
    empty = make(
        "eng-candidate", fields={"BID_PRICE": None, "PRICE_UINT": None}, accepted=False, found=("R12",)
    )
    assert share(score([empty], config), Dimension.FIELDS) == pytest.approx(1 - 0.8 * 2 / 16)


@pytest.mark.parametrize(
    ("days", "rule", "credit"),
    [(-9, "time.early-8", 0.6),
     (-8, "time.early-8", 0.6), (-7, "time.early-4", 0.8), (-2, "time.early-2", 0.9),
     (-1, "", 1.0), (0, "", 1.0), (1, "time.late-1", 0.8), (2, "time.late-2", 0.5), (3, "time.late-2", 0.5),
     (4, "time.late-4", 0.2), (7, "time.late-4", 0.2), (8, "time.late-8", 0.0), (400, "time.late-8", 0.0)],
)  # fmt: skip
def test_every_class_of_lateness_has_its_borders(
    make: Any, config: QualityConfig, days: int, rule: str, credit: float
) -> None:
    scored = score([make("eng-tender-notice", late=days)], config)
    assert share(scored, Dimension.TIMELINESS) == pytest.approx(credit)
    assert [one.rule for one in scored.deductions if one.dimension is Dimension.TIMELINESS] == [rule] * bool(
        rule
    )


def test_days_allowed_and_corrections_are_not_late(make: Any, config: QualityConfig) -> None:
    assert share(score([make("contract-sign", late=1)], config), Dimension.TIMELINESS) == 1
    assert share(score([make("contract-sign", late=2)], config), Dimension.TIMELINESS) == pytest.approx(0.8)
    first = make("eng-tender-notice")
    second = make("eng-tender-notice", late=20, part=1, op="update", version=2)
    assert share(score([first, second], config), Dimension.TIMELINESS) is None, "nothing new in the last week"
    refused = make("eng-tender-notice", accepted=False, found=("field.date",))
    mended = make("eng-tender-notice", late=2, part=1)
    assert share(score([refused, mended], config), Dimension.TIMELINESS) == pytest.approx(0.5)


def test_findings_cost_by_rule_and_never_more_than_the_record(make: Any, config: QualityConfig) -> None:
    def accuracy(*codes: str) -> float | None:
        record = make("eng-tender-notice", found=codes, accepted=False)
        return share(score([record], config), Dimension.ACCURACY)

    assert accuracy("code.unknown") == pytest.approx(0.4)
    assert accuracy("code.unknown", "field.length") == pytest.approx(0.1)
    assert accuracy("code.unknown", "party.code-check", "field.date") == 0
    assert accuracy("deal.check-character", "code.region-outside", "R04") == 1
    assert accuracy("sign.unheard-of") == pytest.approx(0.5), "an unnamed error costs what score.toml says"


def test_mended_soon_late_or_never(make: Any, project: Project, config: QualityConfig) -> None:
    bad = make("eng-tender-notice", accepted=False, found=("field.date",))
    day = project.times.notice.date()
    assert share(score([bad], config, day), Dimension.REPAIR) is None, "a day to notice it"
    open_ = score([bad], config, day + timedelta(days=1))
    assert share(open_, Dimension.REPAIR) == 0
    assert rules(open_, Dimension.REPAIR) == [("repair.open", "eng-tender-notice")]
    soon = [bad, make("eng-tender-notice", late=3, part=0, ref="again")]
    assert share(score(soon, config, day + timedelta(days=2)), Dimension.REPAIR) == 0, "not mended yet"
    assert share(score(soon, config, day + timedelta(days=3)), Dimension.REPAIR) == 1
    late = [bad, make("eng-tender-notice", late=4, part=0, ref="again")]
    assert share(score(late, config, day + timedelta(days=4)), Dimension.REPAIR) == pytest.approx(0.6)
    still = [bad, make("eng-tender-notice", late=1, ref="again", accepted=False, found=("field.date",))]
    assert share(score(still, config, day + timedelta(days=3)), Dimension.REPAIR) == 0
    assert share(score([bad], config, day + timedelta(days=14)), Dimension.REPAIR) is None, (
        "out of the window"
    )


def test_nothing_to_measure_lends_its_weight(make: Any, config: QualityConfig) -> None:
    """A candidate alone: no flow, no time of event, no error; fields 20 and accuracy 20 make the hundred."""
    scored = score([make("eng-candidate", found=("code.unknown",), accepted=False)], config)
    weights = {one.dimension: one.weight for one in scored.dimensions}
    assert weights[Dimension.FIELDS] == weights[Dimension.ACCURACY] == pytest.approx(50)
    assert scored.total == pytest.approx(50 + 50 * 0.4)
    nothing = score([make("eng-candidate", sealed=True)], config, date(2026, 7, 1))
    assert nothing.total is None and nothing.records == 0


def test_one_platform_at_a_time(make: Any, config: QualityConfig) -> None:
    two = [make("eng-project"), make("eng-project", platform="T02", ref="b")]
    with pytest.raises(ValueError, match="several platforms"):
        score(two, config)
    assert [one.platform for one in scores(two, config)] == ["T01", "T02"]
    with pytest.raises(ValueError, match="no record counts"):
        score([make("eng-candidate", sealed=True)], config)


def test_a_record_exported_twice_counts_once(make: Any, config: QualityConfig) -> None:
    """Pages may overlap; a record that lifted between two pages is the lifted one."""
    notice = make("eng-tender-notice", late=1)
    other = make("eng-tender-document")
    assert score([notice, other, notice], config) == score([notice, other], config)
    hidden = make("eng-candidate", sealed=True)
    lifted = make("eng-candidate", sealed=True, lifted=hidden.received)
    assert score([hidden, lifted], config).records == 1
