"""Both faces; a record's `msgid` makes repeating safe, and a question's is made of what it asks."""

from __future__ import annotations

from adapters.dialect import Stateless
from adapters.gateway_gm import inward, outward, replying
from hub.ports import Answer, Call, Incoming, Outcome, Outgoing, WireReply, WireRequest


class GatewayGm(Stateless):
    """The government gateway. A ticket (`receiver.pending`) is fetched by saying the same again."""

    name = "gateway-gm"

    def encode(self, outgoing: Outgoing, call: Call) -> WireRequest:
        return outward.encode(outgoing, call)

    def decode(self, reply: WireReply, outgoing: Outgoing, call: Call) -> Outcome:
        return outward.decode(reply, outgoing, call)

    def accept(self, request: WireRequest, call: Call) -> Incoming:
        return inward.accept(request, call)

    def reply(self, answer: Answer, incoming: Incoming, call: Call) -> WireReply:
        return replying.reply(answer, incoming, call)
