"""The two faces under one name."""

from __future__ import annotations

from adapters.dialect import Stateless
from adapters.hub_unified import inward, outward
from hub.ports import Answer, Call, Incoming, Outcome, Outgoing, WireReply, WireRequest


class HubUnified(Stateless):
    """msgId makes repeating safe; every attempt has its own time, nonce and signature."""

    name = "hub-unified-v1"

    def encode(self, outgoing: Outgoing, call: Call) -> WireRequest:
        return outward.encode(outgoing, call)

    def decode(self, reply: WireReply, outgoing: Outgoing, call: Call) -> Outcome:
        return outward.decode(reply)

    def accept(self, request: WireRequest, call: Call) -> Incoming:
        return inward.accept(request, call)

    def reply(self, answer: Answer, incoming: Incoming, call: Call) -> WireReply:
        return inward.reply(answer, incoming, call)
