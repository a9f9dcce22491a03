"""What the journal is told of an attempt: that one is about to be made, and what came of it."""

from __future__ import annotations

from collections.abc import Callable

from hub.delivery.backoff import asked_for
from hub.delivery.outgoing import CHAIN
from hub.index.port import DeliveryRow
from hub.journal.entry import Kind as EntryKind
from hub.journal.port import Tx
from hub.ports import PENDING, Kind, Outcome

DONE = frozenset({Kind.DELIVERED, Kind.DUPLICATE})
SHORT = 200


def begin(tx: Tx, row: DeliveryRow, now: int) -> bool:
    """Durably say that we are about to speak; False when this is no longer ours to do."""
    current = tx.index.delivery(row.id)
    if current is None or current.state != "waiting" or current.attempts != row.attempts:
        return False
    tx.append(EntryKind.ATTEMPT, now, {"delivery": row.id, "n": row.attempts + 1, "quiet": _quiet(row)})
    return True


def record(tx: Tx, row: DeliveryRow, outcome: Outcome, now: int, wait: Callable[[int], float | None]) -> None:
    """`wait`: seconds after so many attempts until the next one, None when there is none."""
    state, following = "waiting", now
    if outcome.kind in DONE:
        state = "delivered"
    elif outcome.kind is Kind.REFUSED:
        state = "dead"
    else:
        pause = wait(_tries(tx, row))
        if pause is None:
            state = "dead"
        else:
            following = now + int(asked_for(pause, outcome.wait) * 1e6)
    facts = {
        "delivery": row.id,
        "n": row.attempts + 1,
        "outcome": outcome.kind.value,
        "code": outcome.code,
        "blame": outcome.blame.value if outcome.blame else "",
        "foreign": outcome.foreign[:SHORT],
        "state": state,
        "next": following,
        "quiet": _quiet(row),
    }
    if in_hand(outcome):
        facts["taken"] = True
    tx.append(EntryKind.OUTCOME, now, facts)


def _tries(tx: Tx, row: DeliveryRow) -> int:
    """With this one. An attempt that died with the hub says nothing of the receiver, uses up no patience."""
    before = tx.index.attempts(row.id) if row.attempts > row.base else ()
    return 1 + sum(1 for one in before if row.base < one.n <= row.attempts and one.outcome)


def in_hand(outcome: Outcome) -> bool:
    """Is it in the receiver's hands, so that the next attempt only asks after it?"""
    return outcome.kind is Kind.RETRY and outcome.code == PENDING


def _quiet(row: DeliveryRow) -> bool:
    """Bringing a tree head to the chain is no news that calls for another head."""
    return row.message == CHAIN and row.order_key == 0
