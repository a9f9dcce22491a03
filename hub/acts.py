"""What members and the centre do besides sending: deliver again, let go what is held or sealed, tell events.

Each is an entry of the journal, durable when its coroutine returns.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from hub.errors import SenderError
from hub.gates import act_of
from hub.index.tokens import hexed
from hub.index.views import CENTRE, allowed, may_see
from hub.journal.entry import Kind
from hub.journal.port import Tx
from hub.operations import Filter, matching
from hub.parts import Parts
from hub.pipeline.nonces import spend, used


class Acts:
    """On one hub; `who` is a system id or `centre`."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def retry(self, who: str, ids: list[int]) -> int:
        """Give dead or waiting deliveries another life; returns how many."""
        wanted = [one for one in ids if isinstance(one, int)]
        return await self._requeue(who, wanted, ("dead", "waiting"))

    async def replay(self, who: str, filter: Mapping[str, Any]) -> int:
        """Send again what matches: dead letters, or with `state: delivered` what already arrived."""
        wanted = Filter.of(filter)
        return await self._requeue(who, matching(self._parts.index, wanted), (wanted.state,))

    async def _requeue(self, who: str, ids: list[int], states: tuple[str, ...]) -> int:
        index, journal = self._parts.store.index, self._parts.store.journal

        def work(tx: Tx) -> int:
            chosen = allowed(index, who, ids, states)
            for seq in {row.seq for row in map(index.delivery, chosen) if row is not None}:
                journal.require(seq)  # what cannot be read cannot be sent again
            if chosen:
                tx.append(Kind.REQUEUE, self._parts.now(), {"deliveries": chosen, "by": who})
            return len(chosen)

        return await self._parts.writer.do(work, long=True)

    async def release(self, who: str, hub_id: str) -> bool:
        """The centre lets a held amount (R04) go."""
        row = self._parts.index.by_hub_id(hub_id)
        if who != CENTRE or row is None or not may_see(CENTRE, row):
            return False
        seq = row.seq
        release = self._parts.acceptance.release
        return await self._parts.writer.do(lambda tx: release(tx, seq, self._parts.now()), long=True)

    async def let_out(self, who: str, event: str, said: Mapping[str, Any]) -> str:
        """The event has taken place that records of one sender wait for; the id of the act.

        Raises SenderError for what may not be, and never says whether anything waited.
        """
        act = act_of(who, event, said)
        if act.whose not in self._parts.kind_of or not self._may_act(who):
            raise SenderError("须由已上线的系统办理 / not online", code="member.not-online", status=403)
        hub_id, gate = self._parts.new_id(), hexed(act.gate(self._parts.acceptance.tokens))
        payload = {"step": "release", "gate": event, "about": gate, "by": act.by, "reason": act.reason}

        def work(tx: Tx) -> None:
            facts = {"hubId": hub_id, "event": "gate.release", "payload": payload}
            tx.append(Kind.EVENT, self._parts.now(), facts)
            tx.append(Kind.GATE, self._parts.now(), {"gates": [gate], "cause": "act", "act": hub_id})

        await self._parts.writer.do(work, long=True)
        return hub_id

    def _may_act(self, who: str) -> bool:
        return who == CENTRE or self._parts.registry().online(who)

    async def record_event(self, kind: str, payload: dict[str, Any], *, own: bool) -> str:
        """Chain an event; the registry knows it when this returns. `own`: also when the queue is full."""
        hub_id, parts = self._parts.new_id(), self._parts
        facts = {"hubId": hub_id, "event": kind, "payload": payload}
        await parts.writer.do(lambda tx: tx.append(Kind.EVENT, parts.now(), facts), own=own, long=True)
        parts.refresh_registry()
        return hub_id

    async def use_nonce(self, key_id: str, nonce: str) -> bool:
        """Durably use up the nonce of a signed request without envelope; False when it was used before."""
        window = timedelta(seconds=self._parts.settings.window_seconds)
        kept = used(self._parts.acceptance.tokens, key_id, nonce, self._parts.now(), window)
        return await self._parts.writer.do(lambda tx: spend(tx, kept))
