"""The two faces under one name."""

from __future__ import annotations

from adapters.dialect import Stateless
from adapters.soap12_x509 import inward, outward, replying
from adapters.soap12_x509.papers import LIMIT
from hub.ports import Answer, Call, Incoming, Outcome, Outgoing, WireReply, WireRequest


class Soap12X509(Stateless):
    """MessageID makes repeating safe; every attempt is signed anew."""

    name = "soap12-x509"

    def encode(self, outgoing: Outgoing, call: Call) -> WireRequest:
        return outward.encode(outgoing, call)

    def decode(self, reply: WireReply, outgoing: Outgoing, call: Call) -> Outcome:
        return outward.decode(reply, outgoing, call)

    def accept(self, request: WireRequest, call: Call) -> Incoming:
        return inward.accept(request, call)

    def reply(self, answer: Answer, incoming: Incoming, call: Call) -> WireReply:
        return replying.reply(answer, incoming, call)

    def encloses(self, system: str, message: str, stage: str) -> int:
        """Records carry no files; services do, and Base64 must fit beside the signature."""
        return 0 if stage else LIMIT * 5 // 8
