"""A report on a certificate or signature as what a page shows of it, in one language.

Every text in it may come from a hostile certificate. Here it loses what moves a cursor or turns the
direction of writing; resident numbers are masked and markup is escaped by `render`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from certs.cli.advice import advice
from certs.cli.kinds import ZH
from certs.cli.naming import Names, called, plain
from certs.cli.phrases import chinese
from certs.cli.report import Report, lines, mark
from certs.cli.text import forgiven, told
from certs.trustlist import Peer
from certs.verdict import SOURCES, Check, Moment
from hub.ca.resembling import Likeness
from hub.console.chain import boxes
from hub.console.clocks import local, timed

_LISTS = {"trust list": "信任列表", "003 item 10": "003 号材料第 10 项"}
_ABOUT = {
    "signing": "签名", "stamping": "签发时间戳", "enciphering": "加密", "anything": "不限用途",
    "signer": "签名者", "message": "数据", "content": "原文",
}  # fmt: skip
_BOTH = re.compile(r"(.*[\u4e00-\u9fff][^/]*) / ([\x20-\x7e]+)")
_MOST_STEPS = 400
_KINDS = {
    "uscc": ("统一社会信用代码", "credit code"), "resident": ("居民身份号码", "resident number"),
    "organisation": ("组织机构代码", "organisation code"), "registration": ("注册号", "registration number"),
    "tax": ("纳税人识别号", "tax number"), "agent": ("经办人", "agent"),
    "vendor": ("厂商编号", "vendor's number"),
}  # fmt: skip
_MODES = {
    "required": ("必须查明吊销情况", "revocation must be known"),
    "if-known": ("已知吊销才算", "revocation counts if known"),
    "ignored": ("不查吊销", "revocation not asked for"),
}
# Whoever reads a page has no command line: its options are told as what the page offers.
_OPTIONS = (
    (re.compile(r"\s*[((]--[a-z][^))]*[))]"), "", ""),
    (re.compile(r"用 --content 给出"), "在“被签原文”处给出", ""),
    (re.compile(r"by --content"), "", "under “signed data”"),
    (re.compile(r"--content"), "被签原文", "the signed data"),
    (re.compile(r"--extra"), "同一文件中附上", "within the same file"),
    (re.compile(r"--(?:trust|tsa-trust)"), "信任列表", "the trust list"),
    (re.compile(r"--makers"), "制章者名录", "the list of makers"),
)


def view(report: Report, revocation: str, looks: Likeness | None, language: str) -> dict[str, Any]:
    """What `explained.html` draws."""
    place, names, verdict = 0 if language == "zh" else 1, report.names, report.verdict
    reasons = verdict.reasons if verdict is not None else []
    return {
        **_head(report, looks, language, place),
        "file": plain(report.file),
        "moment": _moment(verdict.moment if verdict is not None else None, place),
        "mode": _MODES[revocation][place],
        "remarks": [_worded(one[place], place) for one in report.remarks],
        "who": _who(report, place),
        "ca": _ca(report, place),
        "boxes": boxes(report, names, place),
        "others": [f"{names.number(one)} {plain(str(one.subject))}" for one in report.others],
        "advice": [looks.todo[place]] if looks is not None
        else list(dict.fromkeys(_worded(one, place) for one in advice(reasons, language))),
        "steps": [_step(depth, one, names, place) for depth, one in _steps(report)],
        "forgiven": _each(names.short(forgiven(one, place)) for one in verdict.forgiven) if verdict else [],
        "lint": [
            plain(f"{one.row.zh if place == 0 else one.row.en}({one.row.clause}) {one.evidence}")
            for one in report.lint
        ],
        "rows": [(row.zh if place == 0 else row.en, _said(row.value, place)) for row in report.rows],
    }  # fmt: skip


def _head(report: Report, looks: Likeness | None, language: str, place: int) -> dict[str, Any]:
    """The verdict in one sentence. A file that only looks like one of ours is told as what it is instead."""
    verdict = report.verdict
    if looks is not None:
        kind = ("无法识别", "not recognised")[place]
        line = (
            report.headline(language)
            if report.kind == "unknown"
            else ("没有可核验的内容", "nothing to verify")[place]
        )
        return {"state": "unknown", "mark": "?", "kind": kind, "headline": line, "looks": looks.what[place],
                "sof": None, "indication": ""}  # fmt: skip
    return {
        "state": verdict.state if verdict is not None else "none",
        "mark": report.mark,
        "kind": ZH[report.kind] if place == 0 else report.kind,
        "headline": plain(report.headline(language) + _whose(report, place)),
        "looks": "",
        "sof": verdict.sof_code if verdict is not None else None,
        "indication": verdict.sub_indication if verdict is not None else "",
    }


def _whose(report: Report, place: int) -> str:
    """What a good verdict is about: the bare word says nothing to whoever has dropped a file."""
    found = report.recognition
    if not report.ok or found is None or found.ca is None or not report.chain:
        return ""
    name, ca = called(report.chain[-1]), f"{found.ca.id} {found.ca.zh if place == 0 else found.ca.en}"
    if report.kind in ("certificate", "bundle"):
        return f":「{name}」的证书,由 {ca} 颁发" if place == 0 else f": the certificate of “{name}”, by {ca}"
    return (
        f":由「{name}」签署,证书由 {ca} 颁发" if place == 0 else f": signed by “{name}”, certificate by {ca}"
    )


def _worded(text: str, place: int) -> str:
    for pattern, *words in _OPTIONS:
        text = pattern.sub(words[place], text)
    return plain(text)


def _said(text: str, place: int) -> str:
    """Evidence in one language, its times as clocks here show them."""
    both = _BOTH.fullmatch(text)
    text = both[place + 1] if both is not None else chinese(text) if place == 0 else text
    return plain(timed(text))


def _each(texts: Iterator[str]) -> list[str]:
    return list(dict.fromkeys(map(plain, texts)))


def _moment(moment: Moment | None, place: int) -> dict[str, str] | None:
    if moment is None:
        return None
    source = SOURCES.get(moment.source, (moment.source,) * 2)[place]
    return {"at": local(moment.at), "source": source, "evidence": _said(moment.evidence, place)}


def _clause(clause: str, place: int) -> str:
    for en, zh in _LISTS.items() if place == 0 else ():
        clause = clause.replace(en, zh)
    return clause


def _who(report: Report, place: int) -> dict[str, Any] | None:
    """Whose certificate it is, each code with what its check characters say."""
    if report.recognition is None:
        return None
    subject = report.recognition.subject
    codes = []
    for one in subject.candidates if subject is not None else ():
        kind = _KINDS.get(one.kind, (one.kind,) * 2)[place]
        bound = subject is not None and subject.bound is not None and one.code == subject.bound.code
        codes.append({"kind": kind, "code": plain(one.shown), "at": plain(one.place), "bound": bound})
    chain = report.chain
    return {
        "name": called(chain[-1]) if chain else "",
        "subject": plain(str(chain[-1].subject)) if chain else "",
        "codes": codes,
        "findings": [plain(str(one)) for one in subject.findings] if subject is not None else [],
        "medium": report.recognition.medium,
    }


def _ca(report: Report, place: int) -> dict[str, Any] | None:
    found = report.recognition
    if found is None or found.ca is None or found.member is None:
        return None
    listed, peer = found.member.listed_by, found.member.peer
    return {
        "id": plain(found.ca.id),
        "name": plain(found.ca.zh if place == 0 else found.ca.en),
        "list": plain(listed.zh if place == 0 else listed.en),
        "region": plain(listed.region),
        "sequence": listed.sequence,
        "until": local(listed.next_update),
        "period": f"{local(found.ca.period.begin)} – "
        + (local(found.ca.period.end) if found.ca.period.end is not None else "…"),
        "sectors": [_sector(one, peer) for one in found.ca.sectors],
        "assurance": found.assurance or "—",
        "peer": None if peer is None else plain(peer.zh if place == 0 else peer.en),
        "stated": plain(found.ca.assurance),
    }


def _sector(name: str, peer: Peer | None) -> str:
    """Of another province in its own word and ours; what is not mapped counts for nothing here."""
    if peer is None or peer.sectors.get(name) == name:
        return plain(name)
    return plain(f"{name} → {peer.sectors.get(name, '✗')}")


def _steps(report: Report) -> Iterator[tuple[int, Check]]:
    checks = report.verdict.checks if report.verdict is not None else ()
    for place, one in enumerate(lines(checks)):
        if place >= _MOST_STEPS:
            return
        yield one


def _step(depth: int, check: Check, names: Names, place: int) -> dict[str, Any]:
    row = check.row
    inside = any(one.reasons for one in check.inner)
    return {
        "depth": min(depth, 6),
        "outcome": check.outcome,
        "mark": mark(check),
        "title": row.zh if place == 0 else row.en,
        "clause": _clause(row.clause, place),
        "at": plain(names.short(_ABOUT.get(check.at, check.at) if place == 0 else check.at)),
        "evidence": _said(names.short(check.evidence), place),
        "moment": _moment(check.moment, place),
        "why": [] if inside else [plain(timed(names.short(told(one, place)))) for one in check.reasons],
    }
