"""What a system is told by a service (a decision on an entry, an event, a batch): kept, numbered, told once.

Such services repeat by a number of their own. The same number with the same content gets the first answer;
with other content it is a contradiction, and the service says which error that is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from hub.message import wall
from simulators.desk import Refusal
from simulators.state import Ledger, Push


@dataclass(slots=True)
class Told:
    """One service as receiver. `number` names the members that make the business number."""

    ledger: Ledger
    service: str
    number: tuple[str, ...]
    differs: str = ""  # the error for other content under the same number; empty: it replaces what was told
    more: Mapping[str, str] = field(default_factory=dict)  # members of the answer copied from the question

    def take(self, asked: dict[str, Any], now: datetime) -> dict[str, Any]:
        """Keep it; the answer of the first time for a repetition."""
        key = "+".join(str(asked.get(name, "")) for name in self.number)
        held = self.ledger.find(self.service, key)
        if held is not None and held.content == asked:
            return dict(held.extra)
        if held is not None and self.differs:
            raise Refusal(self.differs)
        kept = self.ledger.append(Push(self.service, key, 1, "insert", asked, asked), now)
        kept.extra = {
            "hubId": kept.receipt,
            "receiptState": "accepted",
            "receivedTime": wall(now),
            **{name: asked.get(source) for name, source in self.more.items()},
        }
        return dict(kept.extra)
