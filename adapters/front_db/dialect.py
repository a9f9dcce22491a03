"""Both faces; nobody calls, so the inward one is a poller."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from adapters import laying
from adapters.dialect import Stateless
from adapters.front_db import outward
from adapters.front_db.papers import SITES
from adapters.front_db.poller import FrontPoller
from hub.ports import Answer, Call, Carry, Incoming, Outcome, Outgoing, Poller, WireReply, WireRequest


def _now() -> datetime:
    return datetime.now(UTC)


class FrontDb(Stateless):
    """A row is put only where none with its key is, so repeating is safe. `clock` is for the verdicts."""

    name = "front-db"

    def __init__(self, clock: Callable[[], datetime] = _now) -> None:
        self.clock = clock

    def encode(self, outgoing: Outgoing, call: Call) -> WireRequest:
        return outward.encode(outgoing, call)

    def decode(self, reply: WireReply, outgoing: Outgoing, call: Call) -> Outcome:
        return outward.decode(reply, outgoing, call)

    def accept(self, request: WireRequest, call: Call) -> Incoming:
        return laying.not_called(request)

    def reply(self, answer: Answer, incoming: Incoming, call: Call) -> WireReply:
        return laying.no_reply()

    def poller(
        self, system: str, variant: str, credentials: Mapping[str, str], source: str, carry: Carry
    ) -> Poller:
        """Raises SenderError for a system that the papers do not know."""
        if system not in SITES:
            raise laying.unplaced(system)
        return FrontPoller(SITES[system], carry, self.clock)
