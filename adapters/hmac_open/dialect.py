"""Both faces of both variants; `requestId` makes repeating safe, so there is nothing to ask first."""

from __future__ import annotations

from adapters.dialect import Stateless
from adapters.hmac_open import inward, outward, replying
from adapters.hmac_open.papers import ENCLOSED, LIMIT
from hub.ports import Answer, Call, Incoming, Outcome, Outgoing, WireReply, WireRequest


class HmacOpen(Stateless):
    """The open interface."""

    name = "hmac-open"

    def encode(self, outgoing: Outgoing, call: Call) -> WireRequest:
        return outward.encode(outgoing, call)

    def decode(self, reply: WireReply, outgoing: Outgoing, call: Call) -> Outcome:
        return outward.decode(reply, outgoing)

    def accept(self, request: WireRequest, call: Call) -> Incoming:
        return inward.accept(request, call)

    def reply(self, answer: Answer, incoming: Incoming, call: Call) -> WireReply:
        return replying.reply(answer, incoming, call)

    def encloses(self, system: str, message: str, stage: str) -> int:
        """Lists between provinces come whole; Base64 and the rest must fit into one request."""
        return LIMIT * 5 // 8 if not stage and message in ENCLOSED else 0
