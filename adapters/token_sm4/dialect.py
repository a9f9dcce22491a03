"""Both faces, with a session that is good for one call."""

from __future__ import annotations

from adapters.dialect import Stateless
from adapters.token_sm4 import inward, outward, replying
from hub.ports import Answer, Call, Incoming, Outcome, Outgoing, Session, WireReply, WireRequest


class TokenSm4(Stateless):
    """The service platforms. There is nothing to ask before a repetition: `dataKey` makes it safe."""

    name = "token-sm4"

    def login(self, call: Call) -> WireRequest | None:
        return outward.login(call)

    def session(self, reply: WireReply, call: Call) -> Session | Outcome:
        return outward.session(reply, call)

    def encode(self, outgoing: Outgoing, call: Call) -> WireRequest:
        return outward.encode(outgoing, call)

    def decode(self, reply: WireReply, outgoing: Outgoing, call: Call) -> Outcome:
        return outward.decode(reply, outgoing)

    def accept(self, request: WireRequest, call: Call) -> Incoming:
        return inward.accept(request, call)

    def reply(self, answer: Answer, incoming: Incoming, call: Call) -> WireReply:
        return replying.reply(answer, incoming, call)
