"""The verbs that show: list, coverage, report, verify. None of them talks to a system."""

from __future__ import annotations

import argparse
import json
import sys

from conformance import terminal
from conformance.register import asked_by, contradictions, requirements
from conformance.report import verify
from conformance.report.files import read, redraw
from conformance.suite import cases

OK, SHORT, COULD_NOT_RUN = 0, 1, 3


def listing(args: argparse.Namespace) -> int:
    """All cases."""
    rows = [
        {
            "id": c.id,
            "requirement": c.requirement,
            "strength": c.level.value,
            "profile": c.profile.value,
            "dialect": c.dialect or "hub-unified-v1",
            "needs": list(c.needs),
            "title": c.title.say(args.lang),
            "why": c.why,
        }
        for c in cases()
    ]
    if args.json:
        print(json.dumps(rows, ensure_ascii=False))
        return OK
    for row in rows:
        print(f"{row['requirement']:<10} {row['strength']:<6} {row['id']}\n{'':<18}{row['title']}")
    print(f"共 {len(rows)} 个用例" if args.lang == "zh" else f"{len(rows)} cases")
    return OK


def covered(args: argparse.Namespace) -> int:
    """Clauses against cases; 1 when they do not fit together."""
    asked, register = asked_by(cases()), requirements()
    wrong = contradictions(register, cases())
    if args.json:
        rows = [row.public(asked.get(row.id, ())) for row in register.values()]
        print(json.dumps({"requirements": rows, "contradictions": wrong}, ensure_ascii=False))
        return SHORT if wrong else OK
    for row in register.values():
        print(f"{row.area} {row.id:<10} {row.strength:<6} {row.clause.say(args.lang)}")
        for name in asked.get(row.id, ()):
            print(f"{'':<15}+ {name}")
        if row.reason:
            print(f"{'':<15}- {row.reason.split(' / ')[0 if args.lang == 'zh' else -1]}")
    tested = sum(1 for row in register.values() if row.id in asked)
    print(
        f"{tested}/{len(register)} 条有用例"
        if args.lang == "zh"
        else f"{tested} of {len(register)} clauses have cases"
    )
    for text in wrong:
        print(f"!! {text}", file=sys.stderr)
    return SHORT if wrong else OK


def redrawn(args: argparse.Namespace) -> int:
    """JUnit and HTML drawn anew, the summary printed."""
    try:
        report = read(args.place)
        redraw(report, args.place if args.place.is_dir() else args.place.parent, args.lang)
    except (OSError, ValueError, KeyError) as error:
        print(f"hutong conform: {args.place}: {error}", file=sys.stderr)
        return COULD_NOT_RUN
    print(
        json.dumps(report, ensure_ascii=False) if args.json else terminal.told(report, args.place, args.lang)
    )
    return terminal.exit_code(report, partial=False)


def verified(args: argparse.Namespace) -> int:
    """Is a report that somebody handed over sound? Offline."""
    try:
        report = read(args.place)
    except (OSError, ValueError) as error:
        print(f"hutong conform: {args.place}: {error}", file=sys.stderr)
        return COULD_NOT_RUN
    wrong = [text.say(args.lang) for text in verify(report, [case.id for case in cases()])]
    verdict = report.get("verdict", "")
    if args.json:
        print(json.dumps({"ok": not wrong, "verdict": verdict, "wrong": wrong}, ensure_ascii=False))
    else:
        sound = "报告完整,结论" if args.lang == "zh" else "sound, verdict"
        print("\n".join(wrong) if wrong else f"{sound} {verdict} {report['digest']}")
    return SHORT if wrong else OK
