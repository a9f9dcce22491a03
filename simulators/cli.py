"""`hutong sim`: list the systems, start them, set faults, say what faults there are."""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import sys
import tempfile
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

SUMMARY = "模拟的对接系统:列出、启动、设故障 / the simulated systems"
OK, USAGE, COULD_NOT_RUN = 0, 2, 3


def configure(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="action", required=True)
    listing = verbs.add_parser("list", help="135 个系统,能否启动")
    listing.add_argument("--json", action="store_true")
    up = verbs.add_parser("up", help="在一个进程里启动")
    up.add_argument("--systems", default="all", help="all 或逗号分隔的系统编号")
    up.add_argument("--hub", default="", help="枢纽地址")
    up.add_argument("--keys", type=Path, help="共享密钥目录")
    up.add_argument("--peers", type=Path, help="写给枢纽的 peers.toml")
    up.add_argument("--port", type=int, default=0)
    up.add_argument("--management-port", type=int, default=0)
    up.add_argument("--seed", type=int, default=1)
    up.add_argument("--variant", default="", help="T01 的错误变体")
    up.add_argument("--pki", type=Path, help="双向 TLS 的测试 PKI 目录")
    up.add_argument("--realm", default="sandbox")
    up.add_argument("--chaos", type=float, default=0.0, help="每次调用随机出一个常见故障的概率,如 0.02")
    up.add_argument("--json", action="store_true", help="就绪行总是 JSON,此开关仅为统一")
    fault = verbs.add_parser("fault", help="给一个运行中的系统设故障或解除")
    fault.add_argument("system")
    fault.add_argument("name", nargs="?", help="故障名;省略即列出已设的")
    fault.add_argument("--management", required=True, help="管理端口地址")
    fault.add_argument("--times", type=int, default=1, help="次数;0 为直到解除")
    fault.add_argument("--match", default="{}", help='JSON,例 {"path": "/push"}')
    fault.add_argument("--lift", action="store_true", help="解除全部")
    fault.add_argument("--json", action="store_true")
    ways = verbs.add_parser("behaviours", help="故障表与 T01 的错误变体")
    ways.add_argument("--json", action="store_true")


def run(args: argparse.Namespace) -> int:
    if args.action == "list":
        return _list(args.json)
    if args.action == "behaviours":
        return _behaviours(args.json)
    if args.action == "fault":
        return _fault(args)
    return _up(args)


def _list(as_json: bool) -> int:
    from simulators.fleet import cannot
    from simulators.roll import roll

    rows = [
        {
            "id": r.id,
            "zh": r.zh,
            "dialect": r.dialect,
            "variant": r.variant,
            "can_start": not why,
            "reason": why,
        }
        for r in roll().values()
        for why in (cannot(r),)
    ]
    if as_json:
        print(json.dumps(rows, ensure_ascii=False))
        return OK
    for row in rows:
        print(
            f"{row['id']:<4} {row['dialect']:<18} {'可启动' if row['can_start'] else '未实现'}  {row['zh']}"
        )
    able = sum(1 for row in rows if row["can_start"])
    print(f"共 {len(rows)} 个系统,{able} 个可启动")
    return OK


def _behaviours(as_json: bool) -> int:
    from simulators.faults import faults
    from simulators.systems.t01 import VARIANTS

    table = [
        {"name": f.name, "mechanism": f.mechanism, "dialects": sorted(f.dialects), "zh": f.zh}
        for f in faults().values()
    ]
    variants = [{"name": name, "zh": (kind.__doc__ or "").strip()} for name, kind in VARIANTS.items()]
    if as_json:
        print(json.dumps({"faults": table, "variants": variants}, ensure_ascii=False))
        return OK
    for row in table:
        print(f"{row['name']:<26} {row['mechanism']:<8} {row['zh']}  [{', '.join(row['dialects']) or '*'}]")
    print()
    for variant in variants:
        print(f"T01 --variant {variant['name']:<22} {variant['zh']}")
    return OK


def _fault(args: argparse.Namespace) -> int:
    url = f"{args.management.rstrip('/')}/systems/{args.system}/faults"
    method, body = "GET", None
    if args.lift:
        method = "DELETE"
    elif args.name:
        told: dict[str, Any] = {
            "name": args.name,
            "times": args.times or None,
            "match": json.loads(args.match),
        }
        method, body = "POST", json.dumps(told).encode("utf-8")
    request = urllib.request.Request(url, data=body, method=method)  # noqa: S310 - the operator's own address
    try:
        with urllib.request.urlopen(request, timeout=10) as reply:  # noqa: S310
            print(reply.read().decode("utf-8"))
    except urllib.error.HTTPError as error:
        print(error.read().decode("utf-8"), file=sys.stderr)
        return 1
    except OSError as error:
        print(f"hutong sim fault: {url}: {error}", file=sys.stderr)
        return COULD_NOT_RUN
    return OK


def _up(args: argparse.Namespace) -> int:
    from simulators.roll import roll
    from simulators.systems.t01 import VARIANTS

    idents = () if args.systems == "all" else tuple(part for part in args.systems.split(",") if part)
    unknown = [ident for ident in idents if ident not in roll()]
    if unknown:
        print(f"hutong sim up: 目录里没有 {', '.join(unknown)}", file=sys.stderr)
        return USAGE
    if args.variant and args.variant not in VARIANTS:
        print(f"hutong sim up: --variant: {', '.join(VARIANTS)}", file=sys.stderr)
        return USAGE
    with tempfile.TemporaryDirectory(prefix="hutong-sim-") as scratch:
        pki = args.pki or (args.peers.parent / "sim-pki" if args.peers else Path(scratch))
        with asyncio.Runner(loop_factory=_loop()) as runner:
            return runner.run(_serve(args, idents, pki))


def _loop() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop's where it is installed (not on Windows)."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop


async def _serve(args: argparse.Namespace, idents: tuple[str, ...], pki: Path) -> int:
    from simulators.fleet import Fleet, Options
    from simulators.management import Management
    from simulators.peers import write

    fleet = Fleet.muster(
        Options(idents, args.hub, args.keys, args.seed, args.variant, pki, args.realm, args.chaos)
    )
    await fleet.start(args.port)
    management = Management(fleet)
    steering = await management.start(args.management_port)
    if args.peers:
        write(args.peers, fleet.peers())
    _tell_waiting(fleet.waiting)
    ready = {
        "ready": True,
        "base": fleet.base,
        "management": steering,
        "systems": list(fleet.systems),
        "cannot_start": fleet.waiting,
    }
    if fleet.tls_base:
        ready["tls_base"] = fleet.tls_base
    print(json.dumps(ready, ensure_ascii=False), flush=True)
    await _until_told()
    await management.stop()
    await fleet.stop()
    return OK


def _tell_waiting(waiting: dict[str, str]) -> None:
    """Which systems did not start, by reason."""
    for reason, count in Counter(waiting.values()).items():
        names = ", ".join(ident for ident, why in waiting.items() if why == reason)
        print(f"hutong sim: {count} 个未启动: {reason}: {names}", file=sys.stderr)


async def _until_told() -> None:
    """SIGTERM or Ctrl-C; on Windows, where loops take no signal handlers, Ctrl-C alone."""
    done = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        try:
            loop.add_signal_handler(number, done.set)
        except NotImplementedError:
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(done.set))
    await done.wait()
