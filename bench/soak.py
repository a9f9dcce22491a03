"""Long running: does the hub grow, does delivery fall behind, and what does it do with far too much?

First a ramp finds the knee: the highest pace at which nearly everything is answered in time and delivered at
once. Then `--minutes` at 70 % of it: resident memory and the number of messages accepted but not yet
delivered are looked at every second. Then `--overload` seconds of five times the knee from many more
connections, with a short queue: only 202, 429 and 503 may be answered, memory must stay; and how soon is it
as before?
Four of five messages end at the hub, the fifth goes on to a receiver.

usage: soak.py [--minutes 30] [--overload 20] [--scratch DIR]
Appends to `results/soak.jsonl`. Exit 1 when something was answered or grew that must not.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from lives import Results
from receivers import Receiver
from scale import notice, rss
from served import RECEIVER, Served
from traffic import Client, Message, Told

from loadtests.machine import machine
from loadtests.percentile import percentile

RESULTS = Results(Path(__file__).parent / "results" / "soak.jsonl")
NUMBERS = count(int(time.time()) * 1000)
IN_TIME = 0.25  # seconds; a pace at which p99 is longer is past the knee
SHORT_QUEUE = 300


@dataclass
class Pace:
    """What was seen at one pace, every second and in all."""

    offered: float
    statuses: Counter[int] = field(default_factory=Counter)
    spans: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)
    lag: list[int] = field(default_factory=list)
    seconds: float = 0.0
    strange: list[str] = field(default_factory=list)

    def row(self) -> dict[str, Any]:
        return {
            "offered": round(self.offered, 1),
            "accepted": round(self.statuses[202] / max(self.seconds, 0.001), 1),
            "p50_ms": round(percentile(self.spans, 50) * 1e3, 1) if self.spans else None,
            "p99_ms": round(percentile(self.spans, 99) * 1e3, 1) if self.spans else None,
            "answers": dict(self.statuses),
            "lag_most": max(self.lag, default=0),
            "lag_last": self.lag[-1] if self.lag else 0,
        }


@dataclass
class Stand:
    """A hub, the healthy receiver, and how many of its messages were accepted."""

    served: Served
    receiver: Receiver
    owed: int = 0

    async def at(self, offered: float, seconds: float, *, connections: int = 64) -> Pace:
        """Messages at a pace, each with its own time to go: a late answer counts for all behind it."""
        seen, began = Pace(offered), time.perf_counter()
        slots = count()

        async def work() -> None:
            client = Client(self.served.url, Told())
            try:
                while (due := next(slots) / offered) < seconds:
                    await asyncio.sleep(max(0.0, began + due - time.perf_counter()))
                    if time.perf_counter() - began > seconds:
                        return
                    await self._one(client, seen, began + due)
            except (OSError, asyncio.IncompleteReadError) as error:
                seen.strange.append(type(error).__name__)
            finally:
                client.close()

        watching = asyncio.create_task(self._watch(seen))
        await asyncio.gather(*(work() for _ in range(connections)))
        seen.seconds = time.perf_counter() - began
        watching.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watching
        return seen

    async def _one(self, client: Client, seen: Pace, due: float) -> None:
        number = next(NUMBERS)
        to = RECEIVER if number % 5 == 0 else "hub"
        raw = notice(self.served.key, to, number, f"L{number}")
        client.told.sent.clear()
        status = await client.tell(Message(raw, f"S{number}", "", f"L{number}", 1))
        seen.spans.append(time.perf_counter() - due)
        seen.statuses[status] += 1
        seen.strange += client.told.faults[:1] if len(seen.strange) < 5 else []
        client.told.faults.clear()
        self.owed += status == 202 and to == RECEIVER

    async def _watch(self, seen: Pace) -> None:
        while True:
            await asyncio.sleep(1.0)
            seen.memory.append(rss(self.served.pid))
            seen.lag.append(self.lag)

    @property
    def lag(self) -> int:
        return self.owed - len(self.receiver.calls)

    async def caught_up(self, seconds: float) -> float | None:
        """Seconds until nothing accepted is undelivered; None when it takes longer."""
        began = time.perf_counter()
        while self.lag > 0:
            if time.perf_counter() - began > seconds:
                return None
            await asyncio.sleep(0.02)
        return round(time.perf_counter() - began, 2)


async def knee(stand: Stand) -> tuple[float, list[dict[str, Any]]]:
    """Paces upwards by a quarter until one is not kept; the last that was."""
    kept, rows, pace = 50.0, [], 100.0
    await stand.at(50.0, 2.0)
    while pace < 5000:
        seen = await stand.at(pace, 4.0)
        caught = await stand.caught_up(1.0)
        rows.append({**seen.row(), "caught_up_s": caught})
        late = percentile(seen.spans, 99) > IN_TIME if seen.spans else True
        if late or caught is None or seen.statuses[202] < 0.95 * pace * seen.seconds:
            await stand.caught_up(60.0)
            break
        kept, pace = pace, pace * 1.25
    return kept, rows


def slope(memory: list[float]) -> float:
    """Megabytes a minute over the second half, by least squares: the first half fills caches."""
    half = memory[len(memory) // 2 :]
    if len(half) < 5:
        return 0.0
    middle, mean = (len(half) - 1) / 2, sum(half) / len(half)
    spread = sum((at - middle) ** 2 for at in range(len(half)))
    return round(60 * sum((at - middle) * (one - mean) for at, one in enumerate(half)) / spread, 3)


async def overload(stand: Stand, pace: float, seconds: float) -> dict[str, Any]:
    """Five times the knee; then 70 % of it again, second by second, until it is as before."""
    before = await stand.at(0.7 * pace, 4.0)
    calm = percentile(before.spans, 99)
    flood = await stand.at(5 * pace, seconds, connections=SHORT_QUEUE * 3)
    began, recovered = time.perf_counter(), None
    for _ in range(20):
        after = await stand.at(0.7 * pace, 1.0)
        if set(after.statuses) == {202} and percentile(after.spans, 99) < max(2 * calm, 0.1):
            recovered = round(time.perf_counter() - began - 1.0, 2)
            break
    return {
        **flood.row(), "memory_before": before.memory[-1], "memory_most": max(flood.memory, default=0.0),
        "recovered_s": recovered, "strange": flood.strange[:5], "caught_up_s": await stand.caught_up(60.0),
    }  # fmt: skip


async def run(args: argparse.Namespace, folder: Path) -> dict[str, Any]:
    receiver = Receiver()
    await receiver.start()
    with Served(folder, folder / "data", HUTONG_QUEUE_LIMIT=str(SHORT_QUEUE)) as served:
        served.peers(receiver.port)
        await asyncio.to_thread(served.start)
        gc.freeze()
        stand = Stand(served, receiver)
        pace, ramp = await knee(stand)
        steady = await stand.at(0.7 * pace, args.minutes * 60)
        drained = await stand.caught_up(10.0)
        flood = await overload(stand, pace, args.overload)
        faults = [f"answered {s}" for s in set(steady.statuses) - {202}]
        faults += [f"answered {s} when overloaded" for s in flood["answers"].keys() - {202, 429, 503}]
        faults += steady.strange + flood["strange"] + receiver_faults(receiver)
        faults += [] if drained is not None else ["delivery fell behind"]
        faults += [] if flood["recovered_s"] is not None else ["not as before within 20 s"]
    receiver.stop()
    return {
        "kind": "soak", "minutes": args.minutes, "knee": pace, "ramp": ramp, "steady": steady.row(),
        "memory_mb": steady.memory[:: max(1, len(steady.memory) // 30)],
        "slope_mb_a_minute": slope(steady.memory),
        "overload": flood, "faults": faults[:20], "machine": machine(),
    }  # fmt: skip


def receiver_faults(receiver: Receiver) -> list[str]:
    return [f"effect doubled: {one}" for one in receiver.doubled()[:5]]


def main() -> int:
    parser = argparse.ArgumentParser(description="长稳与过载 / soak and overload")
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--overload", type=float, default=20.0)
    parser.add_argument("--scratch", type=Path)
    args = parser.parse_args()
    if not sys.platform.startswith("linux"):
        print("reads /proc: Linux only", file=sys.stderr)
        return 3
    with tempfile.TemporaryDirectory(prefix="hutong-soak-", dir=args.scratch) as name:
        row = asyncio.run(run(args, Path(name)))
    RESULTS.note(row)
    return 1 if row["faults"] else 0


if __name__ == "__main__":
    raise SystemExit(main())
