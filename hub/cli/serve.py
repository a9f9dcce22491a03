"""`hutong serve`: the hub alone, in the foreground; one JSON line on stdout when it answers."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import json
import logging
import os
import signal
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from hub import logs
from hub.settings import Loaded, load

if TYPE_CHECKING:
    from hub.reload.reloader import Outcome

SUMMARY = "启动平台(只有平台本身)"
# Hundreds of small things per message live until its answer: looked through every 700 of them, as Python does
# by itself, they cost an eighth of all time (measured: 455 against 395 us a message).
COLLECTED = 10_000, 10, 10


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", type=Path, help="设置文件,缺省为数据目录下 hub.toml")
    parser.add_argument("--data", type=Path, help="数据目录,缺省 .hutong")
    parser.add_argument("--host", help="监听地址,缺省 127.0.0.1")
    parser.add_argument("--port", type=int, help="端口,0 为任意空闲端口,缺省 8700")
    parser.add_argument("--peers", type=Path, help="对端清单 peers.toml")
    parser.add_argument("--keys", type=Path, help="成员密钥目录")
    parser.add_argument("--realm", choices=["sandbox", "production"], help="运行域,缺省 sandbox")
    parser.add_argument("--log", default="warning", choices=["debug", "info", "warning", "error"])


def settings_of(args: argparse.Namespace) -> Loaded:
    """The settings these flags lead to, over environment and file."""
    flags = {name: getattr(args, name) for name in ("data", "host", "port", "peers", "keys", "realm")}
    return load(args.config, env=os.environ, flags=flags)


def run(args: argparse.Namespace) -> int:
    """Ends 0 after a drained stop; 3 (by the command) when it cannot start."""
    loaded = settings_of(args)
    logs.configure(loaded.settings.log_format, args.log)
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(_serve(loaded, args))
    return 0


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop where it is installed; everything works without."""
    with contextlib.suppress(ImportError):
        factory: Callable[[], asyncio.AbstractEventLoop] = import_module("uvloop").new_event_loop
        return factory
    return None


async def _serve(loaded: Loaded, args: argparse.Namespace) -> None:
    from hub.server.run import ready_line, start

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, _asked, stop)
    running = await start(loaded.settings, again=lambda: settings_of(args).settings)
    reloads: set[asyncio.Task[Outcome]] = set()

    def reload() -> None:
        task = loop.create_task(running.reloader.reload("signal"))
        reloads.add(task)
        task.add_done_callback(reloads.discard)

    loop.add_signal_handler(signal.SIGHUP, reload)
    # Tables and code live as long as the process: the collector need not walk them again (40 ms each time).
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECTED)
    print(json.dumps(ready_line(running.url)), flush=True)
    await stop.wait()
    logging.getLogger(__name__).info("draining")
    await running.stop()


def _asked(stop: asyncio.Event) -> None:
    """First time: drain. Second time: at once; what is acknowledged is durable anyway."""
    if stop.is_set():
        os._exit(130)
    stop.set()
