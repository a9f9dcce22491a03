"""Both faces; nobody calls, so the inward one is a poller."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from adapters import laying
from adapters.cascade_db_file import outward
from adapters.cascade_db_file.papers import SITES
from adapters.cascade_db_file.poller import CascadePoller
from adapters.dialect import Stateless
from hub.ports import Answer, Call, Carry, Incoming, Outcome, Outgoing, Poller, WireReply, WireRequest


def _now() -> datetime:
    return datetime.now(UTC)


class CascadeDbFile(Stateless):
    """Rows and files are put only where none is, so repeating is safe. `clock` is for the verdicts."""

    name = "cascade-db-file"

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
        return CascadePoller(SITES[system], credentials.get("file_key", ""), carry, self.clock)
