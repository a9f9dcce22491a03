"""The two faces under one name."""

from __future__ import annotations

from adapters.dialect import Stateless
from adapters.sm2_envelope import inward, outward, replying
from adapters.sm2_envelope.papers import LIMIT
from hub.ports import Answer, Call, Incoming, Outcome, Outgoing, WireReply, WireRequest


class Sm2Envelope(Stateless):
    """No session; but a question before anything is sent a second time."""

    name = "sm2-envelope"

    def encode(self, outgoing: Outgoing, call: Call) -> WireRequest:
        return outward.encode(outgoing, call)

    def decode(self, reply: WireReply, outgoing: Outgoing, call: Call) -> Outcome:
        return outward.decode(reply, outgoing, call)

    def ask(self, outgoing: Outgoing, call: Call) -> WireRequest | None:
        return outward.ask(outgoing, call)

    def asked(self, reply: WireReply, outgoing: Outgoing, call: Call) -> bool | Outcome | None:
        return outward.asked(reply, call)

    def accept(self, request: WireRequest, call: Call) -> Incoming:
        return inward.accept(request, call)

    def reply(self, answer: Answer, incoming: Incoming, call: Call) -> WireReply:
        return replying.reply(answer, incoming, call)

    def encloses(self, system: str, message: str, stage: str) -> int:
        """Records carry no files; in a service they are Base64 twice, the second time enciphered."""
        return 0 if stage else LIMIT // 2
