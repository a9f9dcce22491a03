"""The questions of `hub.index.port.Evidence`: heads made on time, their stamps, the log's keys."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from hub.index.gathered import Gathered
from hub.index.port import StampRow, TreeRow

_TREE = "SELECT t.size, t.entry, t.facts FROM tree AS t"
_PULSE = f"{_TREE} JOIN pulse AS p ON p.size = t.size"


class EvidenceRows:
    """`hub.index.port.Evidence` on one connection."""

    def __init__(self, rows: Gathered) -> None:
        self._run = rows.run

    def head(self, size: int) -> TreeRow | None:
        return _tree(self._run(f"{_TREE} WHERE t.size = ?", (size,)).fetchone())

    def pulses(self, after: int, limit: int) -> Sequence[TreeRow]:
        rows = self._run(f"{_PULSE} WHERE p.size > ? ORDER BY p.size LIMIT ?", (after, limit))
        return [TreeRow(size, seq, json.loads(facts)) for size, seq, facts in rows]

    def pulse(self) -> TreeRow | None:
        return _tree(self._run(f"{_PULSE} ORDER BY p.size DESC LIMIT 1").fetchone())

    def stamp(self, *, covering: int = 0) -> StampRow | None:
        order = "ASC" if covering else "DESC"
        row = self._run(
            f"SELECT size, entry, at FROM stamp WHERE size >= ? ORDER BY size {order} LIMIT 1",  # noqa: S608 - two constants
            (covering,),
        ).fetchone()
        return None if row is None else StampRow(*row)

    def stamps(self, after: int, limit: int) -> Sequence[StampRow]:
        rows = self._run(
            "SELECT size, entry, at FROM stamp WHERE size > ? ORDER BY size LIMIT ?", (after, limit)
        )
        return [StampRow(*row) for row in rows]

    def unstamped(self) -> TreeRow | None:
        newest = self.stamp()
        found = self.pulses(newest.size if newest else 0, 1)
        return found[0] if found else None

    def keys(self) -> Sequence[tuple[int, str]]:
        return [
            (row[0], row[1]) for row in self._run("SELECT entry, fingerprint FROM log_key ORDER BY entry")
        ]


def _tree(row: Any) -> TreeRow | None:
    return None if row is None else TreeRow(row[0], row[1], json.loads(row[2]))
