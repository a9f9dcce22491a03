"""Every check of a judgement as a line of the page: what was looked at, by which clause, how it came out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from certs.cli.naming import Names, plain
from certs.cli.report import Report, lines, mark
from certs.cli.text import told
from certs.verdict import SOURCES, Check, Moment
from hub.console import wording
from hub.console.clocks import local, timed
from hub.console.speaking import said, spoken

_ABOUT = {
    "signing": "签名", "stamping": "签发时间戳", "enciphering": "加密", "anything": "不限用途",
    "signer": "签名者", "message": "数据", "content": "原文", "(document)": "整个文件", "cms": "签名数据",
    "signing-certificate": "签名证书属性", "TSTInfo": "时间戳内容",
}  # fmt: skip
_MOST_STEPS = 400


def moment(moment: Moment | None, place: int) -> dict[str, str] | None:
    if moment is None:
        return None
    source = SOURCES.get(moment.source, (moment.source,) * 2)[place]
    return {"at": local(moment.at), "source": source, "evidence": said(moment.evidence, place)}


def steps(report: Report) -> Iterator[tuple[int, Check]]:
    checks = report.verdict.checks if report.verdict is not None else ()
    for place, one in enumerate(lines(checks)):
        if place >= _MOST_STEPS:
            return
        yield one


def step(depth: int, check: Check, names: Names, place: int) -> dict[str, Any]:
    row = check.row
    inside = any(one.reasons for one in check.inner)
    return {
        "depth": min(depth, 6),
        "outcome": check.outcome,
        "mark": mark(check),
        "title": row.zh if place == 0 else row.en,
        "clause": wording.clause(check.name, row.clause, place),
        "at": plain(names.short(_ABOUT.get(check.at, check.at) if place == 0 else check.at)),
        "evidence": said(names.short(check.evidence), place),
        "moment": moment(check.moment, place),
        "why": []
        if inside
        else [plain(timed(spoken(names.short(told(one, place)), place))) for one in check.reasons],
    }
