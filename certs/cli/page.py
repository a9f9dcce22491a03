"""A report as one page: self-contained, light and dark, with the chain drawn."""

from __future__ import annotations

import html
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

from certs.cli.advice import advice
from certs.cli.drawing import drawing
from certs.cli.kinds import ZH
from certs.cli.naming import Names, plain
from certs.cli.report import Report, lines, mark
from certs.cli.text import forgiven, told
from certs.verdict import SOURCES, Check

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_WORDS = {
    "chain": ("证书链", "Chain"), "contents": ("内容", "Contents"), "steps": ("逐条判定", "Step by step"),
    "forgiven": ("已宽容", "Forgiven"), "lint": ("格式规范检查(不影响结论)", "Profile lint (does not count)"),
    "advice": ("建议", "What to do"),
}  # fmt: skip


def escape(text: str) -> str:
    return html.escape(plain(text))


@cache
def _css() -> str:
    return (files("certs.data") / "page.css").read_text(encoding="utf-8")


def page(report: Report, language: str = "zh") -> str:
    place = 0 if language == "zh" else 1
    title = f"{ZH[report.kind] if place == 0 else report.kind} · {report.file}"
    body = "".join(_body(report, place, language))
    return (
        f'<!doctype html><html lang="{"zh-CN" if place == 0 else "en"}"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        f"<title>{escape(title)}</title><style>{_css()}</style><main>{body}</main></html>\n"
    )


def _body(report: Report, place: int, language: str) -> Iterator[str]:
    yield f"<h1>{escape(ZH[report.kind] if place == 0 else report.kind)}</h1>"
    yield f'<div class="file">{escape(report.file)}</div>'
    yield from _verdict(report, place, language)
    names = report.names
    if report.chain:
        drawn = drawing(report, names, place)
        yield f'<h2>{_WORDS["chain"][place]}</h2><div class="card drawing">{drawn}</div>'
    verdict = report.verdict
    if verdict is not None:
        yield from _bullets("advice", advice(verdict.reasons, language), place)
        steps = "".join(_step(depth, check, names, place) for depth, check in lines(verdict.checks))
        yield f'<h2>{_WORDS["steps"][place]}</h2><ol class="steps card">{steps}</ol>'
        yield from _bullets(
            "forgiven", [names.short(forgiven(one, place)) for one in verdict.forgiven], place
        )
    found = [f"[{one.severity}] {one.row.zh if place == 0 else one.row.en}({one.row.clause}) {one.evidence}"
             for one in report.lint]  # fmt: skip
    yield from _bullets("lint", found, place)
    if report.rows:
        rows = "".join(
            f"<dt>{escape(row.zh if place == 0 else row.en)}</dt><dd>{escape(row.value)}</dd>"
            for row in report.rows
        )
        yield f'<h2>{_WORDS["contents"][place]}</h2><dl class="card">{rows}</dl>'


def _verdict(report: Report, place: int, language: str) -> Iterator[str]:
    verdict = report.verdict
    state = (
        "" if verdict is None else verdict.state if report.certified or not verdict.ok else "indeterminate"
    )
    yield f'<section class="card verdict {state}"><strong>{escape(report.headline(language))}</strong>'
    if verdict is not None:
        yield f'<div class="clause">SOF {verdict.sof_code} {escape(verdict.sub_indication)}'
        if verdict.moment is not None:
            source = SOURCES.get(verdict.moment.source, (verdict.moment.source,) * 2)[place]
            yield f" · {escape(verdict.moment.at.isoformat())}({escape(source)})"
        yield "</div>"
    for remark in report.remarks:
        yield f'<div class="remark">※ {escape(remark[place])}</div>'
    yield "</section>"


def _bullets(name: str, texts: list[str], place: int) -> Iterator[str]:
    if texts:
        rows = "".join(f"<li>{escape(text)}</li>" for text in dict.fromkeys(texts))
        yield f'<h2>{_WORDS[name][place]}</h2><div class="card"><ul>{rows}</ul></div>'


def _step(depth: int, check: Check, names: Names, place: int) -> str:
    row = check.row
    clause = f' <span class="clause">{escape(row.clause)}</span>' if row.clause else ""
    about = f'<div class="at">{escape(names.short(check.at))}</div>' if check.at else ""
    evidence = f'<div class="evidence">{escape(names.short(check.evidence))}</div>' if check.evidence else ""
    why = (
        ""
        if any(one.reasons for one in check.inner)
        else "".join(
            f'<div class="why">{escape(names.short(told(reason, place)))}</div>' for reason in check.reasons
        )
    )
    return (
        f'<li class="{check.outcome}" style="margin-left:{depth * 1.6}rem">'
        f'<span class="m">{mark(check)}</span>'
        f"<div>{escape(row.zh if place == 0 else row.en)}{clause}{about}{evidence}{why}</div></li>"
    )
