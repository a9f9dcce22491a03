"""`bid.receipt` answered by the hub itself: the trading system's own signed message is the delivery.

The message is kept as any other (its trace and its proof are its sender's, sealed like the bid), so there is
no second door with the same fields: whoever delivers speaks the standard's own service, in any dialect.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from hub.bids.box import SERVICE
from hub.bids.delivery import PRICE, REPLACE, WITHDRAW, Delivery
from hub.bids.taking import UNKNOWN, Taking
from hub.catalogue.sections import in_round, named
from hub.index.port import MessageRow
from hub.ports import Outgoing
from hub.services.local import Said

_IN_ROUNDS = (PRICE, REPLACE, WITHDRAW)


class BidReceipts:
    """Fulfils `hub.services.local.Own`; `known` finds the kept message by sender and its own number."""

    def __init__(self, taking: Taking, known: Callable[[str, str], MessageRow | None]) -> None:
        self._taking, self._known = taking, known

    def answers(self, service: str) -> bool:
        return service == SERVICE

    def alone(self, service: str) -> bool:
        """Nobody else is asked, and what is addressed to somebody else is not ours."""
        return True

    def both(self) -> bool:
        return False

    def mark(self) -> int:
        return 0

    def conclusion(self, service: str, data: Mapping[str, Any]) -> tuple[str, bool] | None:
        return None

    async def answer(self, outgoing: Outgoing) -> Said | None:
        head = (outgoing.envelope or {}).get("head", {})
        row = self._known(outgoing.sender, str(head.get("msgId", "")))
        if row is None:
            return None
        one = delivery(outgoing, row)
        return Said(UNKNOWN if one is None else await self._taking.take(one), settled=True)


def delivery(outgoing: Outgoing, row: MessageRow) -> Delivery | None:
    """What the message says; None where it names no section by a code. Its rows were checked before."""
    fields = outgoing.fields
    section: Mapping[str, Any] = fields["section"]
    code = named(section)
    if not code:
        return None
    step, price = str(fields["deliveryKind"]), fields.get("sealedPrice") or {}
    number = fields.get("round")
    if step in _IN_ROUNDS and type(number) is int and number > 1:
        code = in_round(code, number)
    return Delivery(
        outgoing.sender, code, str(section.get("tradeClass", "")), step,
        fields["bidder"], fields["bidFile"], tuple(fields.get("recipients") or ()),
        str(fields["envelopeModel"]), fields["signature"], row.hub_id, row.seq,
        str(price.get("digest", "")),
    )  # fmt: skip
