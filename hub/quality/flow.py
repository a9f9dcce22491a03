"""流程完整性: of the stages a deal should have by now, how many are there (Fujian's flow matrix, as a table).

What is due is told by records that count already, so a sealed stage is never asked for before its gate.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta

from hub.quality.config import Expected, QualityConfig
from hub.quality.ledger import PROJECT, Entry, Ledger, day_of, moment
from hub.quality.model import Loss, Measure


def measure(ledger: Ledger, config: QualityConfig, day: date) -> Measure:
    """One item per (deal, stage) that fell due in the window."""
    present = _present(ledger.until(day))
    deals: dict[str, set[str]] = defaultdict(set)
    for stage, found in present.items():
        for deal in found:
            deals[deal].add(stage)
    losses, items = [], 0
    for row in config.flow:
        for deal, entry in present.get(row.after, {}).items():
            due = _due(row, entry)
            if due is None or not day - timedelta(days=config.scale.flow_days) < due <= day:
                continue
            if row.unless and row.unless in deals[deal]:
                continue
            items += 1
            if row.stage not in deals[deal] and row.stage not in deals.get(deal[:PROJECT], ()):
                losses.append(Loss("flow.missing", 1.0, entry.record.ref, row.stage))
    return Measure(items, tuple(losses), {"due": items, "missing": len(losses)})


def _present(entries: list[Entry]) -> dict[str, dict[str, Entry]]:
    """Stage -> deal -> the first accepted record of it that was not deleted since."""
    alive: dict[tuple[str, str], Entry] = {}
    for entry in entries:
        if not entry.record.accepted:
            continue
        if entry.record.op == "delete":
            alive.pop(entry.identity, None)
        elif entry.deal:
            alive.setdefault(entry.identity, entry)
    present: dict[str, dict[str, Entry]] = defaultdict(dict)
    for entry in alive.values():
        present[entry.record.stage].setdefault(entry.deal, entry)
    return present


def _due(row: Expected, entry: Entry) -> date | None:
    """The day by whose end the stage should be there.

    Without a field it runs from the receipt, so that who is late once is not told off twice for it.
    """
    begun = entry.counted if not row.at else moment(entry.record.fields.get(row.at))
    return None if begun is None else day_of(begun) + timedelta(days=row.days)
