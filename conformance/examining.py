"""The verbs that examine: run, doctor, mutants."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from conformance import terminal
from conformance.launch import simulated
from conformance.mutants import mutants
from conformance.plan import Plan, load
from conformance.report.files import write
from conformance.session import doctor as looked
from conformance.session import examined, tried_all
from conformance.suite import cases

OK, SHORT, USAGE, COULD_NOT_RUN = 0, 1, 2, 3


@contextmanager
def _plan(args: argparse.Namespace) -> Iterator[Plan]:
    if args.plan is not None:
        yield load(args.plan)
        return
    with simulated(args.self_test, args.variant) as running:
        yield load(running.plan)


def run(args: argparse.Namespace) -> int:
    """Examine one system; progress case by case, reports into `--out`."""
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


def doctor(args: argparse.Namespace) -> int:
    """The preflight; a row that is wrong says what to change."""
    with _plan(args) as plan:
        checks = looked(plan)
    if args.json:
        print(json.dumps([check.public(args.lang) for check in checks], ensure_ascii=False))
    else:
        words = {True: "[ok]", False: "[!!]", None: "[??]"}
        for check in checks:
            print(
                f"{words[check.ok]} {check.name:<24} {check.detail}  {check.advice.say(args.lang)}".rstrip()
            )
    return SHORT if any(check.ok is False for check in checks) else OK


def tried(args: argparse.Namespace) -> int:
    """The suite against the broken variants of T01."""
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


def _tell(text: str, out: TextIO) -> None:
    if text:
        print(text, file=out, flush=True)


def _usage(text: str) -> int:
    print(f"hutong conform: {text}", file=sys.stderr)
    return USAGE
