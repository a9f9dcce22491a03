"""Which exchange shows that a system works: the table `data/exchanges.csv`, one row a system.

- `record`: `sender` says a record of stage `what`, the hub delivers it. Counts: the system's own record, by
  the papers' tables.
- `asked`: `sender` asks it service `what` through the hub. Counts: its own note of question and answer, and
  that we heard the same.
- `told`: `sender` tells it `what`, a notice, delivered like a record. Counts: its own note.
- `said`: the system itself says `what` in its dialect. Counts: the receipt it keeps, and the hub's trace.
- `tender`: it takes a whole tender through. `heads`: the hub puts its evidence tree heads there.

`always`: also in the demo without a flow named, so that every dialect and variant has its turn.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from hub.catalogue import System
from hub.catalogue import load as load_catalogue

KINDS = ("record", "asked", "told", "said", "tender", "heads")
HERE = "620121"  # where a record is about when its receiver does not mind


@dataclass(frozen=True, slots=True)
class Exchange:
    """One row: what is exchanged with `system`, who says it, and where it is about."""

    system: str
    kind: str
    what: str
    sender: str
    always: bool

    @property
    def region(self) -> str:
        """The place a record must be about for this receiver to be sent it."""
        return _place(load_catalogue().system(self.system))


@cache
def exchanges() -> tuple[Exchange, ...]:
    """All rows; ValueError for a system twice, unknown, or an unknown kind."""
    text = files("hub.demo").joinpath("data", "exchanges.csv").read_text("utf-8")
    known, rows = load_catalogue().by_id, []
    for row in csv.DictReader(text.splitlines()):
        if row["system"] not in known or row["kind"] not in KINDS or (row["sender"] or "T01") not in known:
            raise ValueError(f"exchanges.csv: {row}")
        rows.append(Exchange(row["system"], row["kind"], row["what"], row["sender"], row["always"] == "yes"))
    if len({row.system for row in rows}) < len(rows):
        raise ValueError("exchanges.csv: a system twice")
    return tuple(rows)


def chosen(every: bool) -> tuple[Exchange, ...]:
    """All of them, or those of the demo without a flow named."""
    return tuple(row for row in exchanges() if every or row.always)


def of_kind(rows: Iterable[Exchange], *kinds: str) -> Sequence[Exchange]:
    return [row for row in rows if row.kind in kinds]


def _place(system: System) -> str:
    return system.region if system.tier in ("prefecture", "county") else HERE
