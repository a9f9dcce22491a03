"""Both faces, with the session and the question that a receiver without idempotency key needs."""

from __future__ import annotations

from adapters.exch_hmac import inward, outward
from hub.ports import Answer, Call, Incoming, Outcome, Outgoing, Session, WireReply, WireRequest


class ExchHmac:
    """The data exchange."""

    name = "exch-hmac"

    def login(self, call: Call) -> WireRequest | None:
        return outward.login(call)

    def session(self, reply: WireReply, call: Call) -> Session | Outcome:
        return outward.session(reply, call)

    def encode(self, outgoing: Outgoing, call: Call) -> WireRequest:
        return outward.encode(outgoing, call)

    def decode(self, reply: WireReply, outgoing: Outgoing, call: Call) -> Outcome:
        return outward.decode(reply, outgoing)

    def ask(self, outgoing: Outgoing, call: Call) -> WireRequest | None:
        return outward.ask(outgoing, call)

    def asked(self, reply: WireReply, outgoing: Outgoing, call: Call) -> bool | None:
        return outward.asked(reply, outgoing, call)

    def accept(self, request: WireRequest, call: Call) -> Incoming:
        return inward.accept(request, call)

    def reply(self, answer: Answer, incoming: Incoming, call: Call) -> WireReply:
        return inward.reply(answer, incoming, call)
