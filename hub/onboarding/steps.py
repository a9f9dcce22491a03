"""The ways through onboarding as rows: from which states, to which, who acts, and on what evidence.

Reduced from the nine states of the plan texts (interconnection.md 3): draft stays with the vendor;
sandbox and joint test are `testing`; trial run and watching are properties of `online`. Every row
taken becomes one chained event, so the registry can be rebuilt from the journal alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

CENTRE = "centre"
VENDOR = "vendor"
HUB = "hub"


class State(StrEnum):
    NONE = "none"
    APPLIED = "applied"
    RETURNED = "returned"
    TESTING = "testing"
    ONLINE = "online"
    SUSPENDED = "suspended"
    TERMINATED = "terminated"


STATE_ZH = {
    State.NONE: "未申请",
    State.APPLIED: "已申请",
    State.RETURNED: "已退回",
    State.TESTING: "联调中",
    State.ONLINE: "核准上线",
    State.SUSPENDED: "已暂停",
    State.TERMINATED: "终止停服",
}


@dataclass(frozen=True, slots=True)
class Step:
    """`wants` names the checks of `hub.onboarding.evidence`; all are made, so all that is missing is told."""

    name: str
    zh: str
    sources: frozenset[State]
    target: State
    actors: frozenset[str]
    wants: tuple[str, ...]


_S = State
STEPS: dict[str, Step] = {
    step.name: step
    for step in (
        Step(
            "inherit",
            "沿用既有接入",
            frozenset({_S.NONE}),
            _S.ONLINE,
            frozenset({HUB}),
            (),
        ),
        Step(
            "apply",
            "对接申请",
            frozenset({_S.NONE, _S.RETURNED, _S.TERMINATED}),
            _S.APPLIED,
            frozenset({VENDOR}),
            ("application",),
        ),
        Step(
            "return",
            "退回",
            frozenset({_S.APPLIED, _S.TESTING}),
            _S.RETURNED,
            frozenset({CENTRE}),
            ("cause",),
        ),
        Step(
            "report",
            "提交测试报告",
            frozenset({_S.APPLIED, _S.TESTING, _S.SUSPENDED}),
            _S.TESTING,
            frozenset({VENDOR, CENTRE}),
            ("report-whole", "report-system"),
        ),
        Step(
            "approve",
            "核准上线",
            frozenset({_S.APPLIED, _S.TESTING, _S.SUSPENDED}),
            _S.ONLINE,
            frozenset({CENTRE}),
            ("application", "disclosure", "documents", "key", "report", "build"),
        ),
        Step("suspend", "暂停", frozenset({_S.ONLINE}), _S.SUSPENDED, frozenset({CENTRE}), ("cause",)),
        Step(
            "terminate",
            "终止停服",
            frozenset({_S.APPLIED, _S.RETURNED, _S.TESTING, _S.ONLINE, _S.SUSPENDED}),
            _S.TERMINATED,
            frozenset({VENDOR, CENTRE}),
            ("cause",),
        ),
    )
}


def open_to(state: State, actor: str) -> tuple[str, ...]:
    """The steps this actor may take from this state: what `show` prints as next."""
    return tuple(
        step.name
        for step in STEPS.values()
        if state in step.sources and actor in step.actors and actor != HUB
    )
