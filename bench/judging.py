"""What must hold after every cut and kill, each as a list of sentences; empty lists are what is wanted."""

from __future__ import annotations

import asyncio
import random
import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from receivers import Receiver
from served import Served
from traffic import NOTICE, Message, Told, again

from hub.evidence import merkle
from hub.evidence.verify import verify
from hub.journal.rebuild import differences, fresh_index
from hub.journal.sqlite import FILE, SqliteJournal


async def receipts(served: Served, told: Told, dice: random.Random, *, looked_at: int = 8) -> dict[str, int]:
    """Everything of this round is sent again: who was acknowledged must hear the first receipt. Some are
    also looked for by their sender, as a sender would."""
    before = {message.msg_id: message.hub_id for message in told.acknowledged}
    doubt = len(told.sent) - len(before)
    await again(served.url, told, told.sent)
    lost = [m for m in told.sent if not m.acknowledged]
    told.faults.extend(f"{m.msg_id}: not taken when sent again" for m in lost)
    chosen = dice.sample(sorted(before), min(looked_at, len(before)))
    await asyncio.to_thread(_found, served, {name: before[name] for name in chosen}, told)
    return {"acknowledged": len(before), "in_doubt": doubt}


def _found(served: Served, wanted: dict[str, str], told: Told) -> None:
    client = served.client()
    for msg_id, hub_id in wanted.items():
        found = client.find(served.key.owner, msg_id)
        if found is None or found["hubId"] != hub_id:
            told.faults.append(f"{msg_id}: lost; found {found and found['hubId']} for {hub_id}")


def evidence(
    served: Served, messages: Sequence[Message], heads: list[dict[str, Any]], *, patience: float = 120.0
) -> list[str]:
    """Faults of the proofs of some messages; the heads they stand under are kept for `consistent`."""
    client, faults, until = served.client(), [], time.monotonic() + patience
    for message in messages:
        while (proof := client.proof(message.hub_id)) is None and time.monotonic() < until:
            time.sleep(0.05)
        if proof is None:
            faults.append(f"{message.msg_id}: no proof")
            continue
        verdict = verify(proof, original=message.raw)
        faults += [f"{message.msg_id}: {code}" for code, _ in verdict.faults]
        heads.append(proof["head"])
    return faults


def effects(receiver: Receiver) -> list[str]:
    return [f"effect doubled: {one}" for one in receiver.doubled()] + [
        f"out of order: {one}" for one in receiver.disordered()
    ]


async def arrived(receiver: Receiver, messages: Sequence[Message], *, patience: float = 180.0) -> list[str]:
    """Every acknowledged record reaches the receiver in the end."""
    wanted = [m for m in messages if m.stage == NOTICE and m.acknowledged]
    until = time.monotonic() + patience
    missing = wanted
    while missing and time.monotonic() < until:
        missing = [m for m in missing if not receiver.has((m.stage, m.key), m.version)]
        if missing:
            await asyncio.sleep(0.05)
    return [f"{m.msg_id}: never delivered" for m in missing]


def books(data: Path, heads: Sequence[dict[str, Any]], acknowledged: Sequence[Message]) -> list[str]:
    """The file of a hub that has stopped: sound, without gaps, its index that of a fresh fold, everything
    acknowledged in it once, and every tree head that was ever shown still true of it."""
    faults: list[str] = []
    live = sqlite3.connect(data / FILE)
    try:
        sound = live.execute("PRAGMA integrity_check").fetchone()[0]
        if sound != "ok":
            faults.append(f"integrity: {sound[:200]}")
        count, last = live.execute("SELECT count(*), coalesce(max(seq), 0) FROM entry").fetchone()
        if count != last:
            faults.append(f"journal has gaps: {count} entries up to {last}")
        journal = SqliteJournal(live)
        faults += [
            f"index differs from a fresh fold: {name}" for name in differences(live, fresh_index(journal))
        ]
        kept: dict[str, int] = dict(
            live.execute("SELECT msg_id, count(*) FROM message GROUP BY 1").fetchall()
        )
        faults += [
            f"{m.msg_id}: kept {kept.get(m.msg_id, 0)} times" for m in acknowledged if kept.get(m.msg_id) != 1
        ]
        faults += _consistent(journal, heads)
    finally:
        live.close()
    return faults


def _consistent(journal: SqliteJournal, heads: Sequence[dict[str, Any]]) -> list[str]:
    wanted = {head["size"]: head for head in heads}
    if not wanted:
        return []
    alg = next(iter(wanted.values()))["alg"]
    leaves = [merkle.leaf(entry.head, alg) for entry in journal.heads(0, max(wanted))]
    made = merkle.append(leaves, 0, _none, alg)
    return [
        f"head of size {size} is not of this log"
        for size, head in sorted(wanted.items())
        if size > len(leaves) or merkle.root(size, made.__getitem__, alg).hex() != head["root"]
    ]


def _none(node: Any) -> bytes:
    raise KeyError(node)
