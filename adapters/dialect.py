"""What most dialects share as one face: no session, no question, both faces in files of their own.

A dialect whose key makes repeating safe has nothing to ask; one without a session logs nobody in.
Inheritance stays one deep: a dialect that differs overrides the method.
"""

from __future__ import annotations

from hub.ports import Answer, Call, Incoming, Outcome, Outgoing, Session, WireReply, WireRequest


class Stateless:
    """The four methods of dialects without session and without need to ask."""

    name = ""

    def login(self, call: Call) -> WireRequest | None:
        """No session is needed."""
        return None

    def session(self, reply: WireReply, call: Call) -> Session | Outcome:
        """Nobody asked for one; whatever came is only read as an answer."""
        return self.decode(reply, Outgoing("", "", "", 0, {}), call)

    def ask(self, outgoing: Outgoing, call: Call) -> WireRequest | None:
        """The key makes repeating safe."""
        return None

    def asked(self, reply: WireReply, outgoing: Outgoing, call: Call) -> bool | Outcome | None:
        """Nothing was asked, so the answer tells nothing."""
        return None

    def encode(self, outgoing: Outgoing, call: Call) -> WireRequest:
        """See `hub.ports.Dialect`."""
        raise NotImplementedError

    def decode(self, reply: WireReply, outgoing: Outgoing, call: Call) -> Outcome:
        """See `hub.ports.Dialect`."""
        raise NotImplementedError

    def accept(self, request: WireRequest, call: Call) -> Incoming:
        """See `hub.ports.Dialect`."""
        raise NotImplementedError

    def reply(self, answer: Answer, incoming: Incoming, call: Call) -> WireReply:
        """See `hub.ports.Dialect`."""
        raise NotImplementedError
