"""`hutong up`: a whole sandbox in the foreground: the hub and the simulated systems as child processes.

This process only supervises. A child that dies is started again (the hub on the same port and data),
with a growing pause if it keeps dying. The first SIGTERM or Ctrl-C asks the children to finish their
work, the second ends them; and when it is killed itself, they end with it (`hub.children`).
"""

from __future__ import annotations

import argparse
import secrets
import signal
import sys
import threading
from pathlib import Path
from typing import Any

from hub.children import Child, NotReadyError

SUMMARY = "启动整套沙箱:平台与模拟系统"
_PAUSES = (0.5, 1.0, 2.0, 5.0, 10.0)
# A child that lived this long died of something new: the pauses start again.
_STEADY = 30.0
_READY_SECONDS = 60.0


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=int, default=8700, help="平台端口,缺省 8700,0 为任意空闲端口")
    parser.add_argument("--data", type=Path, default=Path(".hutong"), help="数据目录,缺省 .hutong")
    parser.add_argument("--systems", default="all", help="all 或以逗号分隔的系统编号")
    parser.add_argument("--seed", type=int, help="模拟系统的随机种子")


class _Randomness:
    def randbytes(self, n: int, /) -> bytes:
        return secrets.token_bytes(n)


def run(args: argparse.Namespace) -> int:
    if sys.platform == "win32":
        print("平台运行在 Linux 上 / the hub runs on Linux", file=sys.stderr)
        return 3
    make_keys(args.data)
    stop = threading.Event()
    asked = [0]

    def ask(signum: int, frame: object) -> None:
        asked[0] += 1
        stop.set()
        if asked[0] > 1:
            for child in children:
                child.kill()

    children: list[Child] = []
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, ask)
    try:
        hub = Child("hub", serve_verb(args.data, args.port))
        children.append(hub)
        url = str(hub.ready(_READY_SECONDS, stop)["url"])
        # After a crash the hub must come back where everybody looks for it.
        hub.verb = serve_verb(args.data, int(url.rsplit(":", 1)[1]))
        simulators = Child("simulators", sim_verb(args, url))
        children.append(simulators)
        ready = simulators.ready(_READY_SECONDS, stop)
        greet(url, ready, args.data)
        supervise(children, stop)
    except NotReadyError:
        if not stop.is_set():
            raise
    finally:
        finish(children)
    return 0


def make_keys(data: Path) -> None:
    """Demo keys for every system of the catalogue and the officer; those that exist stay."""
    from hub import catalogue
    from hub.keyring import make_demo_keys

    owners = [*catalogue.load().by_id, "centre"]
    make_demo_keys(data / "keys", owners, _Randomness())


def serve_verb(data: Path, port: int) -> list[str]:
    return ["serve", "--data", str(data), "--port", str(port), "--peers", str(data / "peers.toml")]


def sim_verb(args: argparse.Namespace, url: str) -> list[str]:
    words = ["sim", "up", "--systems", args.systems, "--hub", url]
    words += ["--keys", str(args.data / "keys"), "--peers", str(args.data / "peers.toml")]
    return words if args.seed is None else [*words, "--seed", str(args.seed)]


def supervise(children: list[Child], stop: threading.Event) -> None:
    """Start again what died, until somebody asks to stop."""
    while not stop.wait(0.3):
        for child in children:
            code = child.poll()
            if code is None:
                continue
            pause = _PAUSES[min(child.deaths(_STEADY), len(_PAUSES) - 1)]
            print(f"{child.name} 已退出(代码 {code}),{pause:g} 秒后重新启动", file=sys.stderr, flush=True)
            if stop.wait(pause):
                return
            child.start()


def finish(children: list[Child]) -> None:
    """Simulators first: then nothing new reaches the hub while it drains."""
    for child in reversed(children):
        child.terminate()
        child.wait()


def greet(url: str, ready: dict[str, Any], data: Path) -> None:
    count = len(ready.get("systems", ()))
    print(f"互通已启动 / Hutong is up: {url}")
    print(f"  运行图 {url}/    公开名录 {url}/directory    接口 {url}/openapi.json    WSDL {url}/soap?wsdl")
    print(f"  模拟系统 {count} 个 {ready.get('base')}    管理口 {ready.get('management')}")
    print(f"  证书登录、签名、签章 {url}/certificates/use    本机组件:hutong sim component --origin {url}")
    print(f"  演示账号:密钥在 {data / 'keys'}(仅沙箱);中心 centre-1,各系统 <编号>-1,如 T01-1")
    where = f"HUTONG_URL={url} HUTONG_DATA={data}"
    print(f"  试试:{where} hutong send notice.json --as T01")
    print(f"       {where} hutong onboard login --as centre   # 中心页面的一次性登录地址")
    print("  Ctrl-C 停止(等在途工作完成),再按一次立即结束", flush=True)
