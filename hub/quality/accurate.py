"""准确性: what the hub's rules and the comparison with other records found wrong with a record.

Empty mandatory fields are left to 字段完整性, so that one fault costs once. Warnings about rules that
nobody has published (the deal code's check character) cost nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

from hub.quality.agreement import Clashes
from hub.quality.config import QualityConfig
from hub.quality.ledger import Entry, Ledger
from hub.quality.model import Loss, Measure

Faults = Mapping[str, tuple[Loss, ...]]


def measure(ledger: Ledger, config: QualityConfig, faults: Faults, day: date) -> Measure:
    """One item per record version of the window, deletions aside; many faults cost one record at most."""
    losses: list[Loss] = []
    items = faulty = 0
    for entry in ledger.within(day, config.scale.records_days):
        if entry.record.op == "delete":
            continue
        items += 1
        found = faults[entry.record.ref]
        total = sum(loss.share for loss in found)
        faulty += bool(found)
        if total > 1:
            found = tuple(_scaled(loss, 1 / total) for loss in found)
        losses += found
    return Measure(items, tuple(losses), {"records": items, "faulty": faulty})


def every_fault(ledger: Ledger, config: QualityConfig, clashes: Clashes) -> Faults:
    """Everything that costs accuracy, by the `ref` of the record; worked out once for all days."""
    return {entry.record.ref: tuple(_faults(entry, config, clashes)) for entry in ledger.entries}


def _faults(entry: Entry, config: QualityConfig, clashes: Clashes) -> Iterator[Loss]:
    record = entry.record
    for noted in record.findings:
        share = config.points(noted.code, noted.severity)
        if share > 0 and noted.code not in _FIELDS:
            yield Loss(noted.code, share, record.ref, record.stage, noted.at.rpartition("/")[2])
    for clash in clashes.of(record.ref):
        share = config.points(clash.rule, "error")
        other = clash.other.record.ref if clash.other else ""
        if share > 0:
            yield Loss(clash.rule, share, record.ref, record.stage, clash.at, other)


_FIELDS = frozenset({"field.required", "R01", "R02", "R03", "R12"})


def _scaled(loss: Loss, factor: float) -> Loss:
    return Loss(loss.rule, loss.share * factor, loss.ref, loss.stage, loss.at, loss.also)
