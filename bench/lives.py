"""A store from its making to its last check, with many sudden ends between; and all their results."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import shutil
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import judging
from receivers import Receiver
from served import Served
from traffic import Maker, Message, Told, pour

from hub.message import wall
from hub.standard import load

ENV = {
    "HUTONG_HEAD_INTERVAL": "0.2",
    "HUTONG_HEAD_PULSE": "0.3",
    "HUTONG_RETRY_SCHEDULE": "0.05,0.1,0.2,0.5,1,1,1,2,2,5,5,5,5,60,600",
    "HUTONG_BREAKER_PAUSE": "0.5",
}


@dataclass
class Life:
    """One store and all that was ever acknowledged of it."""

    served: Served
    receiver: Receiver
    maker: Maker
    kept: list[Message] = field(default_factory=list)
    heads: list[dict[str, Any]] = field(default_factory=list)

    @classmethod
    async def born(cls, folder: Path, data: Path, receiver: Receiver) -> Life:
        """A hub that has never run, on an empty place."""
        await asyncio.to_thread(_empty, folder)
        receiver.forget()
        served = Served(folder, data, **ENV)
        served.peers(receiver.port)
        await asyncio.to_thread(served.start)
        return cls(served, receiver, Maker(load(), served.key))

    async def through(
        self,
        clients: int,
        dice: random.Random,
        end: Callable[[], Awaitable[float | None]],
        back: Callable[[], float],
        *,
        earlier: Told | None = None,
    ) -> dict[str, Any]:
        """Traffic, a sudden end in its midst, the hub again (`back` tells its starting time), the checks.
        They go over what was told `earlier`, too. `end` may name the moment from which on nothing that was
        told can be believed."""
        began, told, stop = time.perf_counter(), earlier or Told(), asyncio.Event()
        versions = dice.randint(1, 4)
        series = iter(lambda: self.maker.series(versions), None)
        pouring = asyncio.create_task(pour(self.served.url, series, told, clients=clients, until=stop))
        await _under_way(told)
        moment = await end()
        stop.set()
        self.served.kill()
        pouring.cancel()
        await asyncio.gather(pouring, return_exceptions=True)
        late = {}
        if moment is not None:
            late = told.doubt(moment)
            self.receiver.doubt(moment)
        started = await asyncio.to_thread(back)
        seen = await judging.receipts(self.served, told, dice)
        some = dice.sample(told.acknowledged, min(2, len(told.acknowledged)))
        faults = await asyncio.to_thread(judging.evidence, self.served, some, self.heads)
        self.kept += told.acknowledged
        faults += told.faults + judging.effects(self.receiver)
        return {
            **seen,
            "late": len(late),
            "late_lost": sum(
                late.get(message.msg_id, message.hub_id) != message.hub_id for message in told.sent
            ),
            "clients": clients,
            "lost": sum("lost" in fault or "another receipt" in fault for fault in faults),
            "effects": len(self.receiver.calls),
            "repeated_calls": sum(self.receiver.calls.values()) - len(self.receiver.calls),
            "start_s": round(started, 2),
            "seconds": round(time.perf_counter() - began, 2),
            "faults": faults[:20],
        }

    async def over(self) -> list[str]:
        """Everything arrives; then the hub stops and its books are read."""
        faults = await judging.arrived(self.receiver, self.kept)
        faults += judging.effects(self.receiver)
        await asyncio.to_thread(self.served.stop)
        return faults + await asyncio.to_thread(judging.books, self.served.data, self.heads, self.kept)


async def _under_way(told: Told) -> None:
    """Traffic flows: the first was acknowledged, or nobody will be (the hub fell at its fail point)."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(told.flowing.wait(), 5)


def _empty(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)


@dataclass(frozen=True)
class Results:
    """A file of JSON lines, each written at once: a run that is broken off has lost nothing."""

    path: Path

    def note(self, row: dict[str, Any]) -> None:
        line = json.dumps({"at": wall(datetime.now(UTC)), **row}, ensure_ascii=False)
        print(line, flush=True)
        self.path.parent.mkdir(exist_ok=True)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(line + "\n")

    def since_summary(self) -> list[dict[str, Any]]:
        """What a resumed run goes on from."""
        text = self.path.read_text("utf-8") if self.path.exists() else ""
        rows = [json.loads(line) for line in text.splitlines()]
        last = max((at for at, row in enumerate(rows) if row["kind"] == "summary"), default=-1)
        return rows[last + 1 :]

    def made(self, kind: str) -> int:
        return sum(row["kind"] == kind for row in self.since_summary())

    def sum_up(self, kind: str) -> None:
        rows = self.since_summary()
        ends = [row for row in rows if row["kind"] == kind]
        seconds = sorted(row["seconds"] for row in ends) or [0.0]
        total = {
            name: sum(row[name] for row in ends)
            for name in ("acknowledged", "in_doubt", "lost", "late", "late_lost", "repeated_calls")
        }
        self.note(
            {
                "kind": "summary",
                f"{kind}s": len(ends),
                **total,
                "rows_with_faults": sum(bool(row["faults"]) for row in rows),
                "seconds_median": seconds[len(seconds) // 2],
                "seconds_most": seconds[-1],
            }
        )
