"""`hutong sim up`: its options, the fleet it starts, the ready line it prints, its end."""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simulators.fleet import Fleet, Options
    from simulators.scenario import Scenario

OK, USAGE, COULD_NOT_RUN = 0, 2, 3
STRICT = 0.02
BEAT = 0.05  # seconds between two looks at what a scenario has due


def configure(up: argparse.ArgumentParser) -> None:
    up.add_argument("--systems", default="all", help="all 或逗号分隔的系统编号")
    up.add_argument("--hub", default="", help="枢纽地址")
    up.add_argument("--hub-ca", type=Path, help="签发枢纽 TLS 证书的 CA(PEM);不给即本机所信")
    up.add_argument("--keys", type=Path, help="共享密钥目录")
    up.add_argument("--peers", type=Path, help="写给枢纽的 peers.toml")
    up.add_argument("--port", type=int, default=0)
    up.add_argument("--management-port", type=int, default=0)
    up.add_argument("--seed", type=int, default=None, help="默认 1,或场景文件所写")
    up.add_argument("--variant", default="", help="T01 的错误变体")
    up.add_argument("--pki", type=Path, help="双向 TLS 的测试 PKI 目录")
    up.add_argument("--realm", default="sandbox")
    up.add_argument("--chaos", type=float, default=0.0, help="每次调用随机出一个常见故障的概率,如 0.02")
    up.add_argument("--sleepless", action="store_true", help="不打烊:银行夜间批处理、前置库夜间停用都不发生")
    up.add_argument("--strict", action="store_true", help=f"严格模式:常见故障默认开着,概率 {STRICT}")
    up.add_argument("--scenario", type=Path, help="场景文件(TOML):哪些系统、哪些故障、何时、种子")
    up.add_argument("--clock", default="", help="时钟:freeze、一个时刻或 +1d2h")
    up.add_argument("--database", default="", help="库表系统用的 PostgreSQL(DSN);不给即 SQLite 文件")
    up.add_argument("--places", type=Path, help="库表与文件夹所在目录;不给即临时目录")
    up.add_argument("--port-each", action="store_true", help="每个系统一个端口")
    up.add_argument("--mutual-tls", action="store_true", help="全部 HTTP 监听都用双向 TLS")
    up.add_argument("--engine", choices=("httptools", "aiohttp"), default="", help=argparse.SUPPRESS)
    up.add_argument("--docker", metavar="IMAGE", default="", help="在这个镜像的容器里启动(见 deploy/)")
    up.add_argument("--json", action="store_true", help="就绪行总是 JSON,此开关仅为统一")


def run(args: argparse.Namespace) -> int:
    """Check what was asked for, then serve until told to stop."""
    from simulators.roll import roll
    from simulators.systems.t01 import VARIANTS
    from simulators.trust import trust_in

    scenario = _scenario(args.scenario)
    if isinstance(scenario, str):
        return _wrong(scenario)
    asked = () if args.systems == "all" else tuple(part for part in args.systems.split(",") if part)
    idents = asked or (scenario.systems if scenario else ())
    unknown = [ident for ident in idents if ident not in roll()]
    if unknown:
        return _wrong(f"目录里没有 {', '.join(unknown)}")
    if args.variant and args.variant not in VARIANTS:
        return _wrong(f"--variant: {', '.join(VARIANTS)}")
    try:
        trust_in(args.hub_ca)
    except OSError as error:
        return _wrong(f"--hub-ca {args.hub_ca}: {error}")
    if args.docker:
        return _contained(args)
    with tempfile.TemporaryDirectory(prefix="hutong-sim-") as scratch:
        pki = args.pki or (args.peers.parent / "sim-pki" if args.peers else Path(scratch))
        with asyncio.Runner(loop_factory=_loop()) as runner:
            return runner.run(_serve(args, idents, pki, scenario))


def _contained(args: argparse.Namespace) -> int:
    from simulators import container

    flags = argparse.ArgumentParser()
    configure(flags)
    return container.run(args, frozenset(vars(flags.parse_args([]))))


def _wrong(text: str) -> int:
    print(f"hutong sim up: {text}", file=sys.stderr)
    return USAGE


def _scenario(path: Path | None) -> Scenario | str | None:
    """The scenario, or the sentence that says what is wrong with its file."""
    if path is None:
        return None
    from simulators.scenario import ScenarioError, read

    try:
        return read(path)
    except ScenarioError as error:
        return str(error)


def _loop() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop's where it is installed (not on Windows)."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop


def options(
    args: argparse.Namespace, idents: tuple[str, ...], pki: Path, scenario: Scenario | None
) -> Options:
    """What the flags and the scenario together ask for; a flag goes before the file."""
    from simulators.fleet import Options

    seed = args.seed if args.seed is not None else (scenario.seed if scenario else None)
    rate = args.chaos or (STRICT if args.strict else 0.0) or (scenario.strict if scenario else 0.0)
    return Options(
        idents, args.hub, args.keys, 1 if seed is None else seed, args.variant, pki, args.realm, rate,
        args.database, args.places, args.port_each, args.mutual_tls, args.engine, args.sleepless, args.hub_ca,
    )  # fmt: skip


async def _serve(
    args: argparse.Namespace, idents: tuple[str, ...], pki: Path, scenario: Scenario | None
) -> int:
    from simulators.fleet import Fleet
    from simulators.management import Management
    from simulators.peers import write

    told = told_to_stop()
    fleet = Fleet.muster(options(args, idents, pki, scenario))
    try:
        if scenario is not None:
            scenario.set_clock(fleet.clock)
        if args.clock:
            fleet.clock.set(args.clock)
    except ValueError as error:
        return _wrong(f"--clock: {error}")
    await fleet.start(args.port)
    playing = _playing(fleet, scenario)
    if isinstance(playing, str):
        await fleet.stop()
        return _wrong(playing)
    management = Management(fleet)
    steering = await management.start(args.management_port)
    if args.peers:
        write(args.peers, fleet.peers())
    _tell_waiting(fleet.waiting)
    _settle_memory()
    print(json.dumps(ready_line(fleet, steering), ensure_ascii=False), flush=True)
    await told.wait()
    if playing is not None:
        playing.cancel()
    await management.stop()
    await fleet.stop()
    return OK


def _playing(fleet: Fleet, scenario: Scenario | None) -> asyncio.Task[None] | str | None:
    """The scenario under way, or why it cannot be played with these systems."""
    if scenario is None:
        return None
    from simulators.scenario import Play, ScenarioError

    play = Play(scenario, fleet.systems, fleet.clock)
    try:
        play.check()
    except ScenarioError as error:
        return str(error)
    play.tick()

    async def beat() -> None:
        while not play.over:
            await asyncio.sleep(BEAT)
            play.tick()

    return asyncio.create_task(beat(), name="scenario")


def ready_line(fleet: Fleet, steering: str) -> dict[str, Any]:
    """What a caller has to know: addresses, who runs, who does not and why, what misbehaves by itself."""
    from simulators.faults.plan import CHAOS

    ready: dict[str, Any] = {
        "ready": True,
        "base": fleet.base,
        "management": steering,
        "systems": list(fleet.systems),
        "cannot_start": fleet.waiting,
    }
    if fleet.tls_base:
        ready["tls_base"] = fleet.tls_base
    if fleet.options.chaos:
        ready["strict"] = {"rate": fleet.options.chaos, "faults": list(CHAOS)}
    return ready


def _settle_memory() -> None:
    """What is loaded stays: the collector need not look at it again, nor look after every few calls."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


def _tell_waiting(waiting: dict[str, str]) -> None:
    """Which systems did not start, by reason."""
    for reason, count in Counter(waiting.values()).items():
        names = ", ".join(ident for ident, why in waiting.items() if why == reason)
        print(f"hutong sim: {count} 个未启动: {reason}: {names}", file=sys.stderr)


def told_to_stop() -> asyncio.Event:
    """Set by SIGTERM or Ctrl-C, also one that comes before the ready line; on Windows by Ctrl-C alone."""
    done = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        try:
            loop.add_signal_handler(number, done.set)
        except NotImplementedError:
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(done.set))
    return done
