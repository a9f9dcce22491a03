"""及时性: day distance between what a record tells of and its first acceptance, in classes.

Only the first accepted version is timed: a correction is no delay, but a record refused first is late
by as much as its mending took. A record that was sealed is timed by its receipt, not by its lifting.
"""

from __future__ import annotations

from collections import Counter
from datetime import date

from hub.quality.config import Bucket, QualityConfig
from hub.quality.ledger import Entry, Ledger, day_of, moment
from hub.quality.model import Loss, Measure


def measure(ledger: Ledger, config: QualityConfig, day: date) -> Measure:
    """One item per record whose stage names a time of its event."""
    losses: list[Loss] = []
    counts: Counter[str] = Counter({bucket.id: 0 for bucket in config.buckets})
    first = _first(ledger.until(day))
    items = 0
    for entry in ledger.within(day, config.scale.records_days):
        if first.get(entry.identity) is not entry:
            continue
        days = distance(entry, config)
        if days is None:
            continue
        bucket = _bucket(config, days)
        counts[bucket.id] += 1
        items += 1
        if bucket.credit < 1:
            record, field = entry.record, config.event_times[entry.record.stage].field
            losses.append(Loss(f"time.{bucket.id}", 1 - bucket.credit, record.ref, record.stage, field))
    return Measure(items, tuple(losses), dict(counts))


def distance(entry: Entry, config: QualityConfig) -> int | None:
    """Days from the event to the receipt, less the days allowed; None when the record does not tell."""
    told = config.event_times.get(entry.record.stage)
    event = None if told is None else moment(entry.record.fields.get(told.field))
    if told is None or event is None:
        return None
    days = (day_of(entry.record.received) - day_of(event)).days
    return days if days <= 0 else max(0, days - told.grace_days)


def _first(entries: list[Entry]) -> dict[tuple[str, str], Entry]:
    first: dict[tuple[str, str], Entry] = {}
    for entry in entries:
        if entry.record.accepted and entry.record.op != "delete":
            first.setdefault(entry.identity, entry)
    return first


def _bucket(config: QualityConfig, days: int) -> Bucket:
    """The class of a distance; what lies beyond the outermost belongs to it."""
    for bucket in config.buckets:
        if days <= bucket.last:
            return bucket
    return config.buckets[-1]
