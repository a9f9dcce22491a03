"""What is no longer worth sending becomes a dead letter with the reason `expired`; it is never just dropped.

An earlier attempt of unknown outcome stays unknown. Whoever retries or replays it says by that that it
is worth sending after all: then it expires no more.
"""

from __future__ import annotations

from collections.abc import Iterable

from hub.journal.entry import Kind
from hub.journal.port import Tx

EXPIRED = "expired"
AT_ONCE = 100


def expire(tx: Tx, deliveries: Iterable[int], now: int) -> int:
    """Write down those that are still waiting and past their time; how many there were."""
    count = 0
    for delivery in deliveries:
        row = tx.index.delivery(delivery)
        if row is None or row.state != "waiting" or not 0 < row.expires <= now:
            continue
        facts = {
            "delivery": delivery, "n": 0, "outcome": EXPIRED, "code": EXPIRED, "blame": "sender",
            "foreign": "", "state": "dead", "next": now, "quiet": False,
        }  # fmt: skip
        tx.append(Kind.OUTCOME, now, facts)
        count += 1
    return count
