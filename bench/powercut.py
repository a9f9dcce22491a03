"""Power cuts: does the hub lose anything it has answered 202?

A real hub serves many clients on a loop-mounted ext4 that is told, under full traffic, to go down without
flushing: what was not synced is gone, as it would be with the power. Then SIGKILL, unmount, fsck, mount,
start, and everything is checked. Needs root and a loop device; Linux only.

What was answered before the cut began must hold: `lost`. A file system that is going down may say yes to the
flush of a growing file while it forgets it (some 10 % of the cuts of a bare append log; `bench/README.md`),
which no power failure can: who is without power says nothing. So later answers are counted apart (`late`).

usage: powercut.py [--cuts 200] [--resume] [--scratch DIR] [--clients 16-64] [--lives 20]
Appends one JSON line for each cut to `results/powercut.jsonl`, a summary at the end. Exit 1 on any fault.
"""

from __future__ import annotations

import argparse
import asyncio
import fcntl
import os
import random
import shutil
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from lives import Life, Results
from receivers import Receiver
from served import NotReadyError

RESULTS = Results(Path(__file__).parent / "results" / "powercut.jsonl")
GO_DOWN, WITHOUT_LOG = 0x8004587D, 2  # FS_IOC_SHUTDOWN, FSOP_GOING_FLAGS_NOLOGFLUSH
SIZE = "700M"


def _run(*words: str) -> None:
    subprocess.run(words, check=True, capture_output=True)  # noqa: S603 - constants and our own paths


class Disk:
    """A file with a file system in it, whose power can be cut."""

    def __init__(self, scratch: Path, size: str = SIZE) -> None:
        self.size = size
        self.image, self.place = scratch / "disk.img", scratch / "disk"
        self.place.mkdir(exist_ok=True)

    def make(self) -> None:
        self.gone()
        self.image.unlink(missing_ok=True)
        _run("truncate", "-s", self.size, str(self.image))
        _run("mkfs.ext4", "-q", "-F", str(self.image))
        _run("mount", "-o", "loop", str(self.image), str(self.place))

    def cut(self) -> float:
        """The moment it began."""
        door = os.open(self.place, os.O_RDONLY)
        moment = time.perf_counter()
        try:
            fcntl.ioctl(door, GO_DOWN, struct.pack("I", WITHOUT_LOG))
        finally:
            os.close(door)
        return moment

    def back(self) -> None:
        """The machine comes up: what the log holds is replayed, the file system checked and mounted."""
        self.gone()
        done = subprocess.run(["e2fsck", "-p", str(self.image)], capture_output=True, check=False)  # noqa: S603, S607
        if done.returncode > 1:
            raise SystemExit(f"e2fsck: {done.stdout.decode()[-500:]}")
        _run("mount", "-o", "loop", str(self.image), str(self.place))

    def gone(self) -> None:
        for _ in range(50):
            if not os.path.ismount(self.place):
                return
            if subprocess.run(["umount", str(self.place)], capture_output=True, check=False).returncode == 0:  # noqa: S603, S607
                return
            time.sleep(0.05)
        raise SystemExit(f"umount {self.place}")


def possible() -> str:
    """Why power cannot be cut here; empty when it can. Tried, not guessed."""
    if not sys.platform.startswith("linux") or os.geteuid() != 0:
        return "needs root on Linux"
    missing = [name for name in ("mkfs.ext4", "e2fsck", "mount", "umount") if shutil.which(name) is None]
    if missing:
        return f"missing: {', '.join(missing)}"
    with tempfile.TemporaryDirectory(prefix="hutong-loop-") as name:
        disk = Disk(Path(name))
        try:
            disk.make()
            disk.cut()
        except (OSError, subprocess.CalledProcessError, SystemExit) as error:
            return f"no loop device or no shutdown of a file system: {error}"
        finally:
            disk.gone()
    return ""


async def one_cut(life: Life, disk: Disk, dice: random.Random, clients: int) -> dict[str, Any]:
    """The power goes in the midst of full traffic; the process dies a moment later."""

    async def end() -> float:
        await asyncio.sleep(dice.uniform(0.0, 0.8))
        moment = disk.cut()
        await asyncio.sleep(dice.choice((0.0, 0.02, 0.1)))
        return moment

    def back() -> float:
        disk.back()
        return life.served.start()

    return await life.through(clients, dice, end, back)


async def cuts(
    wanted: int,
    first: int,
    scratch: Path,
    *,
    results: Results = RESULTS,
    lives: int = 20,
    clients: tuple[int, int] = (16, 64),
) -> int:
    """`wanted` cuts in lives of `lives` each; the number of faults."""
    disk, receiver, dice = Disk(scratch), Receiver(silent=0.02), random.SystemRandom()
    await receiver.start()
    number, faulty, life = first, 0, None
    try:
        while number < first + wanted:
            await asyncio.to_thread(disk.make)
            life = await Life.born(scratch / "beside", disk.place / "data", receiver)
            for _ in range(min(lives, first + wanted - number)):
                number += 1
                seen = await one_cut(life, disk, dice, dice.randint(*clients))
                faulty += bool(seen["faults"])
                results.note({"kind": "cut", "n": number, **seen})
            faults = await life.over()
            disk.gone()
            faulty += bool(faults)
            results.note({"kind": "life", "n": number, "messages": len(life.kept), "faults": faults[:20]})
    except NotReadyError as error:
        faulty += 1
        results.note(
            {"kind": "fault", "n": number, "faults": ["the hub did not come back", str(error)[-800:]]}
        )
    finally:
        if life is not None:
            life.served.kill()
        disk.gone()
        receiver.stop()
    return faulty


def main() -> int:
    parser = argparse.ArgumentParser(description="断电试验 / power cuts")
    parser.add_argument("--cuts", type=int, default=200)
    parser.add_argument(
        "--resume", action="store_true", help="count what stands in the results since the last summary"
    )
    parser.add_argument(
        "--scratch", type=Path, help="where the disk image goes; default: the temporary folder"
    )
    parser.add_argument("--clients", type=lambda text: tuple(map(int, text.split("-"))), default=(16, 64))
    parser.add_argument("--lives", type=int, default=20, help="cuts of one store")
    args = parser.parse_args()
    if why := possible():
        print(f"此处无法断电 / no power to cut here: {why}", file=sys.stderr)
        return 3
    if not args.resume and RESULTS.since_summary():
        RESULTS.sum_up("cut")
    faulty, made = 0, RESULTS.made("cut")
    with tempfile.TemporaryDirectory(prefix="hutong-power-", dir=args.scratch) as name:
        if made < args.cuts:
            faulty = asyncio.run(
                cuts(args.cuts - made, made, Path(name), lives=args.lives, clients=args.clients)
            )
    if RESULTS.made("cut") >= args.cuts:
        RESULTS.sum_up("cut")
    return 1 if faulty else 0


if __name__ == "__main__":
    raise SystemExit(main())
