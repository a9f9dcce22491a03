"""Both faces; nobody calls, so the inward one is a poller."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from adapters import laying
from adapters.dialect import Stateless
from adapters.xml_drop import outward
from adapters.xml_drop.papers import SITES
from adapters.xml_drop.poller import DropPoller
from hub.ports import Answer, Call, Carry, Incoming, Outcome, Outgoing, Poller, WireReply, WireRequest


def _now() -> datetime:
    return datetime.now(UTC)


class XmlDrop(Stateless):
    """A package is written only where none of its name is, so repeating is safe. `clock`: for receipts."""

    name = "xml-drop"

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
        return DropPoller(system, SITES[system], carry, self.clock)
