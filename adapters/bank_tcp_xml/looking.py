"""Looking up what came in on an account, day by day: the lines that the bank tells of, if no notice is lost.

A line is known by the bank's number for it, so seeing it again, or after its notice, doubles nothing. Each
round begins the day before, because banks book late; the watermark is a day and a position, no serial.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

from adapters import xmltext
from adapters.bank_tcp_xml import wire
from adapters.bank_tcp_xml.inward import pay_in
from adapters.bank_tcp_xml.papers import LOOK_UP
from adapters.transports.table_poller import PollError
from hub.message import CST
from hub.ports import Carry, Haul, Incoming

_BACK = timedelta(days=1)


def _now() -> datetime:
    return datetime.now(UTC).astimezone(CST)


class PayIns:
    """See `hub.ports.Poller`."""

    def __init__(self, code: str, account: str, carry: Carry, *, now: Callable[[], datetime] = _now) -> None:
        self.code, self.account, self.carry, self.now = code, account, carry, now

    async def next(self, watermark: str, limit: int) -> Haul:
        """The lines of one day from a position on. Raises PollError or TransportError."""
        now = self.now()
        day, skipped = _place(watermark, now.date())
        lines = await self._lines(day, now)
        haul, rest = lines[skipped : skipped + limit], lines[skipped + limit :]
        if rest:
            return Haul(tuple(haul), f"{day:%Y%m%d}:{skipped + limit}", more=True)
        if day < now.date():
            return Haul(tuple(haul), f"{day + _BACK:%Y%m%d}:0", more=True)
        return Haul(tuple(haul), f"{day - _BACK:%Y%m%d}:0")

    async def close(self) -> None:
        """The carrier is the hub's."""

    async def _lines(self, day: date, now: datetime) -> list[Incoming]:
        """All of a day, each once, in the order of their numbers."""
        asked = (("AuthCode", self.code), ("AcctNo", self.account))
        period = (("FromDate", f"{day:%Y%m%d}"), ("ToDate", f"{day:%Y%m%d}"))
        body = "".join(xmltext.element(name, text) for name, text in (*asked, *period))
        serial = wire.serial(LOOK_UP, secrets.token_hex(16))
        reply = await self.carry(wire.request(wire.document(LOOK_UP, serial, now, body)))
        root = wire.read(reply.body)
        answer = wire.child(root, "body")
        told = wire.leaves(answer)
        if told.get("result", "").strip() != "1":
            raise PollError(f"{LOOK_UP}: {told.get('errcode', '') or 'no answer'}"[:40])
        found = (
            pay_in(node, wire.leaves(node), f"{day}|{at}", {})
            for at, node in enumerate(wire.children(answer, "Line"))
        )
        return sorted({one.message_id: one for one in found}.values(), key=lambda one: one.message_id)


def _place(watermark: str, today: date) -> tuple[date, int]:
    """Where to go on; today's beginning where nothing is known, or nothing that could be."""
    day, _, skipped = watermark.partition(":")
    try:
        known = datetime.strptime(day, "%Y%m%d").replace(tzinfo=CST).date()
        return (known, int(skipped)) if known <= today else (today, 0)
    except ValueError:
        return today, 0
