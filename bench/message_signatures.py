"""Signatures over messages: on the loop, or handed to the workshop's threads? What each costs, and how late
the loop is when 200 a second are verified on it.

usage: message_signatures.py [--rate 200] [--seconds 5] [--write]
For each algorithm and length of text: processor time of one verification here, of one that a thread of
`hub.ca.workshop` does for a waiting coroutine, and how long that one waits. An SM2 key is measured when it
comes for the first time and when it keeps coming (`certs/algorithms/sm2_native.py`). Then an otherwise idle
loop is asked every 5 ms how late it is, while so many a second are verified on it and by threads. Appends
one JSON line to `results/message_signatures.jsonl` with --write.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from certs.algorithms import sm2
from certs.algorithms.signature import DEFAULT_ID, SIGNATURES
from certs.testpki.issue import new_key
from hub.ca.workshop import Workshop
from hub.message import Key, wall
from hub.message.key import holds
from loadtests.machine import machine

HERE = Path(__file__).parent
LENGTHS = (2_000, 20_000, 200_000)
KEYS, STEP, EACH = 50, 0.005, 200
Verify = Callable[[int], bool]


def signed(name: str, length: int) -> list[tuple[bytes, Key, bytes]]:
    """Text, key and value of as many members."""
    out = []
    for number in range(KEYS if name == "sm2-sm3" else 4):
        private = new_key(name)
        public = SIGNATURES[name].public_of(private)
        text = f"{number:06}".encode() * (length // 6)
        key = Key(f"K{number}", f"P{number:02}", name, public=public, private=private)
        out.append((text, key, SIGNATURES[name].sign(text, private, DEFAULT_ID)))
    return out


def verifier(rows: list[tuple[bytes, Key, bytes]]) -> Verify:
    def verify(number: int) -> bool:
        text, key, value = rows[number % len(rows)]
        return holds(text, key, value)

    return verify


def here(verify: Verify, count: int) -> float:
    began = time.process_time()
    if not all(verify(number) for number in range(count)):
        raise SystemExit("a signature does not hold")
    return (time.process_time() - began) / count * 1e6


async def handed(verify: Verify, count: int) -> tuple[float, float]:
    """Processor time of all threads, and how long who waits does so; one at a time."""
    workshop, waited = Workshop(2, 64), []
    began = time.process_time()
    for number in range(count):
        asked = time.perf_counter()
        await workshop.do(lambda number=number: verify(number))  # type: ignore[misc]
        waited.append(time.perf_counter() - asked)
    used = (time.process_time() - began) / count * 1e6
    await workshop.close()
    return used, statistics.median(waited) * 1e6


async def lateness(do: Callable[[int], Awaitable[Any]], rate: float, seconds: float) -> dict[str, float]:
    loop, late, tasks = asyncio.get_running_loop(), [], set()

    async def watch() -> None:
        while True:
            due = loop.time() + STEP
            await asyncio.sleep(STEP)
            late.append(loop.time() - due)

    watching, began = asyncio.create_task(watch()), loop.time()
    for number in range(int(rate * seconds)):
        await asyncio.sleep(max(0.0, began + number / rate - loop.time()))
        task = asyncio.ensure_future(do(number))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
    await asyncio.gather(*tasks)
    watching.cancel()
    late.sort()
    at = {"p50": len(late) // 2, "p99": int(len(late) * 0.99), "max": len(late) - 1}
    return {name: round(late[place] * 1000, 2) for name, place in at.items()}


async def late(rows: list[tuple[bytes, Key, bytes]], rate: float, seconds: float) -> dict[str, Any]:
    verify, workshop = verifier(rows), Workshop(2, 256)

    async def nothing(number: int) -> None:
        return None

    async def on_the_loop(number: int) -> bool:
        return verify(number)

    async def by_threads(number: int) -> bool:
        return await workshop.do(lambda: verify(number))

    found = {one.__name__: await lateness(one, rate, seconds) for one in (nothing, on_the_loop, by_threads)}
    await workshop.close()
    return found


def measure(args: argparse.Namespace) -> dict[str, Any]:
    costs: dict[str, Any] = {}
    kept: dict[int, list[tuple[bytes, Key, bytes]]] = {}
    for name in ("sm2-sm3", "rsa-sha256", "ecdsa-sha256"):
        for length in LENGTHS:
            rows = signed(name, length)
            verify, row = verifier(rows), {}
            if name == "sm2-sm3":
                kept[length] = rows
                row["first_us"] = round(here(verify, KEYS))
                here(verify, 8 * KEYS)
            row["here_us"] = round(statistics.median(here(verify, EACH) for _ in range(5)))
            used, waits = asyncio.run(handed(verify, EACH))
            row |= {"handed_us": round(used), "handed_waits_us": round(waits)}
            costs[f"{name} {length}"] = row
    lates = {str(n): asyncio.run(late(kept[n], args.rate, args.seconds)) for n in LENGTHS[:2]}
    return {"sm2_by": sm2.backend().name, "costs": costs, "rate": args.rate, "loop_late_ms": lates}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=200.0)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    found = {"at": wall(datetime.now(UTC)), "machine": machine(), **measure(args)}
    print(json.dumps(found, ensure_ascii=False, indent=1))
    if args.write:
        with (HERE / "results" / "message_signatures.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(found, ensure_ascii=False) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
