"""The face of dialects whose systems lie behind tables and folders: nobody calls, so they are looked at."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Protocol

from adapters import laying
from adapters.dialect import Stateless
from hub.ports import Answer, Call, Carry, Incoming, Outcome, Outgoing, Poller, WireReply, WireRequest

Clock = Callable[[], datetime]


class Outward(Protocol):
    """The dialect's own module: what is laid down, and what a look at it means."""

    def encode(self, outgoing: Outgoing, call: Call) -> WireRequest: ...
    def decode(self, reply: WireReply, outgoing: Outgoing, call: Call) -> Outcome: ...


Looking = Callable[[str, Mapping[str, str], Carry], Poller]
"""Makes the poller of a system with its credentials."""


def now() -> datetime:
    return datetime.now(UTC)


class Laid(Stateless):
    """Something is put only where none of its name is, so repeating is safe."""

    def __init__(self, name: str, outward: Outward, sites: Mapping[str, object], looking: Looking) -> None:
        self.name = name
        self._outward, self._sites, self._looking = outward, sites, looking

    def encode(self, outgoing: Outgoing, call: Call) -> WireRequest:
        return self._outward.encode(outgoing, call)

    def decode(self, reply: WireReply, outgoing: Outgoing, call: Call) -> Outcome:
        return self._outward.decode(reply, outgoing, call)

    def accept(self, request: WireRequest, call: Call) -> Incoming:
        return laying.not_called(request)

    def reply(self, answer: Answer, incoming: Incoming, call: Call) -> WireReply:
        return laying.no_reply()

    def poller(
        self, system: str, variant: str, credentials: Mapping[str, str], source: str, carry: Carry
    ) -> Poller:
        """Raises SenderError for a system that the papers do not know."""
        if system not in self._sites:
            raise laying.unplaced(system)
        return self._looking(system, credentials, carry)
