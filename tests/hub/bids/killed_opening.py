"""A hub that dies while it opens: python killed_opening.py DATA FAILPOINTS; "done" once nothing is left."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

for folder in (Path(__file__).parent, Path(__file__).parents[1]):
    sys.path.insert(0, str(folder))

from bids_kit import DEADLINE, Tender  # noqa: E402

from hub.bids import working  # noqa: E402

# Few at a time: however quick the machine is, it takes many commits, and dies between two of them.
working._TOGETHER = 2


async def main(data: Path, failpoints: str) -> None:
    tender = Tender(data, failpoints=failpoints, bids_threads=1, bids_least=1)
    tender.to(DEADLINE, 1)
    hub = await tender.open()
    await tender.open_bids(hub)
    await hub.drain()
    print("done", flush=True)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
