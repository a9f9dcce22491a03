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
from certs.model.certificate import Certificate
from certs.trustlist import Peer
from certs.verdict import SOURCES, Check, Moment
from hub.ca.resembling import Likeness
from hub.console import wording
from hub.console.chain import boxes
from hub.console.clocks import local, timed

_ABOUT = {
    "signing": "签名", "stamping": "签发时间戳", "enciphering": "加密", "anything": "不限用途",
    "signer": "签名者", "message": "数据", "content": "原文", "(document)": "整个文件", "cms": "签名数据",
    "signing-certificate": "签名证书属性", "TSTInfo": "时间戳内容",
}  # fmt: skip
_BOTH = re.compile(r"(.*[\u4e00-\u9fff][^/]*) / ([\x20-\x7e]+)")
_OCSP_ALONE = (
    "展开“判定条件”,在“被签原文”处给出所问的那张证书,再重新判定",
    "open “Circumstances”, give the certificate in question under “Signed data” and judge again",
)
_MOST_STEPS = 400
_LONGEST_NAME = 80
_HAN = re.compile(r"[\u4e00-\u9fff]")
_BEFORE_NAME = re.compile(r"^[0-9A-Z-]{8,20}(?=[\u4e00-\u9fff])")
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


def view(
    report: Report, revocation: str, looks: Likeness | None, language: str, digest: str = ""
) -> dict[str, Any]:
    """What `explained.html` draws. `digest` is the file's, by which a print-out names what was judged."""
    place, names, verdict = 0 if language == "zh" else 1, report.names, report.verdict
    reasons = verdict.reasons if verdict is not None else []
    return {
        **_head(report, looks, language, place),
        "file": plain(report.file),
        "digest": digest,
        "moment": _moment(verdict.moment if verdict is not None else None, place),
        "mode": _MODES[revocation][place],
        "remarks": [_worded(one[place], place) for one in report.remarks],
        "who": _who(report, place),
        "ca": _ca(report, place),
        "boxes": boxes(report, names, place),
        "others": [f"{names.number(one)} {plain(str(one.subject))}" for one in report.others],
        "advice": [looks.todo[place]] if looks is not None
        else [_OCSP_ALONE[place]] if report.kind == "ocsp" and verdict is None
        else list(dict.fromkeys(_worded(one, place) for one in advice(reasons, language))),
        "steps": [_step(depth, one, names, place) for depth, one in _steps(report)],
        "forgiven": _each(names.short(forgiven(one, place)) for one in verdict.forgiven) if verdict else [],
        "lint": [
            plain(f"{one.row.zh if place == 0 else one.row.en}({one.row.clause}) {one.evidence}")
            for one in report.lint
        ],
        # Of what is nothing of ours it helps nobody what its octets are not.
        "rows": [] if looks is not None
        else [(row.zh if place == 0 else row.en, _said(row.value, place)) for row in report.rows],
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
                "sof": None, "sof_words": "", "indication": "", "indicated": ""}  # fmt: skip
    return {
        "state": verdict.state if verdict is not None else "none",
        "mark": report.mark,
        "kind": ZH[report.kind] if place == 0 else report.kind,
        "headline": plain(_spoken(report.headline(language), place) + _whose(report, place)),
        "looks": "",
        "sof": verdict.sof_code if verdict is not None else None,
        "sof_words": wording.SOF.get(verdict.sof_code, ("", ""))[place] if verdict is not None else "",
        "indication": verdict.sub_indication if verdict is not None else "",
        "indicated": wording.coded(verdict.sub_indication, wording.INDICATIONS, place) if verdict else "",
    }


def _whose(report: Report, place: int) -> str:
    """What a good verdict is about: the bare word says nothing to whoever has dropped a file."""
    found = report.recognition
    if report.ok and report.kind in ("crl", "ocsp") and report.chain:
        by = _name(report.chain[-1])
        return f":由「{by}」签发" if place == 0 else f": issued by “{by}”"
    if not report.ok or found is None or found.ca is None or not report.chain:
        return ""
    name, ca = _name(report.chain[-1]), f"{found.ca.id} {found.ca.zh if place == 0 else found.ca.en}"
    if report.kind in ("certificate", "bundle"):
        return f":「{name}」的证书,由 {ca} 颁发" if place == 0 else f": the certificate of “{name}”, by {ca}"
    return (
        f":由「{name}」签署,证书由 {ca} 颁发" if place == 0 else f": signed by “{name}”, certificate by {ca}"
    )


def _name(one: Certificate) -> str:
    """Its name in full, without the codes some CAs write before it: those stand below, checked."""
    parts = [part for part in called(one, _LONGEST_NAME).split("@") if _HAN.search(part)]
    return _BEFORE_NAME.sub("", parts[-1]) if parts else called(one)


def _spoken(text: str, place: int) -> str:
    return wording.told(text) if place == 0 else text


def _worded(text: str, place: int) -> str:
    for pattern, *words in _OPTIONS:
        text = pattern.sub(words[place], text)
    return plain(text)


def _said(text: str, place: int) -> str:
    """Evidence in one language, its times as clocks here show them."""
    both = _BOTH.fullmatch(text)
    text = both[place + 1] if both is not None else text
    text = chinese(text) if place == 0 else text
    return plain(timed(wording.spoken(text, place)))


def _each(texts: Iterator[str]) -> list[str]:
    return list(dict.fromkeys(map(plain, texts)))


def _moment(moment: Moment | None, place: int) -> dict[str, str] | None:
    if moment is None:
        return None
    source = SOURCES.get(moment.source, (moment.source,) * 2)[place]
    return {"at": local(moment.at), "source": source, "evidence": _said(moment.evidence, place)}


def _who(report: Report, place: int) -> dict[str, Any] | None:
    """Whose certificate it is, each code with what its check characters say."""
    if report.recognition is None:
        return None
    subject = report.recognition.subject
    codes = []
    for one in subject.candidates if subject is not None else ():
        kind = _KINDS.get(one.kind, (one.kind,) * 2)[place]
        bound = subject is not None and subject.bound is not None and one.code == subject.bound.code
        codes.append(
            {
                "kind": kind,
                "code": plain(one.shown),
                "at": plain(wording.spoken(one.place, place)),
                "bound": bound,
            }
        )
    chain = report.chain
    return {
        "name": _name(chain[-1]) if chain else "",
        "subject": plain(str(chain[-1].subject)) if chain else "",
        "codes": codes,
        "findings": [plain(str(one)) for one in subject.findings] if subject is not None else [],
        "medium": wording.coded(report.recognition.medium or "", wording.MEDIA, place),
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
        "sectors": [_sector(one, peer, place) for one in found.ca.sectors],
        "assurance": found.assurance or "—",
        "peer": None if peer is None else plain(peer.zh if place == 0 else peer.en),
        "stated": plain(found.ca.assurance),
    }


def _sector(name: str, peer: Peer | None, place: int) -> str:
    """Of another province in its own word and ours; what is not mapped counts for nothing here."""
    if peer is None or peer.sectors.get(name) == name:
        return plain(wording.sector(name, place))
    ours = peer.sectors.get(name)
    return plain(f"{name} → {wording.sector(ours, place) if ours else '✗'}")


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
        "clause": wording.clause(check.name, row.clause, place),
        "at": plain(names.short(_ABOUT.get(check.at, check.at) if place == 0 else check.at)),
        "evidence": _said(names.short(check.evidence), place),
        "moment": _moment(check.moment, place),
        "why": []
        if inside
        else [plain(timed(_spoken(names.short(told(one, place)), place))) for one in check.reasons],
    }
