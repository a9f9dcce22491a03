"""The fold: one journal entry after another becomes rows. Deterministic: no clock, no chance, no catalogue.

Whatever was decided (routing, seals, refusals) stands in the entry; here it is only written down, so
that applying all entries again gives the same tables under any later version of the rules.
"""

from __future__ import annotations

from collections.abc import Callable

from hub.index.folding.affairs import Affairs
from hub.index.folding.bids import Bids
from hub.index.folding.deliveries import Deliveries
from hub.index.folding.gates import Gates
from hub.index.folding.messages import Messages
from hub.index.folding.sums import NEWS, Facts, Mark, Sums
from hub.index.folding.tally import Tally
from hub.index.gathered import Gathered
from hub.index.persons import PersonRows

__all__ = ["NEWS", "Facts", "Fold", "Mark"]


class Fold:
    """Applies entries; rows and counts are gathered and written once per group (`flush`)."""

    def __init__(self, rows: Gathered, persons: PersonRows) -> None:
        self._rows, self._persons, self._sums = rows, persons, Sums()
        tally = Tally(rows, self._sums)
        deliveries = Deliveries(rows, self._sums, tally)
        gates = Gates(rows, self._sums, tally)
        messages = Messages(rows, self._sums, tally, deliveries, gates)
        affairs = Affairs(rows, self._sums, persons, deliveries)
        bids = Bids(rows, self._sums)
        self._apply: dict[str, Callable[[int, Facts], None]] = {
            "message": messages.message,
            "decision": messages.decision,
            "attempt": deliveries.attempt,
            "outcome": deliveries.outcome,
            "requeue": deliveries.requeue,
            "gate": gates.gate,
            "answer": messages.answer,
            "event": affairs.event,
            "refused": messages.refused,
            "nonce": messages.nonce,
            "file": affairs.file,
            "head": affairs.head,
            "stamp": affairs.stamp,
            "key": affairs.key,
            "watermark": affairs.watermark,
            "bid": bids.bid,
            "bid-round": bids.round,
            "bid-opening": bids.opening,
            "bid-share": bids.share,
            "bid-result": bids.result,
        }

    def apply(self, seq: int, facts: Facts) -> frozenset[str]:
        """Fold one entry; unknown kinds (padding, later versions) change nothing."""
        self._sums.woken = set()
        handler = self._apply.get(facts["kind"])
        if handler is not None:
            handler(seq, facts)
        if "keys" in facts:
            self._sums.place = max(self._sums.place, self._persons.note(seq, facts["keys"]))
        return frozenset(self._sums.woken)

    def flush(self) -> None:
        """Write what was gathered; must run before the commit."""
        self._rows.settle_all()
        self._sums.write(self._rows)
        self.forget()

    def forget(self) -> None:
        self._rows.forget()
        self._sums.forget()

    def mark(self) -> Mark:
        """Where a piece begins: what was gathered before is written, so that undoing finds only its own."""
        self._rows.settle_all()
        return self._sums.mark()

    def reset(self, mark: Mark) -> None:
        self._rows.forget()
        self._sums.reset(mark)
