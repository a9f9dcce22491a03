"""What the desk must see before a step: one check per name, each telling what is missing.

A check takes the case (the application record as it would stand after the step) and answers with
findings; none stops at the first. In the sandbox the paper evidence (等保, 密评, review) is asked
for with a warning, so that a developer can rehearse the way without scanning certificates.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from certs.algorithms.digest import digest
from certs.identity import uscc_ok
from hub.message import Finding, Severity, canonical, shown

CLAUSE = "ONB"
REPORT_DAYS = 30
_CAUSE = 500
DISCLOSURE = {
    "manual": "操作手册",
    "fees": "收费清单",
    "service": "客服渠道",
    "complaints": "投诉受理渠道",
}
DOCUMENTS = {
    "protection": "等级保护三级测评报告",
    "cryptography": "商用密码应用安全性评估报告",
    "review": "行业监督部门技术审核意见",
}


@dataclass(frozen=True, slots=True)
class Case:
    """`application` as filed, `report` what is known of the newest conformance report, `cause` as stated."""

    system: str
    realm: str
    now: datetime
    application: Mapping[str, Any]
    report: Mapping[str, Any] | None
    has_key: bool
    cause: str = ""


_FORM = ("operator", "contact", "scope", "load", "disclosure", "documents", "build")
Check = Callable[[Case], list[Finding]]


def _missing(code: str, at: str, expected: str, advice: str, observed: str = "") -> Finding:
    return Finding(code, at, expected, observed, advice, CLAUSE)


def application(case: Case) -> list[Finding]:
    """Who operates it, whom to call, for which sectors, and how much it will send."""
    form = case.application
    found = [
        _missing("onboard.unknown", f"/{name}", " | ".join(_FORM), "删除标准外的成员", shown(name))
        for name in sorted(set(form) - set(_FORM))
    ]
    operator, contact = _object(form, "operator"), _object(form, "contact")
    scope, load = _object(form, "scope"), _object(form, "load")
    if not _text(operator.get("name")):
        found.append(_missing("onboard.operator", "/operator/name", "运营单位名称", "填写运营单位全称"))
    if not uscc_ok(str(operator.get("creditCode", ""))):
        shown_code = shown(operator.get("creditCode", ""))
        found.append(
            _missing(
                "onboard.operator",
                "/operator/creditCode",
                "校验位正确的统一社会信用代码",
                "核对代码",
                shown_code,
            )
        )
    for name, zh in (("name", "联系人"), ("phone", "值班电话")):
        if not _text(contact.get(name)):
            found.append(_missing("onboard.contact", f"/contact/{name}", zh, f"填写{zh}"))
    if not isinstance(scope.get("sectors"), list) or not scope["sectors"]:
        found.append(_missing("onboard.scope", "/scope/sectors", "至少一个行业", "列出申请接入的行业"))
    rate = load.get("messagesPerSecond")
    if not isinstance(rate, int) or isinstance(rate, bool) or rate <= 0:
        found.append(
            _missing(
                "onboard.load", "/load/messagesPerSecond", "正整数", "申报峰值报文量(条/秒)", shown(rate)
            )
        )
    return found


def disclosure(case: Case) -> list[Finding]:
    """The four items every operator makes public."""
    stated = _object(case.application, "disclosure")
    return [
        _missing("onboard.disclosure", f"/disclosure/{name}", zh, f"公示{zh}(网址或文字)")
        for name, zh in DISCLOSURE.items()
        if not _text(stated.get(name))
    ]


def documents(case: Case) -> list[Finding]:
    """Paper evidence, each with the digest of its scan and its last valid day."""
    stated = _object(case.application, "documents")
    severity = Severity.ERROR if case.realm == "production" else Severity.WARNING
    found = []
    for name, zh in DOCUMENTS.items():
        row = _object(stated, name)
        if not _text(row.get("digest")):
            found.append(
                Finding("onboard.document", f"/documents/{name}", zh, "", f"提交{zh}", CLAUSE, severity)
            )
        elif (until := _day(row.get("validUntil"))) is None or until < case.now:
            observed = shown(row.get("validUntil", ""))
            found.append(
                Finding(
                    "onboard.document-expired",
                    f"/documents/{name}/validUntil",
                    f"{zh}在有效期内",
                    observed,
                    f"更新{zh}",
                    CLAUSE,
                    severity,
                )
            )
    return found


def key(case: Case) -> list[Finding]:
    if case.has_key:
        return []
    return [_missing("onboard.key", "/key", f"{case.system} 的接入密钥", "先为该系统分配密钥")]


def cause(case: Case) -> list[Finding]:
    if 4 <= len(case.cause.strip()) <= _CAUSE:
        return []
    return [
        _missing(
            "onboard.cause", "/cause", f"4 至 {_CAUSE} 字的原因", "写明原因,将随事件存证", shown(case.cause)
        )
    ]


def report(case: Case) -> list[Finding]:
    """A conformant report on this very system, whole and not older than 30 days."""
    if case.report is None:
        advice = "运行 hutong conform run,再用 hutong onboard report 提交报告"
        return [_missing("onboard.report", "/report", "一致性测试报告", advice)]
    return [*report_whole(case), *report_system(case), *_verdict(case), *_age(case)]


def report_whole(case: Case) -> list[Finding]:
    """The digest stated in the report is that of the report."""
    stated = str((case.report or {}).get("digest", ""))
    computed = str((case.report or {}).get("computed", ""))
    if stated and stated == computed:
        return []
    return [
        _missing(
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
        _missing(
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
        _missing(
            "onboard.build", "/report/system/build", str(declared), "对申报的版本重新测试", shown(tested)
        )
    ]


def _verdict(case: Case) -> list[Finding]:
    verdict = (case.report or {}).get("verdict")
    if verdict == "conformant":
        return []
    summary = (case.report or {}).get("summary", {})
    return [
        _missing(
            "onboard.report-verdict",
            "/report/verdict",
            "conformant",
            "修正未通过的用例后重新测试",
            f"{verdict} {dict(summary)}",
        )
    ]


def _age(case: Case) -> list[Finding]:
    started = _moment((case.report or {}).get("started"))
    ago = case.now - started if started is not None else timedelta.max
    # Two clocks made the two times: five minutes ahead of ours is still "just now".
    if timedelta(minutes=-5) <= ago <= timedelta(days=REPORT_DAYS):
        return []
    observed = shown((case.report or {}).get("started", ""))
    return [
        _missing("onboard.report-age", "/report/started", f"{REPORT_DAYS} 天以内", "重新测试并提交", observed)
    ]


CHECKS: dict[str, Check] = {
    "application": application,
    "disclosure": disclosure,
    "documents": documents,
    "key": key,
    "cause": cause,
    "report": report,
    "report-whole": report_whole,
    "report-system": report_system,
    "build": build,
}

# The report is kept whole by its digest; the chained event carries what a decision needs of it.
_KEPT = ("suite", "version", "system", "plan_digest", "started", "seconds", "summary", "verdict", "digest")


def digest_of(report_document: Mapping[str, Any]) -> str:
    """The digest of a report: over its canonical JSON without the member that states it."""
    bare = {name: value for name, value in report_document.items() if name != "digest"}
    return f"sm3:{digest(canonical(bare)).hex()}"


def gist(report_document: Mapping[str, Any]) -> dict[str, Any]:
    """What of a report travels in the event, with the digest as computed here beside the stated one."""
    kept = {name: report_document[name] for name in _KEPT if name in report_document}
    if "seconds" in kept:
        kept["seconds"] = str(kept["seconds"])
    kept["system"] = _object(report_document, "system")
    return {**kept, "computed": digest_of(report_document)}


def _object(value: Mapping[str, Any], name: str) -> dict[str, Any]:
    member = value.get(name)
    return dict(member) if isinstance(member, Mapping) else {}


def _text(value: object) -> bool:
    return isinstance(value, str) and 2 <= len(value.strip()) <= 500


def _moment(value: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def _day(value: object) -> datetime | None:
    return _moment(f"{value}T23:59:59+08:00")
