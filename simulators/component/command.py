"""`hutong sim component`: the local component in the foreground, with the tokens of a sandbox."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from certs.testpki.world import World
    from simulators.component.server import Door

OK, USAGE, COULD_NOT_RUN = 0, 2, 3
PORT = 8790
ORIGINS = ("http://127.0.0.1:8700", "http://localhost:8700")
_SEED = "hutong-sim/1"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=int, default=PORT, help=f"本机端口,缺省 {PORT},0 为任意空闲端口")
    parser.add_argument(
        "--data", type=Path, help="平台数据目录:用它的沙箱证书世界;不给即 hutong up 的缺省世界"
    )
    parser.add_argument("--origin", action="append", help=f"准许调用的站点,可多次;缺省 {' '.join(ORIGINS)}")


def run(args: argparse.Namespace) -> int:
    try:
        world = opened(args.data)
    except (OSError, ValueError, KeyError, TypeError) as error:
        print(f"hutong sim component: --data {args.data}: {error}", file=sys.stderr)
        return USAGE
    try:
        return asyncio.run(_serve(world, args.port, args.origin or ORIGINS))
    except OSError as error:
        print(f"hutong sim component: {error}", file=sys.stderr)
        return COULD_NOT_RUN


def opened(data: Path | None) -> World:
    """The very world a hub's sandbox list was made from; where none was made yet, the one it will be."""
    from certs.testpki.world import World

    place = None if data is None else data / "ca" / "sandbox.json"
    if data is not None and not data.is_dir():
        raise FileNotFoundError("没有这个目录 / no such folder")
    if place is None or not place.is_file():
        today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        return World.open(now=today, seed=_SEED)
    found = json.loads(place.read_text("utf-8"))
    return World.open(now=datetime.fromisoformat(found["opened"]), seed=str(found["seed"]))


def made(world: World, origins: tuple[str, ...] | list[str]) -> Door:
    """Ready to be started; takes seconds (RSA out of a seed)."""
    from simulators.component.server import Door
    from simulators.component.state import Component
    from simulators.component.stock import stock

    return Door(Component(stock(world), cache(world.trust), lambda: datetime.now(UTC)), origins)


async def _serve(world: World, port: int, origins: tuple[str, ...] | list[str]) -> int:
    from simulators.up import told_to_stop

    told = told_to_stop()
    door = await asyncio.to_thread(made, world, origins)
    url = await door.start(port)
    print(json.dumps({"ready": True, "url": url, "origins": list(origins)}, ensure_ascii=False), flush=True)
    await told.wait()
    await door.stop()
    return OK
