"""Both faces, both variants; only session-rcode logs in."""

from __future__ import annotations

from adapters.legacy_http import inward, outward, replying
from hub.ports import Answer, Call, Incoming, Outcome, Outgoing, Session, WireReply, WireRequest


class LegacyHttp:
    """Old platforms; `sn` makes repeating safe."""

    name = "legacy-http"

    def login(self, call: Call) -> WireRequest | None:
        return outward.login(call)

    def session(self, reply: WireReply, call: Call) -> Session | Outcome:
        return outward.session(reply, call)

    def encode(self, outgoing: Outgoing, call: Call) -> WireRequest:
        return outward.encode(outgoing, call)

    def decode(self, reply: WireReply, outgoing: Outgoing, call: Call) -> Outcome:
        return outward.decode(reply)

    def ask(self, outgoing: Outgoing, call: Call) -> WireRequest | None:
        return None

    def asked(self, reply: WireReply, outgoing: Outgoing, call: Call) -> bool | None:
        return None

    def accept(self, request: WireRequest, call: Call) -> Incoming:
        return inward.accept(request, call)

    def reply(self, answer: Answer, incoming: Incoming, call: Call) -> WireReply:
        return replying.reply(answer, incoming, call)
