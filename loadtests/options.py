"""The flags of `hutong load run`, and the settings they make with a shape's own profile."""

from __future__ import annotations

import argparse
import secrets
from pathlib import Path

from loadtests.run import Settings
from loadtests.shapes import SHAPES
from loadtests.trust import Limits


def configure(run: argparse.ArgumentParser) -> None:
    """All flags of `run`."""
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


def settings(args: argparse.Namespace, key_file: Path) -> Settings:
    """What was asked for, else the shape's own; what differs from the profile is named."""
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
