"""The two faces under one name."""

from __future__ import annotations

from adapters.asmx_parasxml import inward, outward
from adapters.dialect import Stateless
from hub.ports import Answer, Call, Incoming, Outcome, Outgoing, WireReply, WireRequest


class AsmxParasXml(Stateless):
    """RowGuid makes repeating safe: a second push is answered with IsRepeat T."""

    name = "asmx-parasxml"

    def encode(self, outgoing: Outgoing, call: Call) -> WireRequest:
        return outward.encode(outgoing, call)

    def decode(self, reply: WireReply, outgoing: Outgoing, call: Call) -> Outcome:
        return outward.decode(reply, outgoing)

    def accept(self, request: WireRequest, call: Call) -> Incoming:
        return inward.accept(request, call)

    def reply(self, answer: Answer, incoming: Incoming, call: Call) -> WireReply:
        return inward.reply(answer, incoming, call)
