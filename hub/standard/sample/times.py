"""When things happened: each date of a record from the calendar of its tender."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from hub.standard.sample.calendar import Times, written
from hub.standard.sample.facts import Facts
from hub.standard.sample.scene import Scene

STEPS: dict[str, Callable[[Times], datetime]] = {
    "eng-project": lambda t: t.registered,
    "eng-tender-project": lambda t: t.tender_created,
    "eng-section": lambda t: t.tender_created + timedelta(hours=1),
    "eng-tender-notice": lambda t: t.notice,
    "eng-prequal-document": lambda t: t.notice,
    "eng-prequal-result": lambda t: t.notice + timedelta(days=10),
    "eng-tender-document": lambda t: t.notice,
    "eng-invitation": lambda t: t.notice,
    "eng-bid-opening": lambda t: t.opening + timedelta(minutes=40),
    "eng-expert-draw": lambda t: t.opening - timedelta(hours=18),
    "eng-evaluation-report": lambda t: t.reported,
    "eng-candidate": lambda t: t.reported + timedelta(minutes=20),
    "eng-candidate-publicity": lambda t: t.publicity_start,
    "eng-result-notice": lambda t: t.result,
    "eng-award-letter": lambda t: t.letter,
    "eng-objection": lambda t: t.publicity_start + timedelta(days=3),
    "eng-abnormal": lambda t: t.opening + timedelta(hours=2),
    "gp-project": lambda t: t.registered,
    "gp-correction": lambda t: t.clarified,
    "gp-opening": lambda t: t.opening + timedelta(minutes=40),
    "gp-deal-notice": lambda t: t.result,
    "gp-contract": lambda t: t.contract,
    "subject-legal-person": lambda t: t.registered,
    "expert-info": lambda t: t.registered,
    "supervise-alert": lambda t: t.publicity_start,
    "supervise-complaint": lambda t: t.publicity_end,
    "credit-violation": lambda t: t.result,
    "contract-sign": lambda t: t.contract,
    "contract-performance": lambda t: t.finished,
    "witness-record": lambda t: t.opening,
    "archive-record": lambda t: t.archived,
}
BY_BIDDER: dict[str, timedelta] = {
    "eng-bidder-list": timedelta(hours=20),
    "eng-bid-guarantee": timedelta(days=3),
    "eng-bid-margin": timedelta(days=2),
    "eng-bid-fingerprint": timedelta(hours=20),
    "gp-supplier-list": timedelta(hours=20),
}


def step(project: Facts, stage: str, bidder: int) -> datetime:
    """The business moment of a stage's record; records of bids lie before the opening, spread out."""
    if stage in BY_BIDDER:
        return project.times.opening - BY_BIDDER[stage] + timedelta(hours=2 * bidder)
    if stage.endswith(("-deal", "-result")) and not stage.startswith("eng-"):
        return project.times.result
    told = STEPS.get(stage)
    return project.times.notice if told is None else told(project.times)


NAMED: dict[str, Callable[[Scene], datetime]] = {
    "DOC_GET_START_TIME": lambda s: s.project.times.notice,
    "DOC_GET_END_TIME": lambda s: s.project.times.documents_end,
    "BID_DOC_REFER_END_TIME": lambda s: s.project.times.planned_opening,
    "BID_OPEN_TIME": lambda s: s.project.times.planned_opening,
    "BID_CLOSING_TIME": lambda s: s.project.times.planned_opening,
    "DOC_SUBMIT_END_TIME": lambda s: s.project.times.notice + timedelta(days=9),
    "DOC_OPEN_TIME": lambda s: s.project.times.notice + timedelta(days=9),
    "CLARIFY_TIME": lambda s: s.project.times.clarified,
    "APPLY_SUBMIT_TIME": lambda s: s.project.times.notice + timedelta(days=6, hours=s.bidder),
    "BID_INVITE_END_TIME": lambda s: s.project.times.documents_end,
    "MARGIN_RECEIVE_TIME": lambda s: step(s.project, "eng-bid-margin", s.bidder),
    "CHECKIN_TIME": lambda s: step(s.project, "eng-bidder-list", s.bidder),
    "TENDER_DOC_SUBMITTIME": lambda s: step(s.project, "eng-bidder-list", s.bidder),
    "BEGIN_TIME": lambda s: s.project.times.opening,
    "BID_OPENING_TIME": lambda s: s.project.times.opening,
    "EXTRACT_APPLY_TIME": lambda s: s.project.times.opening - timedelta(hours=22),
    "EXTRACT_TIME": lambda s: s.project.times.opening - timedelta(hours=19),
    "EXPERT_CHECK_IN_TIME": lambda s: s.project.times.opening + timedelta(minutes=30 + s.expert),
    "PUBLICITY_REFER_TIME": lambda s: s.project.times.publicity_start - timedelta(hours=1),
    "PUBLICITY_END_TIME": lambda s: s.project.times.publicity_end,
    "BID_TIME": lambda s: step(s.project, "eng-bidder-list", s.bidder),
    "RESPONSE_SUBMIT_TIME": lambda s: s.project.times.publicity_start + timedelta(days=3),
    "APPROVAL_TIME": lambda s: s.project.times.opening + timedelta(hours=1),
    "LISTING_START_TIME": lambda s: s.project.times.documents_end,
    "LISTING_DEADLINE": lambda s: s.project.times.opening,
    "ANNOUNCEMENT_START_TIME": lambda s: s.project.times.notice,
    "ANNOUNCEMENT_DEADLINE": lambda s: s.project.times.notice + timedelta(days=21),
    "BEGIN_DATE": lambda s: s.project.times.opening + timedelta(days=60),
    "TRANSFER_START_DATE": lambda s: s.project.times.contract,
    "TRANSFER_END_DATE": lambda s: s.project.times.contract + timedelta(days=365),
    "LICENSE_END_DATE": lambda s: s.project.times.registered + timedelta(days=7000),
    "ENTER_DATE": lambda s: s.project.times.registered - timedelta(days=400),
    "DT_COST_DATE": lambda s: s.project.times.contract,
    "VIOLATING_TIME": lambda s: s.project.times.opening,
    "CONFINED_START": lambda s: s.project.times.letter,
    "CONFINED_END": lambda s: s.project.times.letter + timedelta(days=180),
    "ALERT_DATE": lambda s: s.project.times.publicity_start - timedelta(hours=2),
    "COMPLAINT_DATE": lambda s: s.project.times.publicity_end - timedelta(days=1),
    "ACCEPT_DATE": lambda s: s.project.times.publicity_end - timedelta(hours=20),
    "CERT_DATE": lambda s: s.project.times.opening + timedelta(hours=3),
    "REPORT_ISSUE_TIME": lambda s: s.project.times.finished + timedelta(days=20),
}


def at(scene: Scene, name: str) -> datetime:
    """The moment of a field; what has no entry of its own happens with the record."""
    named = NAMED.get(name)
    return named(scene) if named is not None else step(scene.project, scene.stage.id, scene.bidder)


def _postponed(scene: Scene) -> str | None:
    return written(scene.project.times.opening) if scene.project.postponed else None


SPECIAL: dict[tuple[str, str], Callable[[Scene], str | None]] = {
    ("eng-prequal-document", "POST_OPEN_TIME"): _postponed,
    ("eng-tender-document", "POST_OPEN_TIME"): _postponed,
    ("gp-correction", "POST_BID_CLOSING_TIME"): _postponed,
    ("eng-evaluation-report", "END_TIME"): lambda s: written(s.project.times.evaluated),
    ("eng-bid-guarantee", "END_TIME"): lambda s: written(s.project.times.opening + timedelta(days=90)),
    ("eng-objection", "SUBMIT_TIME"): lambda s: written(s.project.times.publicity_start + timedelta(days=1)),
    ("expert-info", "BIRTHDAY"): lambda s: "-".join(
        (s.project.experts[s.expert % 5][1][6:10], s.project.experts[s.expert % 5][1][10:12],
         s.project.experts[s.expert % 5][1][12:14])
    ),
}  # fmt: skip
