"""A million messages that cannot be delivered: what do they cost those who have nothing to do with them?

Two hubs of the same code side by side: one empty, one whose outbox holds `--n` messages for ten receivers
that are down (put there through the journal's own door, in this process: over HTTP it would take an hour).
Measured: how long the full one needs until it answers after a restart; in interleaved rounds, how much both
take in; and at a quiet pace, how long until a message is answered and until a healthy receiver has it.

usage: scale.py [--n 1000000] [--versions 3] [--rounds 3] [--seconds 3] [--scratch DIR]
Appends to `results/scale.jsonl`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import secrets
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

from drive import drive, request
from lives import Results
from receivers import Receiver
from served import RECEIVER, Served
from traffic import Client, Message, Told

from certs.algorithms.digest import digest
from hub.identifiers import effect_key
from hub.index.tokens import hexed, open_tokens
from hub.journal.entry import Kind
from hub.journal.sqlite import FILE, SqliteStore
from hub.message import Key, canonical, sign, wall
from hub.standard import Standard, load
from loadtests.machine import machine
from loadtests.percentile import percentile

RESULTS = Results(Path(__file__).parent / "results" / "scale.jsonl")
DEAD = ("P03", "P09", "P13", "P14", "P15", "P16", "P17", "P18", "P19", "P20")
INGEST = "gp-project"  # a record that nobody is subscribed to
MESSAGE = "heartbeat"
GROUP = 2000
WHERE = ("SELECT max(size) FROM tree", "SELECT max(seq) FROM entry")


def notice(key: Key, to: str, number: int, business: str) -> bytes:
    """A short signed message for one system."""
    now = wall(datetime.now(UTC))
    head = {
        "ver": "1", "realm": "sandbox", "from": key.owner, "to": to, "msgId": f"S{number}",
        "msgType": MESSAGE, "time": now, "nonce": secrets.token_hex(12),
    }  # fmt: skip
    fields = {
        "systemId": key.owner, "beatTime": now, "buildDigest": "0" * 64, "standardVersion": "1.0",
        "state": "up",
    }  # fmt: skip
    body = {"op": "insert", "key": business, "version": 1, "fields": fields, "ext": {}, "files": []}
    return canonical(sign({"head": head, "body": body}, key))


def fill(data: Path, key: Key, n: int, versions: int) -> float:
    """`n` accepted messages, `versions` of each business key, dealt out to the dead; the seconds it took."""
    tokens = open_tokens(data / "index.key", secrets.token_bytes)
    store, began = SqliteStore(data / FILE), time.perf_counter()
    try:
        for start in range(0, n, GROUP):
            group = store.begin()
            with group.piece() as tx:
                for number in range(start, min(start + GROUP, n)):
                    business = number // versions
                    to = DEAD[business % len(DEAD)]
                    raw = (
                        notice(key, to, number, f"K{business}") if number % 1000 == 0 else raw_of(to, number)
                    )
                    order = tokens.of("record", key.owner, MESSAGE, f"K{business}")
                    known = tokens.of("known", key.owner, f"S{number}")
                    tx.append(Kind.MESSAGE, _now(), entry(key.owner, to, number, raw, known, order), raw)
            group.commit()
            if start % (GROUP * 5) == 0:
                store.maintain()
        store.checkpoint()
    finally:
        store.close()
    return time.perf_counter() - began


def raw_of(to: str, number: int) -> bytes:
    """The bytes of a message as long as a signed one; who is down will never see them."""
    return canonical(
        {
            "head": {"to": to, "msgId": f"S{number}", "from": "P01", "msgType": MESSAGE},
            "body": {"op": "insert", "key": f"K{number}", "version": 1, "fields": {"text": "x" * 500}},
        }
    )


def entry(owner: str, to: str, number: int, raw: bytes, known: int, order: int) -> dict[str, Any]:
    """What acceptance would have written down."""
    hub_id = f"01a20000-0000-7000-8000-{number:012x}"
    plan = {
        "to": to,
        "message": MESSAGE,
        "sealed": False,
        "order": hexed(order),
        "key": effect_key(hub_id, to),
    }
    return {
        "hubId": hub_id, "from": owner, "msgId": f"S{number}", "msgType": MESSAGE, "stage": "",
        "digest": digest(raw).hex(), "known": hexed(known), "auth": {"by": "signature"},
        "decision": {
            "state": "accepted", "reason": "", "hidden": 0, "waits": [], "parents": [], "deadlines": [],
            "timers": [], "record": None, "seals": [], "deliveries": [plan], "lifts": [],
        },
    }  # fmt: skip


def _now() -> int:
    return int(time.time() * 1e6)


def sealed(data: Path) -> None:
    """Until the log's backlog is worked off: a tree head stands over nearly everything."""
    live = sqlite3.connect(f"{(data / FILE).resolve().as_uri()}?mode=ro", uri=True)
    try:
        while True:
            size, last = (live.execute(question).fetchone()[0] for question in WHERE)
            if int(last) - int(size or 0) < 1000:
                return
            time.sleep(0.5)
    finally:
        live.close()


def records(standard: Standard, key: Key, numbers: Iterator[int], wanted: int) -> list[bytes]:
    made = []
    for number in (next(numbers) for _ in range(wanted)):
        envelope = standard.sample(INGEST, number)
        mark = {"from": key.owner, "msgId": f"B{number}", "time": wall(datetime.now(UTC))}
        head = {**envelope["head"], **mark, "nonce": secrets.token_hex(12)}
        made.append(
            request(canonical(sign({"head": head, "body": {**envelope["body"], "key": f"B{number}"}}, key)))
        )
    return made


async def paced(
    served: Served, receiver: Receiver, numbers: Iterator[int], seconds: float
) -> dict[str, list[float]]:
    """Twenty messages a second for the healthy receiver: seconds until answered, and until it has each."""
    told, asked, arrived = Told(), [], []
    client, until = Client(served.url, told), time.perf_counter() + seconds
    while time.perf_counter() < until:
        number = next(numbers)
        raw = notice(served.key, RECEIVER, number, f"L{number}")
        began = time.perf_counter()
        status = await client.tell(Message(raw, f"S{number}", "", f"L{number}", 1))
        asked.append(time.perf_counter() - began)
        if status != 202:
            raise SystemExit(f"{status} {told.faults[-1:]}")
        while not receiver.has(("", f"L{number}"), 1):
            await asyncio.sleep(0.001)
            if time.perf_counter() - began > 30:
                raise SystemExit("the healthy receiver got nothing for 30 s")
        arrived.append(time.perf_counter() - began)
        await asyncio.sleep(max(0.0, 0.05 - (time.perf_counter() - began)))
    client.close()
    return {"answered": asked, "arrived": arrived}


async def measure(
    pair: dict[str, tuple[Served, Receiver]], args: argparse.Namespace
) -> dict[str, dict[str, Any]]:
    """Interleaved rounds of both."""
    standard, numbers = load(), count(secrets.randbelow(10**6) * 10**5)
    rates: dict[str, list[float]] = {name: [] for name in pair}
    ingest: dict[str, list[float]] = {name: [] for name in pair}
    calm: dict[str, dict[str, list[float]]] = {name: {"answered": [], "arrived": []} for name in pair}
    for turn in range(args.rounds + 1):
        for name, (served, receiver) in pair.items():
            ready = records(standard, served.key, numbers, int(2500 * args.seconds))
            seen = await drive(served.url, iter(ready), connections=64, seconds=args.seconds if turn else 1.0)
            quiet = await paced(served, receiver, numbers, args.seconds)
            if turn:  # the first does not count
                rates[name].append(seen.acknowledged / seen.seconds)
                ingest[name] += seen.latencies
                for what, spans in quiet.items():
                    calm[name][what] += spans
    return {
        name: {
            "per_second": round(statistics.median(rates[name]), 1),
            "p99_ms": round(percentile(ingest[name], 99) * 1e3, 2),
            **{
                f"{what}_p{q}_ms": round(percentile(calm[name][what], q) * 1e3, 2)
                for what in ("answered", "arrived")
                for q in (50, 99)
            },
        }
        for name in pair
    }


async def run(args: argparse.Namespace, folder: Path) -> dict[str, Any]:
    pair: dict[str, tuple[Served, Receiver]] = {}
    try:
        for name in ("empty", "full"):
            receiver = Receiver()
            await receiver.start()
            served = Served(folder / name, folder / name / "data")
            served.peers(receiver.port, ("D09", "M01", "B01", *DEAD))
            await asyncio.to_thread(served.start)
            pair[name] = served, receiver
        full = pair["full"][0]
        await asyncio.to_thread(full.stop)
        filled = await asyncio.to_thread(fill, full.data, full.key, args.n, args.versions)
        await asyncio.to_thread(_forget, full.data)
        cold = await asyncio.to_thread(lambda: full.start(patience=120))
        await asyncio.to_thread(sealed, full.data)
        seen = await measure(pair, args)
        await asyncio.to_thread(full.kill)
        killed = await asyncio.to_thread(lambda: full.start(patience=120))
        size = sum(one.stat().st_size for one in full.data.glob(f"{FILE}*"))
        ratio = {name: round(seen["full"][name] / max(one, 1e-9), 3) for name, one in seen["empty"].items()}
        return {
            "kind": "scale", "n": args.n, "versions": args.versions, "bytes": size,
            "fill_s": round(filled, 1), "ready_cold_s": round(cold, 2),
            "ready_after_kill_s": round(killed, 2), **seen, "ratio": ratio,
            "rss_mb": rss(full.pid), "rounds": args.rounds, "seconds": args.seconds, "machine": machine(),
        }  # fmt: skip
    finally:
        for served, receiver in pair.values():
            served.kill()
            receiver.stop()


def _forget(data: Path) -> None:
    """The restart reads the store from the disk: its pages leave the cache, those of the neighbours stay."""
    for path in data.glob(f"{FILE}*"):
        with path.open("rb") as file:
            os.fsync(file.fileno())
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def rss(pid: int) -> float:
    rows = Path(f"/proc/{pid}/status").read_text("ascii").splitlines()
    return round(next(int(row.split()[1]) for row in rows if row.startswith("VmRSS")) / 1024, 1)


def main() -> int:
    parser = argparse.ArgumentParser(description="一百万条待投 / a million undelivered messages")
    parser.add_argument("--n", type=int, default=1_000_000)
    parser.add_argument("--versions", type=int, default=3, help="messages of one business key")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--scratch", type=Path)
    args = parser.parse_args()
    if not sys.platform.startswith("linux"):
        print("reads /proc: Linux only", file=sys.stderr)
        return 3
    with tempfile.TemporaryDirectory(prefix="hutong-scale-", dir=args.scratch) as name:
        row = asyncio.run(run(args, Path(name)))
    RESULTS.note(row)
    print(json.dumps(row["ratio"]))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
