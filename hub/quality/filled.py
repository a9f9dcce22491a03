"""字段完整性: mandatory fields filled, and optional ones where there was something to fill.

Refused records count too: what was refused for an empty field is what this dimension is about.
"""

from __future__ import annotations

from datetime import date

from hub.quality.config import QualityConfig
from hub.quality.ledger import Ledger
from hub.quality.model import Loss, Measure, QualityRecord
from hub.standard.check.record import empty


def measure(ledger: Ledger, config: QualityConfig, day: date) -> Measure:
    """One item per record version of the window, deletions aside."""
    losses: list[Loss] = []
    items = asked = missing = 0
    for entry in ledger.within(day, config.scale.records_days):
        record = entry.record
        if record.op == "delete" or record.stage not in config.standard.by_id:
            continue
        items += 1
        required, optional = _asked(config, record)
        lost = [name for name in required if empty(record.fields.get(name))]
        asked, missing = asked + len(required), missing + len(lost)
        weight = config.scale.required if optional else 1.0
        losses += [_loss("field.required", weight / len(required), record, name) for name in lost]
        unfilled = [name for name in optional if empty(record.fields.get(name))]
        share = config.scale.optional / len(optional) if optional else 0.0
        losses += [_loss("field.optional", share, record, name) for name in unfilled]
    return Measure(items, tuple(losses), {"required": asked, "empty": missing})


def _loss(rule: str, share: float, record: QualityRecord, name: str) -> Loss:
    return Loss(rule, share, record.ref, record.stage, name)


def _asked(config: QualityConfig, record: QualityRecord) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names of mandatory and of optional fields of this very record (conditions of the standard included)."""
    asked = config.asked[record.stage]
    extra = [
        name for row in asked.conditions if record.fields.get(row.when) in row.values for name in row.requires
    ]
    needed = tuple(dict.fromkeys((*asked.required, *extra)))
    return needed, tuple(name for name in asked.optional if name not in extra)
