"""The two faces under one name, and where a document on the socket ends."""

from __future__ import annotations

from collections.abc import Mapping

from adapters.bank_tcp_xml import inward, outward, wire
from adapters.bank_tcp_xml.looking import PayIns
from adapters.dialect import Stateless
from hub.ports import Answer, Call, Carry, Incoming, Outcome, Outgoing, Poller, WireReply, WireRequest


class BankTcpXml(Stateless):
    """The bank keeps serial numbers for good, so nothing is doubled; how far a refund is, is asked (3051)."""

    name = "bank-tcp-xml"

    def encode(self, outgoing: Outgoing, call: Call) -> WireRequest:
        return outward.encode(outgoing, call)

    def decode(self, reply: WireReply, outgoing: Outgoing, call: Call) -> Outcome:
        return outward.decode(reply, outgoing)

    def ask(self, outgoing: Outgoing, call: Call) -> WireRequest | None:
        return outward.ask(outgoing, call)

    def asked(self, reply: WireReply, outgoing: Outgoing, call: Call) -> bool | Outcome | None:
        return outward.asked(reply, outgoing)

    def accept(self, request: WireRequest, call: Call) -> Incoming:
        return inward.accept(request, call)

    def reply(self, answer: Answer, incoming: Incoming, call: Call) -> WireReply:
        return inward.reply(answer, incoming, call)

    def poller(
        self, system: str, variant: str, credentials: Mapping[str, str], source: str, carry: Carry
    ) -> Poller:
        """Looks for pay-ins on one account (`source`), in case a notice got lost."""
        return PayIns(credentials["auth_code"], source, carry)

    def whole(self, read: bytearray) -> bool:
        """See `hub.ports.Framed`."""
        return wire.whole(read)
