"""`hutong conform`: run the suite, look before it, show what it asks, check what it said."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from conformance.verdict import SystemUnreachable

SUMMARY = "符合性测试:检验第三方电子交易系统 / the conformance suite"
OK, SHORT, USAGE, COULD_NOT_RUN = 0, 1, 2, 3


def configure(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="action", required=True)
    running = verbs.add_parser("run", help="按计划文件检验一个系统")
    _plan_options(running)
    running.add_argument("--out", type=Path, help="报告目录(report.json、junit.xml、report.html)")
    running.add_argument(
        "--only", action="append", default=[], metavar="ID", help="只做这些用例(编号、章节或条款,可多次)"
    )
    doctor = verbs.add_parser("doctor", help="检验之前:可达性、时钟、凭据")
    _plan_options(doctor)
    listing = verbs.add_parser("list", help="全部用例")
    coverage = verbs.add_parser("coverage", help="条款与用例对照,未检验的条款及原因")
    mutants = verbs.add_parser("mutants", help="以 T01 的错误变体检验本套件")
    mutants.add_argument("--only", action="append", default=[], metavar="VARIANT", help="只做这些变体")
    report = verbs.add_parser("report", help="由 report.json 重画 JUnit 与 HTML,并打印汇总")
    report.add_argument("place", type=Path, metavar="DIR")
    verify = verbs.add_parser("verify", help="离线核对一份报告:摘要、汇总、结论")
    verify.add_argument("place", type=Path, metavar="REPORT")
    for verb in (running, doctor, listing, coverage, mutants, report, verify):
        verb.add_argument("--json", action="store_true", help="标准输出为一份 JSON")
        verb.add_argument("--lang", choices=("zh", "en"), default="zh")


def _plan_options(parser: argparse.ArgumentParser) -> None:
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--plan", type=Path, help="计划文件(TOML)")
    which.add_argument(
        "--self-test",
        nargs="?",
        const="T01",
        choices=("T01", "T03"),
        metavar="ID",
        help="自行启动模拟系统 T01 或 T03 并检验",
    )
    which.add_argument(
        "--t01", dest="self_test", action="store_const", const="T01", help="同 --self-test T01"
    )
    parser.add_argument("--variant", default="", help="T01 的错误变体(与 --self-test 同用)")


def run(args: argparse.Namespace) -> int:
    from conformance.launch import LaunchError
    from conformance.plan import PlanError

    try:
        return _ACTIONS[args.action](args)
    except (PlanError, LaunchError, SystemUnreachable) as error:
        print(f"hutong conform: {error}", file=sys.stderr)
        return COULD_NOT_RUN


@contextmanager
def _plan(args: argparse.Namespace) -> Iterator[Any]:
    from conformance.launch import simulated
    from conformance.plan import load

    if args.plan is not None:
        yield load(args.plan)
        return
    with simulated(args.self_test, args.variant) as running:
        yield load(running.plan)


def _run(args: argparse.Namespace) -> int:
    from conformance import terminal
    from conformance.report.files import write
    from conformance.session import examined
    from conformance.suite import cases

    if args.variant and args.self_test is None:
        return _usage("--variant 只与 --self-test 同用 / needs --self-test")
    chosen = [
        case for case in cases() if not args.only or any(terminal.named(case, word) for word in args.only)
    ]
    if not chosen:
        return _usage(f"没有这样的用例 / no such case: {', '.join(args.only)}; hutong conform list")
    out = sys.stderr if args.json else sys.stdout
    with _plan(args) as plan:
        print(terminal.heading(plan, len(chosen), args.lang), file=out)
        report = examined(plan, chosen, lambda outcome: _tell(terminal.line(outcome, args.lang), out))
    if args.out is not None:
        write(report, args.out, args.lang)
    if args.json:
        print(json.dumps(report, ensure_ascii=False))
    print(terminal.closing(report, args.out, args.lang), file=out)
    return terminal.exit_code(report, partial=bool(args.only))


def _tell(text: str, out: TextIO) -> None:
    if text:
        print(text, file=out, flush=True)


def _doctor(args: argparse.Namespace) -> int:
    from conformance.session import doctor

    with _plan(args) as plan:
        checks = doctor(plan)
    if args.json:
        print(json.dumps([check.public(args.lang) for check in checks], ensure_ascii=False))
    else:
        words = {True: "[ok]", False: "[!!]", None: "[??]"}
        for check in checks:
            print(
                f"{words[check.ok]} {check.name:<24} {check.detail}  {check.advice.say(args.lang)}".rstrip()
            )
    return SHORT if any(check.ok is False for check in checks) else OK


def _list(args: argparse.Namespace) -> int:
    from conformance.suite import cases

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


def _coverage(args: argparse.Namespace) -> int:
    from conformance.register import asked_by, contradictions, requirements
    from conformance.suite import cases

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


def _mutants(args: argparse.Namespace) -> int:
    from conformance import terminal
    from conformance.mutants import mutants
    from conformance.session import tried_all

    chosen = [mutant for mutant in mutants() if not args.only or mutant.variant in args.only]
    if not chosen:
        return _usage(f"没有这样的变体 / no such variant: {', '.join(args.only)}")
    kills = []
    for kill in tried_all(chosen):
        kills.append(kill)
        print(terminal.kill_line(kill, args.lang), file=sys.stderr if args.json else sys.stdout, flush=True)
    if args.json:
        print(json.dumps([terminal.kill_row(kill) for kill in kills], ensure_ascii=False))
    else:
        print(terminal.matrix(kills, args.lang))
    return OK if all(kill.sound for kill in kills) else SHORT


def _report(args: argparse.Namespace) -> int:
    from conformance import terminal
    from conformance.report.files import read, redraw

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


def _verify(args: argparse.Namespace) -> int:
    from conformance.report import verify
    from conformance.report.files import read
    from conformance.suite import cases

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


def _usage(text: str) -> int:
    print(f"hutong conform: {text}", file=sys.stderr)
    return USAGE


_ACTIONS = {
    "run": _run,
    "doctor": _doctor,
    "list": _list,
    "coverage": _coverage,
    "mutants": _mutants,
    "report": _report,
    "verify": _verify,
}
