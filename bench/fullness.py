"""A full disk: the hub says that it cannot keep anything, keeps what it has, and goes on when there is room.

A real hub on a small loop-mounted ext4; under traffic the rest of the disk is filled up, left so for
a while, and cleared. Meanwhile nothing but 202, 429 and 503 may be answered and the process must live. Then
SIGKILL and the checks of `powercut.py`. Every third round also starts the hub on the full disk. Needs root.

usage: fullness.py [--rounds 3] [--scratch DIR]
Appends to `results/fullness.jsonl`. Exit 1 on any fault.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import errno
import os
import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from lives import Life, Results
from powercut import Disk, possible
from receivers import Receiver
from served import NotReadyError
from traffic import Told, pour

RESULTS = Results(Path(__file__).parent / "results" / "fullness.jsonl")
PIECE = bytes(4096)


class Balloon:
    """A file that takes all the room there is, down to the last block."""

    def __init__(self, disk: Disk) -> None:
        self.path = disk.place / "balloon"

    def swell(self) -> None:
        with self.path.open("ab", buffering=0) as file:
            step = 1 << 24
            while step >= len(PIECE):
                try:
                    os.posix_fallocate(file.fileno(), file.seek(0, os.SEEK_END), step)
                except OSError as error:
                    if error.errno != errno.ENOSPC:
                        raise
                    step //= 2

    def burst(self) -> None:
        self.path.unlink(missing_ok=True)
        os.sync()


async def one_round(life: Life, disk: Disk, *, restart: bool, second: float = 1.0) -> dict[str, Any]:
    """Traffic while the disk fills up, is full, and has room again; then a sudden end and the checks."""
    balloon, seen, phases = Balloon(disk), Told(), {}
    stop, series = asyncio.Event(), iter(lambda: life.maker.series(2), None)
    pouring = asyncio.create_task(pour(life.served.url, series, seen, clients=24, until=stop))
    await asyncio.wait_for(seen.flowing.wait(), 10)
    phases["before"] = await _statuses(seen, second / 2)
    await asyncio.to_thread(balloon.swell)
    phases["filling"] = await _statuses(seen, second)
    await asyncio.to_thread(balloon.swell)
    phases["full"] = await _statuses(seen, second * 2.5)
    alive = not life.served.fallen()
    faults = [] if alive else ["the hub fell"]
    if restart:
        stop.set()
        life.served.kill()
        await asyncio.gather(pouring, return_exceptions=True)
        phases["started_while_full"] = await asyncio.to_thread(_starts, life)
    began = time.perf_counter()
    await asyncio.to_thread(balloon.burst)
    if restart:
        life.served.kill()
        await asyncio.to_thread(life.served.start)
        stop = asyncio.Event()
        pouring = asyncio.create_task(pour(life.served.url, series, seen, clients=24, until=stop))
    before = seen.statuses[202]
    while seen.statuses[202] <= before + 24 and time.perf_counter() - began < 20:  # noqa: ASYNC110 - a count
        await asyncio.sleep(0.01)
    recovered = time.perf_counter() - began
    if seen.statuses[202] <= before:
        faults.append("does not take anything again")
    stop.set()
    await asyncio.gather(pouring, return_exceptions=True)
    strange = set(seen.statuses) - {202, 200, 429, 503}
    faults += [f"answered {status}" for status in sorted(strange)]
    for _ in range(2):  # what was told during the trouble, then an ordinary sudden end

        async def now() -> float | None:
            await asyncio.sleep(0.2)
            return None

        row = await life.through(24, random.SystemRandom(), now, life.served.start, earlier=seen)
        seen = Told()
        faults += row["faults"]
        kept = {"recovered_s": round(recovered, 2), "acknowledged": len(life.kept)}
    return {"phases": phases, **kept, "faults": faults}


async def _statuses(seen: Told, seconds: float) -> dict[int, int]:
    before = Counter(seen.statuses)
    await asyncio.sleep(seconds)
    return dict(seen.statuses - before)


def _starts(life: Life) -> str:
    """A hub may start on a full disk or refuse by name; anything but falling over."""
    with contextlib.suppress(NotReadyError):
        life.served.start(patience=10)
        return "yes"
    log = (life.served.folder / "hub.log").read_text("utf-8", "replace").strip().splitlines()
    return log[-1][:200] if log else "silent"


async def rounds(count: int, scratch: Path, *, results: Results = RESULTS, second: float = 1.0) -> int:
    disk, receiver, faulty = Disk(scratch, size="64M"), Receiver(silent=0.02), 0
    await receiver.start()
    try:
        for number in range(1, count + 1):
            await asyncio.to_thread(disk.make)
            life = await Life.born(scratch / "beside", disk.place / "data", receiver)
            try:
                row = await one_round(life, disk, restart=number % 3 == 0, second=second)
                row["faults"] += await life.over()
            finally:
                life.served.kill()
            faulty += bool(row["faults"])
            results.note({"kind": "round", "n": number, **row, "faults": row["faults"][:20]})
    finally:
        disk.gone()
        receiver.stop()
    return faulty


def main() -> int:
    parser = argparse.ArgumentParser(description="磁盘写满试验 / a full disk")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--scratch", type=Path)
    args = parser.parse_args()
    if why := possible():
        print(f"此处无法做磁盘试验 / not possible here: {why}", file=sys.stderr)
        return 3
    with tempfile.TemporaryDirectory(prefix="hutong-full-", dir=args.scratch) as name:
        return 1 if asyncio.run(rounds(args.rounds, Path(name))) else 0


if __name__ == "__main__":
    raise SystemExit(main())
