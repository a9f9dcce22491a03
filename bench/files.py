"""A file of 500 MB in parts, broken off by a SIGKILL and resumed; backwards; several at once.

How fast, and how much memory the hub ever had (`VmHWM`). Appends to `results/files.jsonl`; the status is 1
when bytes were lost or the memory went over the limit.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import platform
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "hub" / "files"))
from killed import MIB, Served, kill_at, write

from hub.attaching import name_of
from hub.errors import HubError

RESULTS = Path(__file__).parent / "results" / "files.jsonl"
LIMIT = 150  # MiB of resident memory, at any moment


class Digesting:
    """Takes bytes and keeps none."""

    def __init__(self) -> None:
        self.size = 0

    def write(self, piece: bytes) -> int:
        self.size += len(piece)
        return len(piece)


def timed(work: Callable[[], Any]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def broken_and_resumed(folder: Path, size: int, part: int) -> dict[str, Any]:
    """One file: sent to two fifths, the hub killed and started, sent on, fetched and held to its digest."""
    path, data = folder / "big", folder / "data"
    write(path, size, 7)
    name, total = name_of(path), size * MIB
    served = Served(data)
    died, told = kill_at(served, 0.4, total)
    stopped_at = 0

    def note(come: int, whole: int) -> None:
        nonlocal stopped_at
        stopped_at = come
        if not died.is_set():
            peak.append(served.memory)
        told(come, whole)

    peak: list[float] = []
    with contextlib.suppress(HubError):
        served.client().put_file(path, part=part, told=note, pause=lambda _: None)
    served = Served(data)
    kept = served.client().file_status(name) or {"ranges": []}
    there = sum(last - first + 1 for first, last in kept["ranges"])
    rest = timed(lambda: served.client().put_file(path, part=part))
    into = Digesting()
    fetch = timed(lambda: served.client().get_file(name, into))
    peak.append(served.memory)
    ended = served.stop()
    return {
        "case": "broken and resumed", "mib": size, "part_mib": part // MIB, "acknowledged": stopped_at,
        "found_after_kill": there, "send_mib_s": round((total - there) / MIB / rest, 1),
        "fetch_mib_s": round(size / fetch, 1), "peak_mib": round(max(peak), 1),
        "sound": died.is_set() and stopped_at <= there < total and into.size == total and ended == 0,
    }  # fmt: skip


def backwards(folder: Path, size: int, part: int) -> dict[str, Any]:
    """All parts in the wrong order: the digest is made from the disk at the end."""
    path = folder / "big"
    name, total = name_of(path), size * MIB
    served = Served(folder / "backwards")
    client = served.client()
    begun = time.perf_counter()
    with path.open("rb") as file:
        for start in reversed(range(0, total, part)):
            file.seek(start)
            last = time.perf_counter()
            sent = client.put_part(name, file.read(part), start, total)
    whole, final = time.perf_counter() - begun, time.perf_counter() - last
    peak = served.memory
    served.stop()
    return {
        "case": "backwards", "mib": size, "send_mib_s": round(size / whole, 1),
        "last_part_s": round(final, 2), "peak_mib": round(peak, 1), "sound": sent.status == 201,
    }  # fmt: skip


def together(folder: Path, size: int, part: int, senders: int = 4) -> dict[str, Any]:
    """Several files at once, which is as many as one member may send."""
    served = Served(folder / "together")
    paths = []
    for number in range(senders):
        paths.append(folder / f"part{number}")
        write(paths[-1], size // senders, 20 + number)
    client = served.client()
    with ThreadPoolExecutor(senders) as pool:
        took = timed(lambda: list(pool.map(lambda path: client.put_file(path, part=part), paths)))
    peak = served.memory
    served.stop()
    return {
        "case": f"{senders} at once", "mib": size, "send_mib_s": round(size / took, 1),
        "peak_mib": round(peak, 1), "sound": True,
    }  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=500, help="MiB")
    parser.add_argument("--part", type=int, default=8, help="MiB")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rows = [
            case(Path(folder), args.size, args.part * MIB)
            for case in (broken_and_resumed, backwards, together)
        ]
    found = {"at": time.strftime("%Y-%m-%dT%H:%M:%S"), "machine": platform.platform(), "cases": rows}
    RESULTS.parent.mkdir(exist_ok=True)
    with RESULTS.open("a", encoding="utf-8") as file:
        file.write(json.dumps(found) + "\n")
    print(json.dumps(rows, indent=1))
    return 0 if all(row["sound"] and row["peak_mib"] < LIMIT for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
