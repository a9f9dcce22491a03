"""`hutong load`: which shapes there are, run one, work a run's report out again."""

from __future__ import annotations

import argparse
import importlib.util
import json
import secrets
import sys
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from hub.message import CST
from loadtests.keys import find_key, read_key
from loadtests.machine import machine
from loadtests.objectives import objectives
from loadtests.report import document, page
from loadtests.run import Settings, execute
from loadtests.shapes import SHAPES
from loadtests.target import preflight, refused
from loadtests.verdict import EXIT, Limits, Verdict

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
    _configure_run(verbs.add_parser("run", help="执行一次 / run one shape"))


def _configure_run(run: argparse.ArgumentParser) -> None:
    limits = Limits()
    run.add_argument("shape", metavar="SHAPE", choices=sorted(SHAPES), help=" ".join(SHAPES))
    run.add_argument("--target", required=True, metavar="URL", help="如 http://127.0.0.1:8700")
    run.add_argument("--key", type=Path, metavar="FILE", help="发送方密钥文件(默认在 --data 的 keys 中找)")
    run.add_argument(
        "--as", dest="sender", default="T01", metavar="ID", help="以哪个系统的身份发送(默认 T01)"
    )
    run.add_argument("--data", type=Path, default=Path(".hutong"), metavar="DIR", help="枢纽数据目录")
    run.add_argument("--realm", choices=("sandbox", "production"), default="sandbox", help="报文头 realm")
    run.add_argument("--seconds", type=_positive, metavar="N", help="时长 / measured seconds")
    run.add_argument("--users", type=_count, metavar="N", help="并发用户(连接)数")
    run.add_argument("--rate", type=_positive, metavar="R", help="每秒到达数 / arrivals a second")
    run.add_argument("--seed", type=int, metavar="N", help="随机种子(默认每次不同,报告中写明)")
    run.add_argument("--out", type=Path, metavar="DIR", help="台账与报告目录")
    run.add_argument("--timeout", type=_positive, default=30.0, metavar="S", help="单次调用时限(秒)")
    run.add_argument("--drain", type=_positive, default=5.0, metavar="S", help="计划结束后继续补发的秒数")
    run.add_argument(
        "--lag-bound", type=float, default=limits.lag_p99_ms, metavar="MS", help="压测机滞后 p99 上限"
    )
    run.add_argument(
        "--cpu-bound", type=float, default=limits.cpu, metavar="X", help="压测机 CPU 占用上限(0-1)"
    )
    run.add_argument("--i-own-this-target", action="store_true", help="目标不是本机,但确属自有")
    run.add_argument("--json", action="store_true", help="JSON")


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
    settings = _settings(args, key_file)
    why = preflight(settings.target, key, settings.run)
    if why:
        return _stop(why, COULD_NOT_RUN)
    stamp = datetime.now(CST).strftime("%Y%m%d-%H%M%S")
    directory = args.out or Path(".hutong") / "load" / f"{stamp}-{settings.shape}-{settings.run}"
    execute(settings, directory, _say)
    return _report(directory, as_json=args.json, about=machine())


def _settings(args: argparse.Namespace, key_file: Path) -> Settings:
    shape, limits = SHAPES[args.shape], Limits()
    changed = [name for name in ("seconds", "users", "rate") if getattr(args, name) is not None]
    changed += ["lag-bound"] if args.lag_bound != limits.lag_p99_ms else []
    changed += ["cpu-bound"] if args.cpu_bound != limits.cpu else []
    return Settings(
        shape=shape.id,
        target=args.target.rstrip("/"),
        key=str(key_file.resolve()),
        run=secrets.token_hex(4),
        seed=secrets.randbelow(1_000_000) if args.seed is None else args.seed,
        users=args.users or shape.users,
        rate=args.rate or shape.rate,
        seconds=args.seconds or shape.seconds,
        realm=args.realm,
        timeout=args.timeout,
        drain=args.drain,
        lag_bound_ms=args.lag_bound,
        cpu_bound=args.cpu_bound,
        changed=tuple(changed),
    )


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


def _positive(text: str) -> float:
    value = float(text)
    if not 0 < value < 1e9:
        raise argparse.ArgumentTypeError(f"{text}: 须为正数 / must be positive")
    return value


def _count(text: str) -> int:
    value = int(text)
    if not 0 < value <= 10_000:
        raise argparse.ArgumentTypeError(f"{text}: 1..10000")
    return value
