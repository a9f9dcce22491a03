"""A hub process that is meant to die: it sends itself messages; receivers note effects in a file.

python killed_hub.py DATA FAILPOINTS COUNT -> prints the msgId of every acknowledged message, then "done"
once nothing is left to deliver. D09 cannot tell a repetition (it is asked); D01 speaks the same dialect
and so does too; P02 and M01 tell it by the key.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
from pathlib import Path

from core_kit import Bench, FakeDialect, FakeTransport

from hub.engine import Reader
from hub.ports import WireReply


class FileTransport(FakeTransport):
    """Effects outlive the hub, as they do at real receivers."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path

    async def send(self, system, request, limits):
        said = json.loads(request.body)
        lines = self.path.read_text().splitlines() if self.path.exists() else []
        if request.path == "/ask":
            there = any(line.split()[:2] == [system, said["key"]] for line in lines)
            return WireReply(200, {}, json.dumps({"there": there}).encode())
        with self.path.open("a") as handle:
            handle.write(f"{system} {said['key']} {said['record']} {said['version']}\n")
        return WireReply(200, {}, b'{"kind": "delivered"}')


async def main(data: Path, failpoints: str, count: int) -> None:
    bench = Bench(data, failpoints=failpoints, head_interval=0.05)
    bench.chance = random.SystemRandom()
    bench.transport = FileTransport(data.parent / "effects.txt")
    bench.dialects["soap11-wsse"] = FakeDialect(keyless=True)
    hub = await bench.open("T01")

    async def one(n: int) -> None:
        stage = ("eng-project", "eng-tender-project", "eng-tender-notice")[n % 3]
        record = bench.record(stage, seed=n // 3, nonce=f"n-{n}-{hash(data)}-{failpoints}"[:60])
        answer = await hub.submit(bench.signed(record))
        if answer.status in {200, 202}:
            print(record["head"]["msgId"], flush=True)

    for n in range(count):
        await one(n)
    while hub.outbox(Reader("T01"), None):
        bench.clock.on(0.1)
        await asyncio.sleep(0.01)
    await hub.drain()
    print("done", flush=True)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
