"""A hub process that polls a table and is meant to die: python killed_poll.py DATA TABLE FAILPOINTS LAST.

Prints "done" once the row named LAST is kept.
"""

from __future__ import annotations

import asyncio
import random
import sys
from pathlib import Path

from core_kit import Bench
from table_kit import DIALECT_OF_T03, SYSTEM, TableDialect, TablePeers

from hub.engine import Reader
from hub.peers import Poll


async def main(data: Path, table: Path, failpoints: str, last: str) -> None:
    bench = Bench(data, failpoints=failpoints, head_interval=3600.0)
    bench.chance = random.SystemRandom()
    bench.dialects[DIALECT_OF_T03] = TableDialect()
    bench.peers = TablePeers(table, Poll(0.05, 4, 60.0, ""))
    hub = await bench.open(SYSTEM)
    while hub.find(Reader(SYSTEM), SYSTEM, last) is None:
        await asyncio.sleep(0.01)
    await hub.drain()
    print("done", flush=True)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], sys.argv[4]))
