"""What the desk must see before a step: one check per name, each telling what is missing.

A check takes the case (the application record as it would stand after the step) and answers with
findings; none stops at the first. In the sandbox the paper evidence (等保, 密评, review) is asked
for with a warning, so that a developer can rehearse the way without scanning certificates.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from certs.identity import uscc_ok
from hub.message import Finding, Severity, shown
from hub.onboarding.case import CLAUSE, Case, member, missing, moment
from hub.onboarding.report import build, report, report_system, report_whole

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
_FORM = ("operator", "contact", "scope", "load", "disclosure", "documents", "build")
Check = Callable[[Case], list[Finding]]


def application(case: Case) -> list[Finding]:
    """Who operates it, whom to call, for which sectors, and how much it will send."""
    form = case.application
    found = [
        missing("onboard.unknown", f"/{name}", " | ".join(_FORM), "删除标准外的成员", shown(name))
        for name in sorted(set(form) - set(_FORM))
    ]
    operator, contact = member(form, "operator"), member(form, "contact")
    scope, load = member(form, "scope"), member(form, "load")
    if not _text(operator.get("name")):
        found.append(missing("onboard.operator", "/operator/name", "运营单位名称", "填写运营单位全称"))
    if not uscc_ok(str(operator.get("creditCode", ""))):
        shown_code = shown(operator.get("creditCode", ""))
        found.append(
            missing(
                "onboard.operator",
                "/operator/creditCode",
                "校验位正确的统一社会信用代码",
                "核对代码",
                shown_code,
            )
        )
    for name, zh in (("name", "联系人"), ("phone", "值班电话")):
        if not _text(contact.get(name)):
            found.append(missing("onboard.contact", f"/contact/{name}", zh, f"填写{zh}"))
    if not isinstance(scope.get("sectors"), list) or not scope["sectors"]:
        found.append(missing("onboard.scope", "/scope/sectors", "至少一个行业", "列出申请接入的行业"))
    rate = load.get("messagesPerSecond")
    if not isinstance(rate, int) or isinstance(rate, bool) or rate <= 0:
        found.append(
            missing("onboard.load", "/load/messagesPerSecond", "正整数", "申报峰值报文量(条/秒)", shown(rate))
        )
    return found


def disclosure(case: Case) -> list[Finding]:
    """The four items every operator makes public."""
    stated = member(case.application, "disclosure")
    return [
        missing("onboard.disclosure", f"/disclosure/{name}", zh, f"公示{zh}(网址或文字)")
        for name, zh in DISCLOSURE.items()
        if not _text(stated.get(name))
    ]


def documents(case: Case) -> list[Finding]:
    """Paper evidence, each with the digest of its scan and its last valid day."""
    stated = member(case.application, "documents")
    severity = Severity.ERROR if case.realm == "production" else Severity.WARNING
    found = []
    for name, zh in DOCUMENTS.items():
        row = member(stated, name)
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
    return [missing("onboard.key", "/key", f"{case.system} 的接入密钥", "先为该系统分配密钥")]


def cause(case: Case) -> list[Finding]:
    if 4 <= len(case.cause.strip()) <= _CAUSE:
        return []
    return [
        missing(
            "onboard.cause", "/cause", f"4 至 {_CAUSE} 字的原因", "写明原因,将随事件存证", shown(case.cause)
        )
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


def _text(value: object) -> bool:
    return isinstance(value, str) and 2 <= len(value.strip()) <= 500


def _day(value: object) -> datetime | None:
    return moment(f"{value}T23:59:59+08:00")
