"""The machine's clock jumps by an hour, there and back, under a running hub: nothing is early, late or twice.

The hub is the real verb behind a launcher (this file with `serve` as its first word) whose wall clock adds
what a file says. Looked at, an hour ahead and an hour behind:
  - a record that publishes itself in half an hour does not go to who may not have it before (gates);
  - a used nonce stays used (replays), new signed requests by true time are taken;
  - a receiver that is down is not stormed (retries), a healthy one is still served, in order.

usage: jumping.py [--scratch DIR]          appends to `results/jumping.jsonl`; exit 1 on any fault
"""

from __future__ import annotations

import argparse
import asyncio
import http.client
import secrets
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

HERE = Path(__file__).resolve()
HOUR = 3600.0
WATCH = 2.5


def launched(words: list[str]) -> int:
    """Be the hub, with a wall clock that somebody else sets."""
    import hub.clock
    from hub.cli.main import main as verb

    offset, true = Path(words[0]), hub.clock.wall

    def said() -> datetime:
        return true() + timedelta(seconds=float(offset.read_text("ascii") or 0))

    hub.clock.wall = said
    return verb(words[1:])


class Knocks:
    """A system that is down but counts who knocks: it takes connections and hangs up."""

    def __init__(self) -> None:
        self.times: list[float] = []
        self.port = 0

    async def start(self) -> None:
        server = await asyncio.start_server(self._hang_up, "127.0.0.1", 0)
        self.port, self._server = server.sockets[0].getsockname()[1], server

    async def _hang_up(self, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.times.append(time.perf_counter())
        writer.close()

    def since(self, moment: float) -> int:
        return sum(one > moment for one in self.times)


async def run(folder: Path, *, watch: float = WATCH) -> dict[str, Any]:
    from lives import ENV
    from receivers import Receiver
    from served import Served
    from traffic import Client, Maker, Told

    from hub.message import wall
    from hub.standard import load

    offset = folder / "offset"
    _set(offset, 0)
    receiver, gated, down = Receiver(), Knocks(), Knocks()
    for one in (receiver, gated, down):
        await one.start()
    launcher = [sys.executable, str(HERE), "serve", str(offset)]
    faults: list[str] = []
    with Served(folder, folder / "data", launcher=launcher, **ENV) as served:
        served.peers(receiver.port, ("X07", "X01", "B01"))
        served.peer("M01", gated.port)
        served.peer("D09", down.port)
        await asyncio.to_thread(served.start)
        maker, told = Maker(load(), served.key), Told()
        client = Client(served.url, told)
        later = wall(datetime.now(UTC) + timedelta(minutes=30))
        sealed = maker.series(1, NOTICE_SEND_TIME=later)
        for message in [*sealed, *maker.series(2)[:2]]:
            await client.tell(message)
        opened = gated.since(0)  # the second notice may go at once, and is tried again and again
        used = await asyncio.to_thread(_signed, served)
        rates = {}
        for name, jump in (("still", 0.0), ("ahead", HOUR), ("back", 0.0), ("behind", -HOUR), ("home", 0.0)):
            _set(offset, jump)
            began = time.perf_counter()
            for message in maker.series(3):
                await client.tell(message)
            await asyncio.sleep(watch)
            rates[name] = down.since(began)
            state = await asyncio.to_thread(_state, served, sealed[1].hub_id, "M01")
            if state != "sealed":
                faults.append(f"{name}: the gate opened early: {state}")
            if await asyncio.to_thread(_asked, served.url, used) != 401:
                faults.append(f"{name}: a used nonce was taken again")
            if await asyncio.to_thread(_asked, served.url, _headers(served)) not in {200, 404}:
                faults.append(f"{name}: a new signed request was refused")
        told.faults += _judged(told, receiver)
        client.close()
    most = rates["still"] + 5
    faults += [f"{name}: {rate} calls to who is down" for name, rate in rates.items() if rate > most]
    faults += told.faults
    return {"kind": "jumps", "calls_while_down": rates, "gated_calls": gated.since(0), "before": opened,
            "acknowledged": len(told.acknowledged), "faults": faults}  # fmt: skip


def _judged(told: Any, receiver: Any) -> list[str]:
    import judging
    from traffic import NOTICE

    missing = [m for m in told.sent if m.stage == NOTICE and not receiver.has((m.stage, m.key), m.version)]
    faults = [f"{message.msg_id}: not delivered" for message in missing]
    faults += [f"{message.msg_id}: refused" for message in told.sent if not message.acknowledged]
    return judging.effects(receiver) + faults


def _set(offset: Path, seconds: float) -> None:
    draft = offset.with_name("offset.new")
    draft.write_text(str(seconds), "ascii")
    draft.replace(offset)


def _headers(served: Any) -> dict[str, str]:
    from hub.message import sign_request

    return sign_request("GET", TARGET, served.key, now=datetime.now(UTC), nonce=secrets.token_hex(12))


TARGET = "/v1/messages?from=P01&msgId=nobody"


def _signed(served: Any) -> dict[str, str]:
    """Headers that were used once."""
    headers = _headers(served)
    _asked(served.url, headers)
    return headers


def _asked(url: str, headers: dict[str, str]) -> int:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=10)
    try:
        connection.request("GET", TARGET, headers=headers)
        return connection.getresponse().status
    finally:
        connection.close()


def _state(served: Any, hub_id: str, receiver: str) -> str:
    rows = (served.client().trace(hub_id) or {}).get("deliveries", ())
    return next((row["state"] for row in rows if row["receiver"] == receiver), "missing")


def main() -> int:
    from lives import Results

    parser = argparse.ArgumentParser(description="时钟跳变试验 / clock jumps")
    parser.add_argument("--scratch", type=Path)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="hutong-jump-", dir=args.scratch) as name:
        row = asyncio.run(run(Path(name)))
    Results(HERE.parent / "results" / "jumping.jsonl").note(row)
    return 1 if row["faults"] else 0


if __name__ == "__main__":
    raise SystemExit(launched(sys.argv[2:]) if sys.argv[1:2] == ["serve"] else main())
