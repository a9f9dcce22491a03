"""What the terminal shows: a line per case while it runs, a closing with what to mend, the mutant matrix."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from conformance.case import Case
from conformance.driver import Outcome
from conformance.mutants import Kill
from conformance.plan import Plan
from conformance.report.page import VERDICTS, WORDS
from conformance.verdict import Verdict

MARKS = {"pass": "[ ok ]", "fail": "[FAIL]", "error": "[ERR ]", "skip": "[skip]", "not-applicable": "[ -- ]"}
INDENT = " " * 7


def named(case: Case, word: str) -> bool:
    """Does this word of `--only` mean this case: its id, the beginning of it, or its clause?"""
    return case.id == word or case.id.startswith(f"{word.rstrip('/')}/") or case.requirement == word


def heading(plan: Plan, count: int, lang: str) -> str:
    spoken = plan.dialect or "hub-unified-v1"
    if lang == "en":
        return f"{plan.system} {plan.zh} {plan.version} · {plan.profile} ({spoken}) · {count} cases"
    return f"检验 {plan.system} {plan.zh} {plan.version} · {plan.profile}({spoken})· {count} 个用例"


def line(outcome: Outcome, lang: str) -> str:
    """One case as it ended; what went wrong stands below it. Not applicable ones are told at the end."""
    if outcome.verdict is Verdict.NA:
        return ""
    mark = MARKS[outcome.verdict.value]
    text = f"{mark} {outcome.case.requirement:<10} {outcome.case.title.say(lang)} ({outcome.millis} ms)"
    if outcome.verdict is Verdict.PASS:
        return text
    return f"{text}\n{INDENT}{outcome.failure.reason.say(lang)}\n{INDENT}{outcome.case.id}"


def closing(report: Mapping[str, Any], out: Path | None, lang: str) -> str:
    """Verdict, counts, and for each FAIL what was expected, what came, and what to do."""
    english = lang == "en"
    lines = [""]
    for row in report["cases"]:
        if row["verdict"] != "fail":
            continue
        lines.append(f"{row['requirement']} {row['reasonEn' if english else 'reason']}")
        for label, text in (
            ("clause" if english else "条款", row["clauseEn" if english else "clause"]),
            ("expected" if english else "期望", row["expected"]),
            ("observed" if english else "实际", row["observed"]),
            ("bytes" if english else "字节", row["difference"]),
            ("advice" if english else "建议", row["adviceEn" if english else "advice"]),
        ):
            if text:
                lines.append(f"  {label}: {_short(text)}")
    lines += _not_asked(report, english)
    words = WORDS
    counted = {**report["summary"], "not-applicable": report["summary"]["notApplicable"]}
    counts = " · ".join(f"{words[v][english]} {n}" for v, n in counted.items() if v in words and n)
    verdict = VERDICTS[report["verdict"]][english]
    profile = "" if report["profile"] == "direct" else f" [{report['profile']}: {report['dialect']}]"
    lines.append(f"{verdict}{profile}({report['verdict']})  {counts}  {report['milliseconds'] / 1000:.1f} s")
    if out is not None:
        lines.append(f"{'report' if english else '报告'}: {out / 'report.html'}")
    return "\n".join(lines)


def _not_asked(report: Mapping[str, Any], english: bool) -> list[str]:
    """One line per reason why cases do not apply."""
    reasons: dict[str, list[str]] = {}
    for row in report["cases"]:
        if row["verdict"] == Verdict.NA.value:
            reasons.setdefault(row["reasonEn" if english else "reason"], []).append(row["requirement"])
    return [
        f"{MARKS['not-applicable']} {len(names)} {'cases' if english else '个用例'}: {reason}"
        for reason, names in reasons.items()
    ]


def told(report: Mapping[str, Any], place: Path, lang: str) -> str:
    """A stored report on the terminal."""
    rows = [
        f"{MARKS[row['verdict']]} {row['requirement']:<10} {row['titleEn' if lang == 'en' else 'title']}"
        for row in report["cases"]
        if row["verdict"] != Verdict.NA.value
    ]
    return "\n".join([*rows, closing(report, place if place.is_dir() else place.parent, lang)])


def exit_code(report: Mapping[str, Any], *, partial: bool) -> int:
    """0 conformant (of a part: nothing failed and nothing broke), else 1."""
    if partial:
        return (
            0
            if report["summary"]["fail"] + report["summary"]["error"] + report["summary"]["skip"] == 0
            else 1
        )
    return 0 if report["verdict"] == "conformant" else 1


def kill_line(kill: Kill, lang: str) -> str:
    """One variant as it ended."""
    mark = "[ ok ]" if kill.sound else "[FAIL]"
    word = (
        ("caught at" if kill.killed else "NOT caught at")
        if lang == "en"
        else ("败于" if kill.killed else "未败于")
    )
    extra = f"\n{INDENT}!! {', '.join(kill.unexpected)}" if kill.unexpected else ""
    return f"{mark} {kill.mutant.variant:<24} {word} {kill.mutant.case}{extra}"


def kill_row(kill: Kill) -> dict[str, Any]:
    return {
        "variant": kill.mutant.variant,
        "case": kill.mutant.case,
        "killed": kill.killed,
        "caught": [{"case": name, "verdict": verdict.value} for name, verdict in kill.caught],
        "unexpected": list(kill.unexpected),
    }


def matrix(kills: Iterable[Kill], lang: str) -> str:
    """Which case catches which variant: `#` the named one, `+` foreseen too, `!` neither."""
    every = list(kills)
    rows = sorted({name for kill in every for name, _ in kill.caught})
    width = max((len(name) for name in rows), default=0)
    lines = [""] + [f"{number:>3} {kill.mutant.variant}" for number, kill in enumerate(every, start=1)]
    lines.append(f"{'':<{width}} {''.join(f'{number:>4}' for number in range(1, len(every) + 1))}")
    for name in rows:
        cells = []
        for kill in every:
            hit = name in dict(kill.caught)
            cells.append(
                ("#" if name == kill.mutant.case else "!" if name in kill.unexpected else "+") if hit else "."
            )
        lines.append(f"{name:<{width}} {''.join(f'{cell:>4}' for cell in cells)}")
    sound = sum(kill.sound for kill in every)
    lines.append(
        f"{sound} of {len(every)} caught as named"
        if lang == "en"
        else f"{len(every)} 个变体中 {sound} 个败于指名的用例"
    )
    return "\n".join(lines)


def _short(text: str, limit: int = 900) -> str:
    text = text if len(text) <= limit else f"{text[:limit]}…"
    return text.replace("\n", "\n      ")
