"""修复率: of the errors found in the window, how many were mended by a later version, and how soon.

An error is a refused record, or an accepted one that accuracy finds fault with. It is mended by the next
accepted, faultless version under the same record key; a disagreement of two records also by a version of
the other that ends it.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from hub.quality.accurate import Faults
from hub.quality.agreement import Clashes
from hub.quality.config import QualityConfig
from hub.quality.ledger import Entry, Ledger, day_of
from hub.quality.model import Loss, Measure

Identity = tuple[str, str]


def measure(ledger: Ledger, config: QualityConfig, clashes: Clashes, faults: Faults, day: date) -> Measure:
    """One item per record key in error, old enough to have been mended."""
    scale = config.scale
    entries = ledger.until(day)
    good: dict[Identity, list[datetime]] = {}
    for entry in entries:
        if not wrong(entry, faults):
            good.setdefault(entry.identity, []).append(entry.record.received)
    losses, seen, prompt = [], set(), 0
    since, young = day - timedelta(days=scale.repair_days), day - timedelta(days=scale.grace_days)
    for entry in entries:
        if not since < entry.day <= young or entry.identity in seen or not wrong(entry, faults):
            continue
        seen.add(entry.identity)
        record = entry.record
        mended = _mended(entry, day, good, clashes)
        if mended is None:
            losses.append(Loss("repair.open", 1.0, record.ref, record.stage))
        elif mended - record.received > timedelta(days=scale.prompt_days):
            losses.append(Loss("repair.late", 1 - scale.late, record.ref, record.stage))
        else:
            prompt += 1
    left = sum(loss.rule == "repair.open" for loss in losses)
    return Measure(len(seen), tuple(losses), {"errors": len(seen), "open": left, "prompt": prompt})


def wrong(entry: Entry, faults: Faults) -> bool:
    """Is this version of a record an error that somebody should mend?"""
    return not entry.record.accepted or bool(faults[entry.record.ref])


def _mended(
    entry: Entry, day: date, good: dict[Identity, list[datetime]], clashes: Clashes
) -> datetime | None:
    """When, by the end of the day, the error was gone."""
    received = entry.record.received
    found = [when for when in good.get(entry.identity, ()) if when > received]
    gone = clashes.resolved.get(entry.record.ref)
    if gone is not None and day_of(gone) <= day and not entry.record.findings:
        found.append(gone)
    return min(found, default=None)
