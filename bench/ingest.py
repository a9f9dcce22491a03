"""How fast the hub takes messages in, as a ratio to probes and peers measured in the same run.

usage: ingest.py [--rounds 3] [--seconds 3] [--connections 64] [--stage ID] [--peers] [--python PATH]
`--peers` adds a Redis and a FastStream (`peer_*.py`), run by `--python` where that has their packages.
Appends one JSON line to `results/ingest.jsonl`. See README.md for what the figures can bear.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import secrets
import signal
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import cycle
from pathlib import Path
from typing import Any

import uvloop
from drive import Round, drive, request

from hub.keyring import make_demo_keys
from hub.message import Key, canonical, sign, wall
from hub.standard import Standard, load
from loadtests.machine import machine
from loadtests.percentile import percentile

HERE = Path(__file__).parent
STAGE = "eng-tender-notice"
SENDER = "P01"  # a platform: online from the first start of a sandbox hub
MOST = 6000  # messages made for one round


@dataclass
class Subject:
    """One of the three, with its process and what its rounds saw."""

    name: str
    url: str
    process: subprocess.Popen[str]
    rounds: list[Round] = field(default_factory=list)
    cpu: float = 0.0

    def row(self) -> dict[str, Any]:
        rates = [seen.acknowledged / seen.seconds for seen in self.rounds]
        spans = [span for seen in self.rounds for span in seen.latencies]
        total = sum(seen.acknowledged for seen in self.rounds)
        answers: dict[str, int] = {}
        for seen in self.rounds:
            for status, count in seen.statuses.items():
                answers[str(status)] = answers.get(str(status), 0) + count
        return {
            "name": self.name,
            "per_second_median": round(statistics.median(rates), 1),
            "per_second_best": round(max(rates), 1),
            "p50_ms": round(percentile(spans, 50) * 1000, 2),
            "p99_ms": round(percentile(spans, 99) * 1000, 2),
            "server_cpu_us": round(self.cpu / max(total, 1) * 1e6, 1),
            "client_cpu": round(max(seen.client_cpu for seen in self.rounds), 2),
            "answers": answers,
        }


@contextmanager
def started(name: str, command: list[str]) -> Iterator[Subject]:
    """A server that prints one ready line; ended by its own handle."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        try:
            assert process.stdout is not None  # noqa: S101
            line = process.stdout.readline()
            if not line.startswith("{"):
                raise SystemExit(f"{name} 未能启动 / did not start: {' '.join(command)}")
            yield Subject(name, json.loads(line)["url"], process)
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()


def messages(
    standard: Standard, key: Key, numbers: Iterator[int], count: int, stage: str = STAGE
) -> list[bytes]:
    """Signed now, each a record of its own project."""
    made = []
    for _ in range(count):
        number = next(numbers)
        envelope = standard.sample(stage, number)
        mark = {"from": key.owner, "msgId": f"B{number}", "time": wall(datetime.now(UTC))}
        head = {**envelope["head"], **mark, "nonce": secrets.token_hex(12)}
        body = {**envelope["body"], "key": f"B{number}"}
        made.append(request(canonical(sign({"head": head, "body": body}, key))))
    return made


def spent(pid: int) -> float:
    """Processor seconds of a process and of those it started, from /proc."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()
    return _spent(pid) + sum(_spent(int(child)) for child in children)


def _spent(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def busy() -> tuple[int, int]:
    """Ticks of all cores, and those idle."""
    ticks = [int(word) for word in Path("/proc/stat").read_text("ascii").splitlines()[0].split()[1:9]]
    return sum(ticks), ticks[3] + ticks[4]


async def measured(subject: Subject, requests: Iterator[bytes], args: argparse.Namespace) -> None:
    before = spent(subject.process.pid)
    seen = await drive(subject.url, requests, connections=args.connections, seconds=args.seconds)
    subject.cpu += spent(subject.process.pid) - before
    subject.rounds.append(seen)


async def neighbours() -> float:
    """The busy share of the machine while we do nothing: how much others are at work."""
    total, idle = busy()
    await asyncio.sleep(0.5)
    after, idle_after = busy()
    return round(1 - (idle_after - idle) / max(after - total, 1), 2)


async def compare(
    probes: list[Subject], hub: Subject, fresh: Callable[[int], list[bytes]], args: argparse.Namespace
) -> float:
    """A short warm-up that also tells how many messages a round needs; then interleaved rounds."""
    others = await neighbours()
    warm = fresh(500)
    for probe in probes:
        await drive(probe.url, cycle(warm), connections=args.connections, seconds=0.5)
    first = await drive(hub.url, iter(warm), connections=args.connections, seconds=1)
    if not first.acknowledged:
        raise SystemExit(f"枢纽没有受理任何报文 / the hub acknowledged nothing: {dict(first.statuses)}")
    wanted = min(MOST, int(first.acknowledged / first.seconds * args.seconds * 1.5) + args.connections)
    for _ in range(args.rounds):
        ready = fresh(wanted)
        for probe in probes:
            await measured(probe, cycle(ready), args)
        await measured(hub, iter(ready), args)
    return others


def main() -> int:
    parser = argparse.ArgumentParser(description="收报对比测量 / ingest comparison")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument(
        "--stage", default=STAGE, help="of the records; the default names four natural persons"
    )
    parser.add_argument("--peers", action="store_true", help="also Redis and FastStream with JetStream")
    parser.add_argument(
        "--python", default=sys.executable, help="the interpreter that has the peers' packages"
    )
    args = parser.parse_args()
    standard = load()
    # ignore_cleanup_errors: a server that had to be killed may still be writing
    with (
        tempfile.TemporaryDirectory(prefix="hutong-bench-", ignore_cleanup_errors=True) as name,
        ExitStack() as stack,
    ):
        data = Path(name)
        key = make_demo_keys(data / "hub" / "keys", ["centre", SENDER], random.SystemRandom())[1]
        numbers = iter(range(secrets.randbelow(10**6) * 10**5, 10**12))
        others = [(sys.executable, "bare"), (sys.executable, "probe")]
        if args.peers:
            others += [(args.python, "peer_redis"), (args.python, "peer_faststream")]
        probes = [
            stack.enter_context(
                started(name, [python, str(HERE / f"{name}.py"), str(data / f"{name}.log"), args.stage])
            )
            for python, name in others
        ]
        serve = "import sys; from hub.cli.main import main; sys.exit(main(sys.argv[1:]))"
        words = ["serve", "--data", str(data / "hub"), "--port", "0", "--realm", "sandbox"]
        hub = stack.enter_context(started("hub", [sys.executable, "-c", serve, *words]))
        busy_others = uvloop.run(
            compare(probes, hub, lambda count: messages(standard, key, numbers, count, args.stage), args)
        )
    report([probe.row() for probe in probes], hub.row(), busy_others, args)
    return 0


def ratios(probe: dict[str, Any], hub: dict[str, Any]) -> tuple[float, float]:
    """Of rates, and of processor time for each message."""
    rate = hub["per_second_median"] / max(probe["per_second_median"], 0.1)
    return round(rate, 3), round(hub["server_cpu_us"] / max(probe["server_cpu_us"], 0.1), 2)


def report(
    probes: list[dict[str, Any]], hub: dict[str, Any], others: float, args: argparse.Namespace
) -> None:
    """The table on the terminal, the line in the results."""
    names = [name for name in hub if name not in {"name", "answers"}]
    print(f"{'':<20}" + "".join(f"{one['name']:>18}" for one in (*probes, hub)))
    for name in names:
        print(f"{name:<20}" + "".join(f"{one[name]:>18}" for one in (*probes, hub)))
    told = {probe["name"]: ratios(probe, hub) for probe in probes}
    print(
        f"\n旁人负载 others = {others}; 速率之比与每条处理器开销之比 / ratios of rate and of processor time:"
    )
    for name, (rate, cost) in told.items():
        print(f"  hub : {name:<18}{rate:>8}{cost:>8}")
    if hub["answers"].keys() != {"202"}:
        print(f"注意:枢纽应答 / note, the hub answered: {hub['answers']}")
    line = {
        "at": wall(datetime.now(UTC)),
        "stage": args.stage,
        "rounds": args.rounds,
        "seconds": args.seconds,
        "connections": args.connections,
        "ratios": {name: {"rate": rate, "cpu": cost} for name, (rate, cost) in told.items()},
        "others": others,
        **{one["name"]: one for one in (*probes, hub)},
        "machine": machine(),
    }
    results = HERE / "results" / "ingest.jsonl"
    results.parent.mkdir(exist_ok=True)
    with results.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    raise SystemExit(main())
