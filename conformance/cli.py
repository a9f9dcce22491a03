"""`hutong conform`: run the suite, look before it, show what it asks, check what it said."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

SUMMARY = "符合性测试:检验第三方电子交易系统 / the conformance suite"
COULD_NOT_RUN = 3


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
    """Loads what the verb needs and nothing else; bad plans and absent systems end with 3."""
    from conformance.launch import LaunchError
    from conformance.plan import PlanError
    from conformance.verdict import SystemUnreachable

    try:
        return _chosen(args)
    except (PlanError, LaunchError, SystemUnreachable) as error:
        print(f"hutong conform: {error}", file=sys.stderr)
        return COULD_NOT_RUN


def _chosen(args: argparse.Namespace) -> int:
    if args.action in ("run", "doctor", "mutants"):
        from conformance import examining

        return {"run": examining.run, "doctor": examining.doctor, "mutants": examining.tried}[args.action](
            args
        )
    from conformance import showing

    verbs = {
        "list": showing.listing,
        "coverage": showing.covered,
        "report": showing.redrawn,
        "verify": showing.verified,
    }
    return verbs[args.action](args)
