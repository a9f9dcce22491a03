"""A report on a certificate or signature as what a page shows of it, in one language.

Every text in it may come from a hostile certificate. Here it loses what moves a cursor or turns the
direction of writing; resident numbers are masked and markup is escaped by `render`.
"""

from __future__ import annotations

from typing import Any

from certs.cli.advice import advice
from certs.cli.kinds import ZH
from certs.cli.naming import plain
from certs.cli.report import Report
from certs.cli.text import forgiven
from hub.ca.resembling import Likeness
from hub.console import wording
from hub.console.chain import boxes
from hub.console.persons import ca, name_of, who
from hub.console.speaking import each, said, spoken, worded
from hub.console.steps import moment, step, steps

_OCSP_ALONE = (
    "展开“判定条件”,在“被签原文”处给出所问的那张证书,再重新判定",
    "open “Circumstances”, give the certificate in question under “Signed data” and judge again",
)
_MODES = {
    "required": ("必须查明吊销情况", "revocation must be known"),
    "if-known": ("已知吊销才算", "revocation counts if known"),
    "ignored": ("不查吊销", "revocation not asked for"),
}


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
        "moment": moment(verdict.moment if verdict is not None else None, place),
        "mode": _MODES[revocation][place],
        "remarks": [worded(one[place], place) for one in report.remarks],
        "who": who(report, place),
        "ca": ca(report, place),
        "boxes": boxes(report, names, place),
        "others": [f"{names.number(one)} {plain(str(one.subject))}" for one in report.others],
        "advice": [looks.todo[place]] if looks is not None
        else [_OCSP_ALONE[place]] if report.kind == "ocsp" and verdict is None
        else list(dict.fromkeys(worded(one, place) for one in advice(reasons, language))),
        "steps": [step(depth, one, names, place) for depth, one in steps(report)],
        "forgiven": each(names.short(forgiven(one, place)) for one in verdict.forgiven) if verdict else [],
        "lint": [
            plain(f"{one.row.zh if place == 0 else one.row.en}({one.row.clause}) {one.evidence}")
            for one in report.lint
        ],
        # Of what is nothing of ours it helps nobody what its octets are not.
        "rows": [] if looks is not None
        else [(row.zh if place == 0 else row.en, said(row.value, place)) for row in report.rows],
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
        "headline": plain(spoken(report.headline(language), place) + _whose(report, place)),
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
        by = name_of(report.chain[-1])
        return f":由「{by}」签发" if place == 0 else f": issued by “{by}”"
    if not report.ok or found is None or found.ca is None or not report.chain:
        return ""
    name, ca = name_of(report.chain[-1]), f"{found.ca.id} {found.ca.zh if place == 0 else found.ca.en}"
    if report.kind in ("certificate", "bundle"):
        return f":「{name}」的证书,由 {ca} 颁发" if place == 0 else f": the certificate of “{name}”, by {ca}"
    return (
        f":由「{name}」签署,证书由 {ca} 颁发" if place == 0 else f": signed by “{name}”, certificate by {ca}"
    )
