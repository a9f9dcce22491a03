"""The two faces under one name."""

from __future__ import annotations

from adapters.dialect import Stateless
from adapters.static_token_rest import inward, outward
from hub.ports import Answer, Call, Incoming, Outcome, Outgoing, WireReply, WireRequest


class StaticTokenRest(Stateless):
    """A repeated push is answered E004, so no question is needed after a time-out."""

    name = "static-token-rest"

    def encode(self, outgoing: Outgoing, call: Call) -> WireRequest:
        return outward.encode(outgoing, call)

    def decode(self, reply: WireReply, outgoing: Outgoing, call: Call) -> Outcome:
        return outward.decode(reply, call)

    def accept(self, request: WireRequest, call: Call) -> Incoming:
        return inward.accept(request, call)

    def reply(self, answer: Answer, incoming: Incoming, call: Call) -> WireReply:
        return inward.reply(answer, incoming, call)
