"""The report as one JSON document; every other form is drawn from it.

Its digest is over the canonical content, so that nobody can carry a friendlier verdict to the onboarding desk
than the one that was reached; `verify` recomputes verdict, summary and digest offline.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from certs.algorithms.digest import digest
from conformance import SUITE, VERSION
from conformance.case import Case, Level
from conformance.driver import Outcome
from conformance.plan import Plan
from conformance.record import SHOWN, SHOWN_SHORT
from conformance.register import Requirement, asked_by
from conformance.verdict import Text, Verdict
from hub.message import canonical, wall

CONFORMANT, NOT_CONFORMANT, INCOMPLETE = "conformant", "not-conformant", "incomplete"
NAMES = {Verdict.NA.value: "notApplicable"}


def build(
    plan: Plan,
    outcomes: Iterable[Outcome],
    *,
    suite: Iterable[Case],
    register: Mapping[str, Requirement],
    started: datetime,
    millis: int,
    observed_build: str = "",
) -> dict[str, Any]:
    """The whole report with its digest. `suite` is every case there is, also those that were not asked."""
    every = tuple(suite)
    rows = [_row(outcome, plan, register) for outcome in outcomes]
    asked = asked_by(every)
    report: dict[str, Any] = {
        "suite": SUITE,
        "version": VERSION,
        "system": {
            "id": plan.system,
            "zh": plan.zh,
            "version": plan.version,
            "build": observed_build or plan.build,
            "buildSource": "OBSERVED" if observed_build else "DECLARED",
            "declaredBuild": plan.build,
            "vendor": plan.vendor,
        },
        "profile": plan.profile,
        "dialect": plan.dialect or "hub-unified-v1",
        "stages": list(plan.stages),
        "plan_digest": plan.digest,
        "started": wall(started),
        "seconds": -(-millis // 1000),
        "milliseconds": millis,
        "summary": summary(rows),
        "verdict": conclude(rows, [case.id for case in every]),
        "cases": rows,
        "requirements": [row.public(asked.get(row.id, ())) for row in register.values()],
    }
    return {**report, "digest": content_digest(report)}


def content_digest(report: Mapping[str, Any]) -> str:
    """`sm3:` over the canonical report without its own `digest`."""
    return "sm3:" + digest(canonical({k: v for k, v in report.items() if k != "digest"})).hex()


def verify(report: Mapping[str, Any], suite: Iterable[str]) -> list[Text]:
    """What does not hold in a report that somebody handed over; empty when it is sound."""
    wrong: list[Text] = []
    rows = report.get("cases")
    try:
        if report.get("digest") != content_digest(report):
            wrong.append(Text("摘要与内容不符", "the digest is not that of the content"))
        if not isinstance(rows, list) or report.get("summary") != summary(rows):
            wrong.append(Text("汇总与用例结果不符", "the summary is not that of the cases"))
        elif report.get("verdict") != conclude(rows, _asked_of(report, rows, suite)):
            wrong.append(Text("结论与用例结果不符", "the verdict does not follow from the cases"))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        wrong.append(Text(f"不是本套件的报告:{error!r}", f"this is no report of the suite: {error!r}"))
    return wrong


def _asked_of(report: Mapping[str, Any], rows: list[Any], suite: Iterable[str]) -> list[str]:
    """Every case there was: ours for a report of this version; of another version only its own are known."""
    return list(suite) if report.get("version") == VERSION else [row["id"] for row in rows]


def summary(rows: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """Counts by verdict."""
    counts = {NAMES.get(verdict.value, verdict.value): 0 for verdict in Verdict}
    for row in rows:
        counts[NAMES.get(row["verdict"], row["verdict"])] += 1
    return counts


def conclude(rows: Sequence[Mapping[str, Any]], suite: Sequence[str]) -> str:
    """The verdict: a failed MUST decides, an unreached one leaves it open, a part never certifies."""
    must = [row for row in rows if row["strength"] == Level.MUST.value and row["verdict"] != Verdict.NA.value]
    verdicts = {row["verdict"] for row in must}
    if Verdict.FAIL.value in verdicts:
        return NOT_CONFORMANT
    if not must or verdicts != {Verdict.PASS.value} or {row["id"] for row in rows} != set(suite):
        return INCOMPLETE
    return CONFORMANT


def _row(outcome: Outcome, plan: Plan, register: Mapping[str, Requirement]) -> dict[str, Any]:
    case, failure = outcome.case, outcome.failure
    clause = register.get(case.requirement)
    advise = outcome.verdict is Verdict.FAIL and clause is not None
    hide = (plan.token,) if plan.token else ()
    limit = SHOWN_SHORT if outcome.verdict is Verdict.PASS else SHOWN
    return {
        "id": case.id,
        "chapter": case.chapter,
        "area": clause.area if clause else "",
        "requirement": case.requirement,
        "clause": clause.clause.zh if clause else "",
        "clauseEn": clause.clause.en if clause else "",
        "source": clause.source if clause else "",
        "provenance": clause.provenance if clause else "",
        "strength": case.level.value,
        "title": case.title.zh,
        "titleEn": case.title.en,
        "why": case.why,
        "verdict": outcome.verdict.value,
        "blame": outcome.blame.value if outcome.blame else "",
        "reason": failure.reason.zh,
        "reasonEn": failure.reason.en,
        "expected": failure.expected,
        "observed": failure.observed,
        "difference": failure.difference,
        "advice": clause.advice.zh if advise and clause else "",
        "adviceEn": clause.advice.en if advise and clause else "",
        "millis": outcome.millis,
        "exchanges": [exchange.public(hide, limit) for exchange in outcome.exchanges],
    }
