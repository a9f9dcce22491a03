"""The steps of one tender (interconnection 2.1: 1, 3, 5, 6, 7, 9, 12, 14 to 16) as data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from hub.message import wall
from hub.standard.sample import Project


@dataclass(frozen=True, slots=True)
class Step:
    """A record of a stage (for one bidder or none), or a question to a service."""

    stage: str
    bidder: int | None = None
    point: str = ""

    @property
    def service(self) -> bool:
        return self.stage in ("project.query", "credit.query")

    @property
    def name(self) -> str:
        parts = [self.stage, self.point, "" if self.bidder is None else str(self.bidder)]
        return " ".join(part for part in parts if part)


def before_opening(project: Project, bidders: tuple[int, ...]) -> Iterator[Step]:
    """Up to the sealed bids. `bidders` are those who want to take part."""
    yield Step("project.query")
    for stage in (
        "eng-project",
        "eng-tender-project",
        "eng-section",
        "eng-tender-notice",
        "eng-tender-document",
    ):
        yield Step(stage)
    for bidder in bidders:
        yield Step("credit.query", bidder, "sign-up")
    for stage in ("eng-bidder-list", "eng-bid-margin", "eng-bid-fingerprint"):
        for bidder in bidders:
            yield Step(stage, bidder)


def from_opening(candidates: tuple[int, ...]) -> Iterator[Step]:
    """From the opening to the contract; at most three candidates."""
    yield Step("eng-bid-opening")
    yield Step("eng-evaluation-report")
    for candidate in candidates:
        yield Step("eng-candidate", candidate)
    for candidate in candidates:
        yield Step("credit.query", candidate, "publicity")
    for stage in ("eng-candidate-publicity", "eng-result-notice", "eng-award-letter", "contract-sign"):
        yield Step(stage)


def fields_of(step: Step, project: Project) -> dict[str, Any]:
    """What the step says, in the standard's names."""
    if step.stage == "project.query":
        code = project.record("eng-project")["INVEST_PROJECT_CODE"]
        return {"queryKind": "invest-code", "INVEST_PROJECT_CODE": code, "purpose": "招标项目登记前核对"}
    if step.stage == "credit.query":
        assert step.bidder is not None  # noqa: S101 - every credit step is about one bidder
        party = project.bidders[step.bidder]
        at = project.times.documents_end if step.point == "sign-up" else project.times.publicity_start
        return {
            "party": {"type": "1", "code": party.code, "name": party.name},
            "point": step.point,
            "atTime": wall(at),
            "purpose": "投标资格核验" if step.point == "sign-up" else "中标候选人公示前核验",
        }
    return dict(project.record(step.stage, step.bidder))
