"""One step at the desk: the record before, what is asked, the record after or every reason why not.

Pure: the same question always gets the same answer, and the table decides, not the caller.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hub.message import Finding, refusing, wall
from hub.onboarding.case import CLAUSE, Case
from hub.onboarding.evidence import CHECKS
from hub.onboarding.steps import STATE_ZH, STEPS, State


@dataclass(frozen=True, slots=True)
class Ask:
    """`actor` is vendor, centre or hub; `by` the key owner who signed the request."""

    step: str
    actor: str
    by: str
    application: Mapping[str, Any] | None = None
    report: Mapping[str, Any] | None = None
    cause: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """`record` is None when the step may not be taken; findings then hold at least one error."""

    record: dict[str, Any] | None
    findings: tuple[Finding, ...]


def decide(
    record: Mapping[str, Any], ask: Ask, *, system: str, realm: str, now: datetime, has_key: bool
) -> Decision:
    """`record` is the system's registry entry ({} when there is none); `ask.report` a report's gist."""
    step = STEPS[ask.step]
    state = State(record.get("state", State.NONE))
    findings: list[Finding] = []
    if ask.actor not in step.actors:
        findings.append(
            Finding(
                "onboard.actor",
                "",
                " | ".join(sorted(step.actors)),
                ask.actor,
                f"{step.zh}不由您办理",
                CLAUSE,
            )
        )
    if state not in step.sources:
        expected = " | ".join(sorted(STATE_ZH[source] for source in step.sources))
        findings.append(
            Finding("onboard.state", "/state", expected, STATE_ZH[state], f"当前状态不能{step.zh}", CLAUSE)
        )
    form = ask.application if ask.application is not None else record.get("application", {})
    report = ask.report if ask.report is not None else record.get("report")
    case = Case(system, realm, now, form, report, has_key, ask.cause)
    for name in step.wants:
        findings += CHECKS[name](case)
    if refusing(findings):
        return Decision(None, tuple(findings))
    after = {
        "system": system,
        "state": step.target.value,
        "since": wall(now),
        "application": dict(form),
        "report": dict(report) if report is not None else None,
        "cause": ask.cause,
        "by": ask.by,
    }
    return Decision(after, tuple(findings))


def event(record: Mapping[str, Any], ask: Ask, after: Mapping[str, Any]) -> dict[str, Any]:
    """The payload of the chained event: what was done, by whom, and how the entry stands afterwards."""
    return {
        "system": after["system"],
        "step": ask.step,
        "actor": ask.actor,
        "by": ask.by,
        "from": record.get("state", State.NONE.value),
        "to": after["state"],
        "state": after["state"],
        "at": after["since"],
        "cause": after["cause"],
        "record": dict(after),
    }
