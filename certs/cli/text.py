"""A report for the terminal: the chain as a tree, then step by step, in Chinese or English."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from certs.cli.advice import advice
from certs.cli.kinds import ZH
from certs.cli.naming import Names, plain
from certs.cli.phrases import chinese
from certs.cli.report import Report, lines, mark
from certs.trustlist.algorithms import key_of, signed_with
from certs.trustlist.quirks import quirk_of
from certs.verdict import SOURCES, Check, Reason

_MOST_TOLD = 50
_WORDS = {
    "contents": ("内容", "Contents"), "chain": ("证书链", "Chain"), "steps": ("逐条判定", "Step by step"),
    "forgiven": ("已宽容", "Forgiven"), "lint": ("格式规范检查(不影响结论)", "Profile lint (does not count)"),
    "advice": ("建议", "What to do"), "result": ("结论", "Result"),
    "others": ("其他证书", "Other certificates"),
}  # fmt: skip


def render(report: Report, language: str = "zh") -> str:
    lines = _render(report, 0 if language == "zh" else 1, language)
    return "".join(f"{plain(line)}\n" for line in lines)


def _render(report: Report, place: int, language: str) -> Iterator[str]:
    yield f"{report.mark} {report.headline(language)}"
    yield f"  {ZH[report.kind] if place == 0 else report.kind}  {report.file}"
    for remark in report.remarks:
        yield f"  ※ {remark[place]}"
    names = report.names
    if report.chain:
        yield from _head("chain", place)
        yield from tree(report, names, place)
    if report.others:
        yield from _head("others", place)
        yield from (f"  {names.number(one)} {one.subject}" for one in report.others)
    yield from (names.short(line) for line in _told(report, place, language))


def _told(report: Report, place: int, language: str) -> Iterator[str]:
    """All that speaks of certificates after they have been named."""
    verdict = report.verdict
    if report.rows:
        yield from _head("contents", place)
        yield from (f"  {row.zh if place == 0 else row.en}: {row.value}" for row in report.rows)
    if verdict is not None:
        yield from _head("steps", place)
        for depth, check in lines(verdict.checks):
            yield from step(check, depth, place)
        if verdict.forgiven:
            yield from _head("forgiven", place)
            yield from (f"  · {one}" for one in dict.fromkeys(forgiven(r, place) for r in verdict.forgiven))
    if report.lint:
        yield from _head("lint", place)
        for found in report.lint:
            row = found.row
            yield f"  · [{found.severity}] {row.zh if place == 0 else row.en}({row.clause}) {found.evidence}"
    yield from _head("result", place)
    yield f"  {report.mark} {report.headline(language)}"
    for line in dict.fromkeys(told(one, place) for one in (verdict.reasons if verdict else ())[:_MOST_TOLD]):
        yield f"    · {line}"
    if verdict is not None:
        detail = f"SOF {verdict.sof_code}" + (f", {verdict.sub_indication}" if verdict.sub_indication else "")
        if verdict.moment is not None:
            source = SOURCES.get(verdict.moment.source, (verdict.moment.source,) * 2)[place]
            detail += f", {verdict.moment.at.isoformat()}({source})"
        yield f"    {detail}"
        todo = advice(verdict.reasons, language)
        if todo:
            yield from _head("advice", place)
            yield from (f"  → {one}" for one in todo)


def _head(name: str, place: int) -> Iterator[str]:
    yield ""
    yield f"── {_WORDS[name][place]} ──"


def tree(report: Report, names: Names, place: int) -> Iterator[str]:
    """Anchor first, each a level below its issuer."""
    for depth, one in enumerate(report.chain):
        branch = "  " + "   " * max(0, depth - 1) + ("└─ " if depth else "")
        indent = "  " + "   " * depth
        family, bits = key_of(one)
        on_list = (
            ("  ★ 在信任列表" if place == 0 else "  ★ on the trust list") if one.raw in report.listed else ""
        )
        yield f"{branch}{names.number(one)} {one.subject}{on_list}"
        life = f"{one.not_before:%Y-%m-%d} – {one.not_after:%Y-%m-%d}"
        yield f"{indent}{life}  {family} {bits or ''}  {signed_with(one)}  #{one.serial:x}"


def step(check: Check, depth: int, place: int) -> Iterator[str]:
    """One line for the step, one for each reason against it."""
    indent = "  " + "   " * depth
    row = check.row
    clause = f"({row.clause})" if row.clause else ""
    about = f" — {check.at}" if check.at else ""
    yield f"{indent}{mark(check)} {row.zh if place == 0 else row.en}{clause}{about}"
    if check.evidence:
        yield f"{indent}     {check.evidence}"
    if not any(inner.reasons for inner in check.inner):
        for reason in check.reasons:
            yield f"{indent}     {told(reason, place)}"


def told(reason: Reason, place: int) -> str:
    clause = f"({reason.row.clause})" if reason.row.clause else ""
    if place == 0:
        reason = replace(reason, detail=chinese(reason.detail))
    return f"{reason.zh if place == 0 else reason.en}{clause}"


def forgiven(reason: Reason, place: int) -> str:
    """In the words of the quirk, if it has a name."""
    quirk = quirk_of(reason.detail)
    if quirk.name == reason.detail and quirk.zh == reason.detail:
        return told(reason, place)
    text = quirk.zh if place == 0 else quirk.en
    return f"{text} [{quirk.name}] {reason.at}"
