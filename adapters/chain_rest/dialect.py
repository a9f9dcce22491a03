"""Outward only: `/in/B01/...` does not exist, and the businessId makes repeating safe."""

from __future__ import annotations

from adapters.chain_rest import outward
from adapters.dialect import Stateless
from adapters.incoming import unread
from adapters.situation import NO_PATH, bad
from hub.message import shown
from hub.ports import Answer, Call, Incoming, Outcome, Outgoing, WireReply, WireRequest


class ChainRest(Stateless):
    """Digests to the evidence chain."""

    name = "chain-rest"

    def encode(self, outgoing: Outgoing, call: Call) -> WireRequest:
        return outward.encode(outgoing, call)

    def decode(self, reply: WireReply, outgoing: Outgoing, call: Call) -> Outcome:
        return outward.decode(reply, outgoing)

    def accept(self, request: WireRequest, call: Call) -> Incoming:
        return unread("", "", bad(NO_PATH, "", "链平台不主动调用枢纽", shown(request.path)))

    def reply(self, answer: Answer, incoming: Incoming, call: Call) -> WireReply:
        return WireReply(404)
