"""Whose turn it is in a lane: urgent ones first (绿色通道), and after a few of them one that is not.

A share instead of an age: whatever keeps coming in on the green lane, an ordinary one whose turn it is
by age gets every fifth place at least. Order within one business key is not decided
here: what an earlier delivery of its key holds up is not among the candidates.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hub.index.port import DeliveryRow

IN_A_ROW = 4


@dataclass(slots=True)
class Turns:
    """Remembers how many urgent ones went since an ordinary one did."""

    _row: int = 0

    def order(self, urgent: Sequence[DeliveryRow], due: Sequence[DeliveryRow]) -> Iterator[DeliveryRow]:
        """Candidates in the order in which to try them; say `went` for each one that is taken."""
        first, others = deque(urgent), deque(row for row in due if not row.urgent)
        while first or others:
            if others and (not first or self._row >= IN_A_ROW):
                yield others.popleft()
            else:
                yield first.popleft()

    def went(self, row: DeliveryRow) -> None:
        self._row = self._row + 1 if row.urgent else 0
