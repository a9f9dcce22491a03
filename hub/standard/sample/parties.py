"""Who takes part, and under which code: names, codes, people of a record."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hub.standard.model import Field
from hub.standard.sample.names import Party
from hub.standard.sample.scene import Scene


def _winner(scene: Scene) -> Party:
    return scene.project.bidders[scene.project.winner]


def _candidate(scene: Scene, rank: int) -> str:
    return scene.project.bidders[scene.project.candidates[rank]].name


ROLE: tuple[tuple[str, Callable[[Scene], Party]], ...] = (
    ("TENDER_AGENCY", lambda s: s.project.agency),
    ("PURCHASER_AGENCY", lambda s: s.project.agency),
    ("TRA_AGENCY", lambda s: s.project.platform),
    ("TENDERER", lambda s: s.project.tenderer),
    ("TENDER_CODE", lambda s: s.project.tenderer),
    ("PURCHASER", lambda s: s.project.tenderer),
    ("OWNER", lambda s: s.project.tenderer),
    ("RESPONSE_CREATOR", lambda s: s.project.tenderer),
    ("CREATOR", lambda s: s.project.bidders[s.project.ranking[-1]]),
    ("SUPERVIS", lambda s: s.project.department),
    ("APPROVE", lambda s: s.project.department),
    ("WIN", _winner),
    ("SUPPLIER", _winner),
    ("LENDING", _winner),
    ("PERFORMANCE_PARTY", _winner),
    ("FIRST_BIDDER", _winner),
    ("NA_PUBLIC_BIDDER", _winner),
    ("BUYER", _winner),
    ("COMPLAINTED", _winner),
    ("SELL", lambda s: _winner(s) if s.stage.id.endswith("-result") else s.project.tenderer),
    ("BIDDER", lambda s: s.party),
    ("APPLICANTION", lambda s: s.party),
    ("LEGAL", lambda s: s.party),
    ("BODY", lambda s: s.party),
)


def of(scene: Scene, name: str) -> Party:
    """The party that a field's name speaks of; the bidder when it says nothing."""
    if scene.stage.id == "eng-candidate" and name.startswith("WIN_CANDIDATE"):
        return scene.party
    return next((choose(scene) for start, choose in ROLE if name.startswith(start)), scene.party)


def coded(scene: Scene, field: Field) -> Any:
    """The value of a field with a written form."""
    project, form = scene.project, field.format or ""
    if form.startswith(("uscc", "party-code")):
        return of(scene, field.name).code
    if form.startswith("unified-deal-code"):
        return project.deal_code_of(scene.stage.id)
    return {
        "project-code": project.project_code,
        "tender-project-code": project.tender_project_code,
        "bid-section-code": project.bid_section_code,
        "bid-section-code-list": project.bid_section_code,
        "invest-project-code": project.invest_project_code,
        "industry-code": "E47",
    }[form]


SPECIAL: dict[tuple[str, str], Callable[[Scene], Any]] = {
    ("eng-candidate-publicity", "FIRST_BIDDER_NAME"): lambda s: _candidate(s, 0),
    ("eng-candidate-publicity", "SECOND_BIDDER_NAME"): lambda s: _candidate(s, 1),
    ("eng-candidate-publicity", "THIRD_BIDDER_NAME"): lambda s: _candidate(s, 2),
    ("eng-expert-draw", "ID_CARD"): lambda s: s.project.experts[s.expert % 5][1],
    ("eng-expert-draw", "EXPERT_NAME"): lambda s: s.project.experts[s.expert % 5][0],
    ("expert-info", "ID_CARD"): lambda s: s.project.experts[s.expert % 5][1],
    ("expert-info", "EXPERT_NAME"): lambda s: s.project.experts[s.expert % 5][0],
    ("mine-result", "BIDDER_CODE"): lambda s: _winner(s).code,
    ("contract-sign", "BIDDER_CODE"): lambda s: _winner(s).code,
    ("contract-sign", "BIDDER_NAME"): lambda s: _winner(s).name,
    ("equity-listing", "AUTHORIZE_UNIT"): lambda s: s.project.department.name,
}
