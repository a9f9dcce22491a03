"""Sealing: hash what is new, pad, sign, journal the head, plan its way to the chain.

On a timer and in a thread of its own reading: no message waits for it. Only the finished nodes and
the head pass through the writer. A long backlog after a crash is worked off in steps.

A *pulse* is a head made on time whether there is anything new or not. Only pulses leave the hub: they are
published, stamped and put on the chain. Heads made when there is news would tell each of these when, in a
quiet night before an opening, somebody handed in a bid; in between they serve those who ask for a proof.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from hub.evidence import merkle
from hub.evidence.ring import Ring
from hub.index.tokens import hexed
from hub.journal.entry import Kind
from hub.journal.port import Reading, Tx
from hub.journal.writer import Writer
from hub.message import wall

PADDING = 8
# A head that is published counts whole blocks: a quiet minute and one with a few sealed records look alike.
BLOCK = 32
STEP = 20_000
CHAIN, CHAIN_MESSAGE = "B01", "chain.put"


@dataclass(frozen=True, slots=True)
class Grown:
    """The tree after one step: what to store and the root to sign."""

    size: int
    nodes: dict[merkle.Node, bytes]
    root: bytes


@dataclass(frozen=True, slots=True)
class Sealer:
    """`padding` gives a number below its argument; `chained` says whether heads go to the chain."""

    ring: Ring
    clock: Callable[[], datetime]
    padding: Callable[[int], int]
    chained: bool
    alg: str = "sm3"
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def seal(self, writer: Writer, reading: Reading, *, pulse: bool = False) -> int:
        """Seal what is new (a pulse: in any case); the tree size, or 0 when there was nothing."""
        async with self._turn:
            if not pulse and not reading.index.news_after():
                return 0
            end = await writer.do(lambda tx: self._pad(tx, pulse), own=True, long=True)
            grown = await asyncio.to_thread(self._grow, reading, end)
            await writer.do(lambda tx: self._finish(tx, grown, pulse), own=True, long=True)
            return grown.size

    def _pad(self, tx: Tx, pulse: bool) -> int | None:
        """Where the head ends, if that is fixed. A pulse has one at least: no two heads are of one size."""
        if not pulse:
            for _ in range(self.padding(PADDING)):
                tx.append(Kind.PADDING, self._at(), {})
            return None
        last = tx.append(Kind.PADDING, self._at(), {})
        while last % BLOCK:
            last = tx.append(Kind.PADDING, self._at(), {})
        return last

    def _grow(self, reading: Reading, end: int | None) -> Grown:
        """What came after the padding of a pulse waits for the next."""
        latest = reading.index.tree()
        size = latest.size if latest else 0
        fresh = reading.journal.heads(size, STEP if end is None else min(STEP, max(0, end - size)))
        leaves = [merkle.leaf(entry.head, self.alg) for entry in fresh]
        made = merkle.append(leaves, size, lambda node: reading.journal.nodes([node])[node], self.alg)

        def look(node: merkle.Node) -> bytes:
            return made[node] if node in made else reading.journal.nodes([node])[node]

        size += len(fresh)
        return Grown(size, made, merkle.root(size, look, self.alg))

    def _finish(self, tx: Tx, grown: Grown, pulse: bool) -> None:
        tx.put_nodes(grown.nodes)
        key = self.ring.current
        head = key.sign(
            {
                "log": key.log,
                "key": key.fingerprint,
                "size": grown.size,
                "root": grown.root.hex(),
                "alg": self.alg,
                "time": wall(self.clock()),
            }
        )
        plan = [
            {
                "to": CHAIN,
                "message": CHAIN_MESSAGE,
                "sealed": False,
                "order": hexed(0),
                "key": head["root"][:32],
            }
        ]
        made: dict[str, Any] = {"head": head, "deliveries": plan if self.chained and pulse else []}
        tx.append(Kind.HEAD, self._at(), {**made, "pulse": True} if pulse else made)

    def _at(self) -> int:
        return int(self.clock().timestamp() * 1e6)
