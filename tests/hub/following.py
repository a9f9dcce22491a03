"""A made-up dialect whose receivers are asked after what they have taken, for tests only."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

from core_kit import FakeDialect, FakeTransport

from hub.journal.rebuild import differences, fresh_index
from hub.journal.sqlite import FILE, SqliteJournal
from hub.ports import Blame, Kind, Outcome, WireReply


class Following(FakeDialect):
    """What `/ask` tells is a truth value, nothing, or an outcome with reply fields."""

    def __init__(self) -> None:
        super().__init__(keyless=True)

    def asked(self, reply, outgoing, call):
        told = json.loads(reply.body)
        if "kind" not in told:
            return told.get("there")
        return Outcome(Kind(told["kind"]), told["code"], Blame.RECEIVER, data=told.get("data", {}))


class Bureau(FakeTransport):
    """`states` is what each question after the first is told, the last one for ever."""

    def __init__(self, *states) -> None:
        super().__init__()
        self.states = list(states)

    async def send(self, system, request, limits):
        if request.path != "/ask":
            return await super().send(system, request, limits)
        self.asked.setdefault(system, []).append(json.loads(request.body)["key"])
        told = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        if isinstance(told, Exception):
            raise told
        return WireReply(200, {}, json.dumps(told).encode())


def folds_alike(data: Path) -> bool:
    """Is the index of this directory what its journal folds to?"""
    live = sqlite3.connect(data / FILE)
    found = differences(live, fresh_index(SqliteJournal(live)))
    live.close()
    return found == []
