"""States of a message and what is counted of it: nothing while it is hidden."""

from __future__ import annotations

from hub.index.folding.sums import Sums
from hub.index.gathered import Gathered


class Tally:
    def __init__(self, rows: Gathered, sums: Sums) -> None:
        self._rows, self._run, self._sums = rows, rows.run, sums
        self._add_state = rows.adder("state")

    def arrived(self, name: str) -> None:
        """Count what has come of a stage or message type and may be known: it ends remembered answers."""
        self._sums.counts["~of." + name] += 1

    def state(self, message: int, entry: int, state: str, at: int, reason: str, sender: str | None) -> None:
        if entry != message:  # the first one stands in the message's own row
            self._add_state((message, entry, state, at, reason))
        if sender is not None:
            self._sums.counts[f"message.{state}"] += 1
            self._sums.counts[f"from.{sender}.{state}"] += 1

    def name(self, message: int) -> str:
        """The stage of a message, or its type where it has none."""
        name = "SELECT iif(stage = '', msg_type, stage) FROM message WHERE seq = ?"
        return str(self._run(name, (message,)).fetchone()[0])

    def open(self, message: int) -> str | None:
        """The sender, if this message may be counted."""
        row = self._rows.by(
            "message", message, "SELECT sender FROM message WHERE seq = ? AND hidden = 0", (message,)
        ).fetchone()
        return None if row is None else str(row[0])
