"""How long a record must be kept whole, whatever a person in it asks (field-policy.md, section 5).

A stage that `retention.csv` does not name may be asked for at once. A question has no stage: it stands under
the name of its service, its answer with it.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

TABLE = Path(__file__).with_name("retention.csv")


@dataclass(frozen=True, slots=True)
class Retention:
    """`years` None: there is no end that a machine may work out."""

    years: int | None
    clause: str

    def until(self, received: datetime) -> datetime:
        """The first moment at which a record received then need not be kept."""
        if self.years is None:
            return datetime.max.replace(tzinfo=UTC)
        day = 28 if (received.month, received.day) == (2, 29) else received.day
        return received.replace(year=received.year + self.years, day=day)


NONE = Retention(0, "")


def retention(stage_id: str) -> Retention:
    """Of a stage, or of a service."""
    return _table().get(stage_id, NONE)


@cache
def _table() -> dict[str, Retention]:
    with TABLE.open(encoding="utf-8", newline="") as file:
        return {
            row["stage"]: Retention(int(row["years"]) if row["years"] else None, row["clause"])
            for row in csv.DictReader(file)
        }
