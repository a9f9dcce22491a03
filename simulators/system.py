"""One simulated system: its desk, its foreign side, its faults, its journal."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from hub.catalogue.papers import Papers
from simulators.desk import Desk, ForeignSide
from simulators.faults import Act, FaultPlan
from simulators.journal import Exchange, Journal
from simulators.state import Record
from simulators.wire import Reply, Request

DOORS = ("/pki/", "/sof/")  # on the port of the dialect, too: a gateway is called at its system's base


@dataclass(slots=True)
class System:
    """Everything behind one path prefix."""

    desk: Desk
    side: ForeignSide
    faults: FaultPlan
    journal: Journal = field(default_factory=Journal)
    mutual_tls: bool = False
    doors: System | None = None  # what it serves besides, on a plain port of its own (a CA: `systems.doors`)

    def answer(self, request: Request, now: datetime, act: Act) -> Reply | None:
        """The reply as the fault leaves it; None when the connection is to be cut without one."""
        self.desk.ledger.touched = ("", "")
        reply = Reply(200)
        if act.effect:
            reply = self._effect(request, now, act)
            if act.twice:
                reply = self._effect(request, now, act)
        if act.rewrite is not None:
            reply = act.rewrite(reply, request)
        return reply

    def _effect(self, request: Request, now: datetime, act: Act) -> Reply:
        self.desk.moods = act.moods
        there = self.doors is not None and request.path.startswith(DOORS)
        try:
            return (self.doors if there and self.doors else self).side.answer(request, now)
        finally:
            self.desk.moods = frozenset()

    def note(self, at: datetime, request: Request, reply: Reply | None, fault: str) -> None:
        stage, key = self.desk.ledger.touched
        number = self.journal.received + 1
        self.journal.note(Exchange(at, request, reply, fault, stage, key, number))

    def record(self, record: Record) -> dict[str, Any]:
        """One row of the management port: `message` is the vocabulary's name for it."""
        return {"message": message_of(self.desk.dialect, record.message), **record.shown()}

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


@cache
def message_of(dialect: str, stage: str) -> str:
    """`notice.publish` for `eng-tender-notice`, as the field table has it; else the stage itself."""
    return next((row.message for row in Papers.load(dialect).fields if row.stage == stage), stage)
