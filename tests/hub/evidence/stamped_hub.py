"""A hub process that is meant to die between a time stamp and the journal: DATA FAILPOINTS.

Prints the number of stamps in the journal after each round.
"""

from __future__ import annotations

import asyncio
import random
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from core_kit import Bench


async def main(data: Path, failpoints: str) -> None:
    bench = Bench(data, failpoints=failpoints)
    bench.chance = random.SystemRandom()
    hub = await bench.open("T01", by_hand=True)
    for _ in range(2):
        await hub.timers.pulse()
        await hub.timers.stamp()
        print(len(hub._parts.index.evidence.stamps(0, 100)), flush=True)
    await hub.drain()


asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
