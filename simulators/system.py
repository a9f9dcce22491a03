"""One simulated system: its desk, its foreign side, its faults, its journal."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from simulators.desk import Desk, ForeignSide
from simulators.faults import Act, FaultPlan
from simulators.journal import Exchange, Journal
from simulators.wire import Reply, Request

Extra = Callable[[Request, datetime], Awaitable[Reply | None]]
"""Paths beside the dialect's own (T01's export and control); None means: not mine."""


@dataclass(slots=True)
class System:
    """Everything behind one path prefix."""

    desk: Desk
    side: ForeignSide
    faults: FaultPlan
    journal: Journal = field(default_factory=Journal)
    extra: Extra | None = None
    mutual_tls: bool = False

    async def answer(self, request: Request, now: datetime, act: Act) -> Reply | None:
        """The reply as the fault leaves it; None when the connection is to be cut without one."""
        reply = Reply(200)
        if act.effect:
            reply = await self._effect(request, now, act)
            if act.twice:
                reply = await self._effect(request, now, act)
        if act.rewrite is not None:
            reply = act.rewrite(reply, request)
        return reply

    async def _effect(self, request: Request, now: datetime, act: Act) -> Reply:
        if self.extra is not None:
            own = await self.extra(request, now)
            if own is not None:
                return own
        self.desk.moods = act.moods
        try:
            return self.side.answer(request, now)
        finally:
            self.desk.moods = frozenset()

    def note(self, at: datetime, request: Request, reply: Reply | None, fault: str) -> None:
        self.journal.note(Exchange(at, request, reply, fault))

    def shown(self) -> dict[str, Any]:
        return {
            "id": self.desk.id,
            "zh": self.desk.zh,
            "dialect": self.desk.dialect,
            "variant": self.desk.variant,
            "received": self.journal.received,
            "effects": self.desk.ledger.effects,
            "records": len(self.desk.ledger),
        }
