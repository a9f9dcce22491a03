"""D16 answers later: a ticket first, the result to the same question asked again (D16-ticket-then-fetch)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any


@dataclass(frozen=True, slots=True)
class Waiting:
    """What the same question hears now."""

    code: str
    result: Mapping[str, Any]


@dataclass(slots=True)
class _Kept:
    ticket: str
    asked: datetime
    result: Mapping[str, Any]


@dataclass(slots=True)
class Tickets:
    """Results by message number, ready after `wait` seconds, gone after `keep`."""

    wait: int
    keep: int
    _kept: dict[str, _Kept] = field(default_factory=dict)
    _serial: int = 0

    def give(self, msgid: str, result: Mapping[str, Any], now: datetime) -> dict[str, Any]:
        self._serial += 1
        self._kept[msgid] = _Kept(f"PJ-{now:%Y%m%d}-{self._serial:06d}", now, result)
        return self._told(self._kept[msgid])

    def fetch(self, msgid: str, now: datetime) -> Waiting | None:
        """The result, or the ticket again while it is being made; None for a question not asked lately."""
        gone = [key for key, held in self._kept.items() if now - held.asked > timedelta(seconds=self.keep)]
        for key in gone:
            del self._kept[key]
        held = self._kept.get(msgid)
        if held is None:
            return None
        if now - held.asked < timedelta(seconds=self.wait):
            return Waiting("0002", self._told(held))
        return Waiting("0000", held.result)

    def _told(self, held: _Kept) -> dict[str, Any]:
        return {"ticket": held.ticket, "wait_sec": self.wait}
