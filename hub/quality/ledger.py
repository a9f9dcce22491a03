"""The records of one platform made ready for scoring: in the order in which they came to exist for a score.

A record counts from the moment it was received or, if it was sealed, from the moment its gate lifted;
before that it is as if it had never come. So the score of a day, once told, never changes with what
lifts later, and nobody can read from it how many signed up.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from typing import Any

from hub.quality.config import QualityConfig
from hub.quality.model import QualityRecord

CST = timezone(timedelta(hours=8))
SECTIONS = ("BID_SECTION_CODE", "BID_SECTION_CODES", "PURCHASE_SECTION_CODE")
PROJECT = 17


@dataclass(frozen=True, slots=True)
class Entry:
    """A record and what the measures ask of it again and again."""

    record: QualityRecord
    counted: datetime
    day: date
    deal: str
    section: str

    @property
    def identity(self) -> tuple[str, str]:
        return self.record.stage, self.record.key


class Ledger:
    """Entries in counting order; `within` and `until` answer by day."""

    def __init__(self, platform: str, records: Iterable[QualityRecord], config: QualityConfig) -> None:
        self.platform = platform
        # Pages of an export may overlap; what was told of a message last is what holds.
        once = {record.ref: record for record in records}
        found = [entry for record in once.values() if (entry := _entry(record, config)) is not None]
        self.entries = sorted(
            found, key=lambda entry: (entry.counted, entry.record.received, entry.record.ref)
        )
        self._days = [entry.day for entry in self.entries]

    def until(self, day: date) -> list[Entry]:
        """Everything that counts by the end of that day."""
        return self.entries[: bisect_right(self._days, day)]

    def within(self, day: date, days: int) -> list[Entry]:
        """What came to count in that many days, the last being `day`."""
        begin = bisect_right(self._days, day - timedelta(days=days))
        return self.entries[begin : bisect_right(self._days, day)]


def _entry(record: QualityRecord, config: QualityConfig) -> Entry | None:
    if record.sealed and record.lifted is None:
        return None
    counted = record.received if record.lifted is None else max(record.received, record.lifted)
    field = config.deals.get(record.stage, "")
    deal, section = text(record, field), next((t for n in SECTIONS if (t := text(record, n))), "")
    return Entry(record, counted, day_of(counted), deal, "" if ";" in section.rstrip(";") else section)


def text(record: QualityRecord, name: str) -> str:
    """A field as text; what is absent or of another type is the empty text."""
    value = record.fields.get(name)
    return value.strip() if isinstance(value, str) else ""


def day_of(moment: datetime) -> date:
    """The day by the standard's clock (+08:00)."""
    return moment.astimezone(CST).date()


def moment(value: Any) -> datetime | None:
    """A date or time of the native form; a date means its first second. None when it is neither."""
    if not isinstance(value, str):
        return None
    try:
        if len(value) == len("YYYY-MM-DD"):
            return datetime.combine(date.fromisoformat(value), time(), tzinfo=CST)
        found = datetime.fromisoformat(value)
    except ValueError:
        return None
    return found if found.tzinfo is not None else None
