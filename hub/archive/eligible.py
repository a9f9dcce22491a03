"""What may go: messages that are done with in every respect. Whatever is in doubt stays.

Done with: known to all (no seal still on), settled (not held), every delivery made (a dead letter is not
made: somebody may send it again), nothing waiting with it. The answer to a question goes with the question.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

_DONE = """
    SELECT m.seq FROM message AS m
    WHERE m.received < :before AND m.hidden = 0 AND m.seq <= :size
      AND m.state IN ('accepted', 'delivered', 'refused', 'answered')
      AND NOT EXISTS (SELECT 1 FROM delivery AS d WHERE d.seq = m.seq AND d.state != 'delivered')
      AND NOT EXISTS (SELECT 1 FROM seal AS s WHERE s.seq = m.seq)
      AND NOT EXISTS (SELECT 1 FROM waiting AS w WHERE w.seq = m.seq)
"""
_ENTRIES = f"""
    SELECT seq FROM ({_DONE}) UNION
    SELECT a.entry FROM answer AS a JOIN ({_DONE}) AS done ON a.seq = done.seq WHERE a.entry <= :size
    ORDER BY 1
"""  # noqa: S608 - both are ours


def eligible(connection: sqlite3.Connection, before: int, size: int) -> Sequence[int]:
    """Entries whose bytes may leave the journal: received before a moment (microseconds), under a head of
    `size`."""
    rows = connection.execute(_ENTRIES, {"before": before, "size": size}).fetchall()
    return [int(row[0]) for row in rows]
