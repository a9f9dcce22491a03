"""A hub that polls a flagged table and is meant to die: python killed_settle.py DATA TABLE FAILPOINTS.

Prints "done" once every row over there has its verdict.
"""

from __future__ import annotations

import asyncio
import random
import sys
from pathlib import Path

from wire_kit import SYSTEM, RowDialect, RowPeers, bench_over, sql

from hub.peers import Poll


async def main(data: Path, table: Path, failpoints: str) -> None:
    peers = RowPeers(SYSTEM, table, Poll(0.05, 4, 60.0, ""))
    bench = bench_over(data, peers, RowDialect(), failpoints=failpoints, head_interval=3600.0)
    bench.chance = random.SystemRandom()  # type: ignore[assignment]
    hub = await bench.open(SYSTEM)
    while sql(table, "SELECT count(*) FROM outbox WHERE flag = 0") != [(0,)]:
        await asyncio.sleep(0.02)
    await hub.drain()
    print("done", flush=True)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]))
