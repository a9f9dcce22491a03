"""Power cuts: does the hub lose anything it has answered 202?

A real hub serves many clients on a loop-mounted ext4 that is told, under full traffic, to go down without
flushing: what was not synced is gone, as it would be with the power. Then SIGKILL, unmount, fsck, mount,
start, and everything is checked. Needs root and a loop device; Linux only.

usage: powercut.py [--cuts 200] [--resume] [--scratch DIR] [--clients 16-64] [--lives 20]
Appends one JSON line for each cut to `results/powercut.jsonl`, a summary at the end. Exit 1 on any fault.
"""

from __future__ import annotations

import argparse
import asyncio
import fcntl
import json
import os
import random
import shutil
import struct
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import judging
from receivers import Receiver
from served import NotReadyError, Served
from traffic import Maker, Message, Told, pour

from hub.message import wall
from hub.standard import load

RESULTS = Path(__file__).parent / "results" / "powercut.jsonl"
GO_DOWN, WITHOUT_LOG = 0x8004587D, 2  # FS_IOC_SHUTDOWN, FSOP_GOING_FLAGS_NOLOGFLUSH
SIZE = "700M"
ENV = {
    "HUTONG_HEAD_INTERVAL": "0.2",
    "HUTONG_RETRY_SCHEDULE": "0.05,0.1,0.2,0.5,1,1,1,2,2,5,5,5,5,60,600",
    "HUTONG_BREAKER_PAUSE": "0.5",
}


def _run(*words: str) -> None:
    subprocess.run(words, check=True, capture_output=True)  # noqa: S603 - constants and our own paths


class Disk:
    """A file with a file system in it, whose power can be cut."""

    def __init__(self, scratch: Path) -> None:
        self.image, self.place = scratch / "disk.img", scratch / "disk"
        self.place.mkdir(exist_ok=True)

    def make(self) -> None:
        self.gone()
        self.image.unlink(missing_ok=True)
        _run("truncate", "-s", SIZE, str(self.image))
        _run("mkfs.ext4", "-q", "-F", str(self.image))
        _run("mount", "-o", "loop", str(self.image), str(self.place))

    def cut(self) -> None:
        door = os.open(self.place, os.O_RDONLY)
        try:
            fcntl.ioctl(door, GO_DOWN, struct.pack("I", WITHOUT_LOG))
        finally:
            os.close(door)

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


@dataclass
class Life:
    """One store from its making to its last check; several cuts."""

    served: Served
    receiver: Receiver
    maker: Maker
    kept: list[Message] = field(default_factory=list)
    heads: list[dict[str, Any]] = field(default_factory=list)


def _empty(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()


async def born(disk: Disk, folder: Path, receiver: Receiver) -> Life:
    """A fresh file system and a hub that has never run."""
    disk.make()
    await asyncio.to_thread(_empty, folder)
    receiver.forget()
    served = Served(folder, disk.place / "data", **ENV)
    served.peers(receiver.port)
    await asyncio.to_thread(served.start)
    return Life(served, receiver, Maker(load(), served.key))


async def one_cut(life: Life, disk: Disk, dice: random.Random, clients: int) -> dict[str, Any]:
    """Traffic, the cut in the midst of it, and what is left afterwards."""
    began, told, stop = time.perf_counter(), Told(), asyncio.Event()
    versions = dice.randint(1, 4)
    series = iter(lambda: life.maker.series(versions), None)
    pouring = asyncio.create_task(pour(life.served.url, series, told, clients=clients, until=stop))
    await asyncio.sleep(dice.uniform(0.1, 0.9))
    disk.cut()
    await asyncio.sleep(dice.choice((0.0, 0.02, 0.1)))  # what is answered now must hold as well
    stop.set()
    life.served.kill()
    pouring.cancel()
    await asyncio.gather(pouring, return_exceptions=True)
    await asyncio.to_thread(disk.back)
    started = await asyncio.to_thread(life.served.start)
    seen = await judging.receipts(life.served, told, dice)
    some = dice.sample(told.acknowledged, min(2, len(told.acknowledged)))
    faults = await asyncio.to_thread(judging.evidence, life.served, some, life.heads)
    life.kept += told.acknowledged
    faults += told.faults + judging.effects(life.receiver)
    return {
        **seen,
        "clients": clients,
        "lost": sum("lost" in fault or "another receipt" in fault for fault in faults),
        "effects": len(life.receiver.calls),
        "repeated_calls": sum(life.receiver.calls.values()) - len(life.receiver.calls),
        "start_s": round(started, 2),
        "seconds": round(time.perf_counter() - began, 2),
        "faults": faults[:20],
    }


async def ended(life: Life, disk: Disk) -> list[str]:
    """Everything arrives; then the hub stops and its books are read."""
    faults = await judging.arrived(life.receiver, life.kept)
    faults += judging.effects(life.receiver)
    await asyncio.to_thread(life.served.stop)
    faults += await asyncio.to_thread(judging.books, life.served.data, life.heads, life.kept)
    disk.gone()
    return faults


async def cuts(wanted: int, first: int, args: argparse.Namespace, scratch: Path) -> int:
    """`wanted` cuts in lives of `args.lives` each; the number of faults."""
    disk, receiver, dice = Disk(scratch), Receiver(silent=0.02), random.SystemRandom()
    low, high = args.clients
    await receiver.start()
    number, faulty, life = first, 0, None
    try:
        while number < first + wanted:
            life = await born(disk, scratch / "beside", receiver)
            for _ in range(min(args.lives, first + wanted - number)):
                number += 1
                seen = await one_cut(life, disk, dice, dice.randint(low, high))
                faulty += bool(seen["faults"])
                note({"kind": "cut", "n": number, **seen})
            faults = await ended(life, disk)
            faulty += bool(faults)
            note({"kind": "life", "n": number, "messages": len(life.kept), "faults": faults[:20]})
    except NotReadyError as error:
        faulty += 1
        note({"kind": "fault", "n": number, "faults": ["the hub did not come back", str(error)[-800:]]})
    finally:
        if life is not None:
            life.served.kill()
        disk.gone()
        receiver.stop()
    return faulty


def note(row: dict[str, Any]) -> None:
    """One line in the results, at once: a run that is broken off has lost nothing."""
    line = json.dumps({"at": wall(datetime.now(UTC)), **row}, ensure_ascii=False)
    print(line, flush=True)
    RESULTS.parent.mkdir(exist_ok=True)
    with RESULTS.open("a", encoding="utf-8") as file:
        file.write(line + "\n")


def done_before() -> list[dict[str, Any]]:
    """Cuts since the last summary."""
    rows = [json.loads(line) for line in RESULTS.read_text("utf-8").splitlines()] if RESULTS.exists() else []
    last = max((at for at, row in enumerate(rows) if row["kind"] == "summary"), default=-1)
    return rows[last + 1 :]


def summary() -> dict[str, Any]:
    rows = done_before()
    made = [row for row in rows if row["kind"] == "cut"]
    seconds = sorted(row["seconds"] for row in made) or [0.0]
    return {
        "kind": "summary",
        "cuts": len(made),
        "acknowledged": sum(row["acknowledged"] for row in made),
        "in_doubt": sum(row["in_doubt"] for row in made),
        "lost": sum(row["lost"] for row in made),
        "repeated_calls": sum(row["repeated_calls"] for row in rows if row["kind"] == "cut"),
        "rows_with_faults": sum(bool(row["faults"]) for row in rows),
        "seconds_median": seconds[len(seconds) // 2],
        "seconds_most": seconds[-1],
    }


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
    if not args.resume and done_before():
        note(summary())
    made = sum(row["kind"] == "cut" for row in done_before())
    faulty = 0
    with tempfile.TemporaryDirectory(prefix="hutong-power-", dir=args.scratch) as name:
        if made < args.cuts:
            faulty = asyncio.run(cuts(args.cuts - made, made, args, Path(name)))
    if sum(row["kind"] == "cut" for row in done_before()) >= args.cuts:
        note(summary())
    return 1 if faulty else 0


if __name__ == "__main__":
    raise SystemExit(main())
