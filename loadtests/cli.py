"""`hutong load`: which shapes there are, run one, work a run's report out again."""

from __future__ import annotations

import argparse
import importlib.util
import json
import sys
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from hub.message import CST
from loadtests import options
from loadtests.keys import find_key, read_key
from loadtests.machine import machine
from loadtests.objectives import objectives
from loadtests.report import document, page
from loadtests.run import execute
from loadtests.shapes import SHAPES
from loadtests.target import preflight, refused
from loadtests.verdict import EXIT, Verdict

SUMMARY = "压力测试:按计划到达、逐条记账、给出结论(PASS / FAIL / INVALID)"
USAGE, COULD_NOT_RUN = 2, 3


def configure(parser: argparse.ArgumentParser) -> None:
    """Three verbs of its own."""
    verbs = parser.add_subparsers(dest="verb", required=True)
    shapes = verbs.add_parser("shapes", help="有哪些负载形状 / the load shapes")
    shapes.add_argument("--json", action="store_true", help="JSON")
    report = verbs.add_parser("report", help="由台账重算结论与报告 / work the report out again")
    report.add_argument("directory", metavar="DIR", type=Path)
    report.add_argument("--json", action="store_true", help="JSON")
    options.configure(verbs.add_parser("run", help="执行一次 / run one shape"))


def run(args: argparse.Namespace) -> int:
    """Dispatch; exit codes are those of contracts.md."""
    if args.verb == "shapes":
        return _shapes(args.json)
    if args.verb == "report":
        return _report(args.directory, as_json=args.json)
    return _run(args)


def _shapes(as_json: bool) -> int:
    rows = [
        {
            "id": shape.id,
            "zh": shape.zh,
            "en": shape.en,
            "profile": shape.profile,
            "users": shape.users,
            "seconds": shape.seconds,
            "rate": shape.rate,
            "objectives": [asdict(row) for row in objectives(shape.id)],
        }
        for shape in SHAPES.values()
    ]
    if as_json:
        print(json.dumps(rows, ensure_ascii=False, indent=1))
        return 0
    for row in rows:
        print(f"{row['id']:<14} {row['profile']}  {row['zh']} / {row['en']}")
        for wanted in objectives(str(row["id"])):
            print(
                f"{'':<18} {wanted.metric} {wanted.comparison} {wanted.value:g} {wanted.unit}  ({wanted.zh})"
            )
    return 0


def _run(args: argparse.Namespace) -> int:
    why = refused(args.target, owned=args.i_own_this_target)
    if why:
        return _stop(why, USAGE)
    if importlib.util.find_spec("locust") is None:
        return _stop(
            "缺少 locust,请安装附加部分 load / missing part: pip install 'hutong[load]'", COULD_NOT_RUN
        )
    key_file = args.key or find_key(args.data / "keys", args.sender)
    if key_file is None:
        return _stop(
            f"{args.data}/keys 中没有 {args.sender} 的密钥,请用 --key 指定 / no key found", COULD_NOT_RUN
        )
    try:
        key = read_key(key_file)
    except (OSError, ValueError, KeyError, TypeError) as error:
        return _stop(f"密钥文件不可用 / unusable key file {key_file}: {type(error).__name__}", COULD_NOT_RUN)
    if key.owner != args.sender:
        return _stop(f"该密钥属于 {key.owner},不是 {args.sender} / the key is another's", COULD_NOT_RUN)
    settings = options.settings(args, key_file)
    why = preflight(settings.target, key, settings.run)
    if why:
        return _stop(why, COULD_NOT_RUN)
    stamp = datetime.now(CST).strftime("%Y%m%d-%H%M%S")
    directory = args.out or Path(".hutong") / "load" / f"{stamp}-{settings.shape}-{settings.run}"
    execute(settings, directory, _say)
    return _report(directory, as_json=args.json, about=machine())


def _report(directory: Path, *, as_json: bool, about: dict[str, Any] | None = None) -> int:
    try:
        report = document(directory, about)
    except (OSError, ValueError, KeyError, TypeError) as error:
        return _stop(str(error), COULD_NOT_RUN)
    text = json.dumps(report, ensure_ascii=False, indent=1)
    (directory / "report.json").write_text(text, "utf-8")
    (directory / "report.html").write_text(page(report), "utf-8")
    if as_json:
        print(text)
    else:
        _summary(report, directory)
    return EXIT[Verdict(report["verdict"])]


def _summary(report: dict[str, Any], directory: Path) -> None:
    counts, latency = report["counts"], report["latency_ms"]
    print(f"结论 verdict: {report['verdict']}  {report['shape']['zh']}")
    words = {
        "planned": "计划",
        "sent": "发出",
        "acknowledged": "受理",
        "failures": "未成功",
        "lost": "丢失",
        "doubled": "重复",
    }
    print("  ".join(f"{zh} {name} {counts[name]}" for name, zh in words.items()))
    print(f"时延 latency ms: p50 {latency['p50']:.1f}  p95 {latency['p95']:.1f}  p99 {latency['p99']:.1f}")
    if counts["failures"]:
        print("应答 answers: " + "  ".join(f"{name} ×{count}" for name, count in report["outcomes"].items()))
    for reason in report["reasons"]:
        print(f"- {reason['zh']} / {reason['en']}")
    print(f"报告 report: {directory / 'report.html'}")


def _stop(why: str, code: int) -> int:
    print(f"hutong load: {why}", file=sys.stderr)
    return code


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
