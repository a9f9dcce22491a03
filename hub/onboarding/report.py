"""A conformance report at the desk: is it whole, on this system and build, good, and fresh?

The report itself is kept by its digest; the chained event carries the gist a decision needs.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from certs.algorithms.digest import digest
from hub.message import Finding, canonical, shown
from hub.onboarding.case import Case, member, missing, moment

REPORT_DAYS = 30
_KEPT = ("suite", "version", "system", "plan_digest", "started", "seconds", "summary", "verdict", "digest")


def report(case: Case) -> list[Finding]:
    """A conformant report on this very system, whole and not older than 30 days."""
    if case.report is None:
        advice = "运行 hutong conform run,再用 hutong onboard report 提交报告"
        return [missing("onboard.report", "/report", "一致性测试报告", advice)]
    return [*report_whole(case), *report_system(case), *_verdict(case), *_age(case)]


def report_whole(case: Case) -> list[Finding]:
    """The digest stated in the report is that of the report."""
    stated = str((case.report or {}).get("digest", ""))
    computed = str((case.report or {}).get("computed", ""))
    if stated and stated == computed:
        return []
    return [
        missing(
            "onboard.report-digest",
            "/report/digest",
            computed,
            "报告被改动或不完整,请提交原件",
            shown(stated),
        )
    ]


def report_system(case: Case) -> list[Finding]:
    of = (case.report or {}).get("system", {})
    if of.get("id") == case.system:
        return []
    return [
        missing(
            "onboard.report-system",
            "/report/system/id",
            case.system,
            "提交本系统的报告",
            shown(of.get("id", "")),
        )
    ]


def build(case: Case) -> list[Finding]:
    """What was tested is what will run."""
    declared = case.application.get("build")
    tested = (case.report or {}).get("system", {}).get("build")
    if case.report is None or not declared or declared == tested:
        return []
    return [
        missing("onboard.build", "/report/system/build", str(declared), "对申报的版本重新测试", shown(tested))
    ]


def _verdict(case: Case) -> list[Finding]:
    verdict = (case.report or {}).get("verdict")
    if verdict == "conformant":
        return []
    summary = (case.report or {}).get("summary", {})
    return [
        missing(
            "onboard.report-verdict",
            "/report/verdict",
            "conformant",
            "修正未通过的用例后重新测试",
            f"{verdict} {dict(summary)}",
        )
    ]


def _age(case: Case) -> list[Finding]:
    started = moment((case.report or {}).get("started"))
    ago = case.now - started if started is not None else timedelta.max
    # Two clocks made the two times: five minutes ahead of ours is still "just now".
    if timedelta(minutes=-5) <= ago <= timedelta(days=REPORT_DAYS):
        return []
    observed = shown((case.report or {}).get("started", ""))
    return [
        missing("onboard.report-age", "/report/started", f"{REPORT_DAYS} 天以内", "重新测试并提交", observed)
    ]


def digest_of(report_document: Mapping[str, Any]) -> str:
    """The digest of a report: over its canonical JSON without the member that states it."""
    bare = {name: value for name, value in report_document.items() if name != "digest"}
    return f"sm3:{digest(canonical(bare)).hex()}"


def gist(report_document: Mapping[str, Any]) -> dict[str, Any]:
    """What of a report travels in the event, with the digest as computed here beside the stated one."""
    kept = {name: report_document[name] for name in _KEPT if name in report_document}
    if "seconds" in kept:
        kept["seconds"] = str(kept["seconds"])
    kept["system"] = member(report_document, "system")
    return {**kept, "computed": digest_of(report_document)}
