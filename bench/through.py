"""The whole way beside the way in: accept, translate, deliver over HTTP, keep the receipt; as a ratio.

usage: through.py [--rounds 3] [--count 1500]
The same hub, the same messages: first with nobody to deliver to, then with one platform of a foreign dialect
(D09, soap11-wsse, the real simulator in a process of its own). The second time runs until the last
receipt is in the journal. Appends one JSON line to `results/through.jsonl`.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import re
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import uvloop
from drive import drive
from ingest import HERE, messages, neighbours, spent
from served import SERVE, Served

from hub.message import wall
from hub.standard import load
from loadtests.machine import machine

STAGE, RECEIVER = "eng-project", "D09"
DELIVERED = re.compile(r'^hutong_deliveries_total\{state="delivered"\} (\d+)', re.MULTILINE)
PATIENCE = 120.0


@contextlib.contextmanager
def receiver(folder: Path, hub: Served) -> Iterator[None]:
    """The simulated platform; its address and secrets take the place of the hub's list of peers."""
    words = ["sim", "up", "--systems", RECEIVER, "--hub", hub.url, "--keys", str(folder / "keys")]
    words += ["--peers", str(folder / "peers.toml")]
    with subprocess.Popen(  # noqa: S603 - our own verb
        [sys.executable, "-c", SERVE, *words], stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None  # noqa: S101
            process.stdout.readline()
            yield
        finally:
            process.terminate()


def delivered(url: str) -> int:
    with urllib.request.urlopen(f"{url}/metrics", timeout=10) as reply:  # noqa: S310 - our own hub
        found = DELIVERED.search(reply.read().decode("utf-8"))
    return int(found[1]) if found else 0


async def once(hub: Served, ready: list[bytes], *, through: bool) -> tuple[float, float]:
    """Messages a second, and processor microseconds a message, until all is done."""
    before, cpu, began = delivered(hub.url), spent(hub.pid), time.perf_counter()
    seen = await drive(hub.url, iter(ready), connections=64, seconds=PATIENCE)
    if seen.acknowledged != len(ready):
        raise SystemExit(f"未全部受理 / not all taken in: {dict(seen.statuses)}")
    while through and delivered(hub.url) - before < len(ready):
        if time.perf_counter() - began > PATIENCE:
            raise SystemExit(f"未全部送达 / delivered {delivered(hub.url) - before} of {len(ready)}")
        await asyncio.sleep(0.1)  # asking costs the hub something, too
    took = time.perf_counter() - began
    return len(ready) / took, (spent(hub.pid) - cpu) / len(ready) * 1e6


def measured(folder: Path, args: argparse.Namespace, *, through: bool) -> tuple[float, float]:
    numbers = iter(range(secrets.randbelow(10**6) * 10**5, 10**12))
    hub = Served(folder, folder / "hub")
    (folder / "peers.toml").write_text("", encoding="utf-8")
    with hub, contextlib.ExitStack() as stack:
        hub.start()
        if through:
            stack.enter_context(receiver(folder, hub))
        uvloop.run(once(hub, messages(load(), hub.key, numbers, 200, STAGE), through=through))
        return uvloop.run(once(hub, messages(load(), hub.key, numbers, args.count, STAGE), through=through))


def main() -> int:
    parser = argparse.ArgumentParser(description="全程与受理之比 / the whole way beside the way in")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--count", type=int, default=1500)
    args = parser.parse_args()
    others, seen = asyncio.run(neighbours()), {False: [], True: []}  # type: dict[bool, list[tuple[float, float]]]
    for _ in range(args.rounds):
        for through in (False, True):
            with tempfile.TemporaryDirectory(prefix="hutong-bench-", ignore_cleanup_errors=True) as name:
                seen[through].append(measured(Path(name), args, through=through))
    rows: dict[str, Any] = {
        name: {
            "per_second": round(statistics.median(rate for rate, _ in seen[through]), 1),
            "server_cpu_us": round(statistics.median(cost for _, cost in seen[through]), 1),
        }
        for name, through in (("taken in", False), ("through", True))
    }
    ratio = round(rows["through"]["per_second"] / rows["taken in"]["per_second"], 3)
    line = {"at": wall(datetime.now(UTC)), "ratio": ratio, "others": others, **rows, "machine": machine()}
    print(json.dumps({"ratio": ratio, **rows}, ensure_ascii=False, indent=1))
    with (HERE / "results" / "through.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(line, ensure_ascii=False) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
