"""The score of a platform on a day: five measures, their weights, and every point lost explained.

`100 - total` is the sum of the deductions, to the last digit that floats have: nothing is lost unsaid.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date

from hub.quality import accurate, filled, flow, mended, timely
from hub.quality.agreement import clashes
from hub.quality.config import QualityConfig
from hub.quality.ledger import Ledger
from hub.quality.loading import installed
from hub.quality.model import Deduction, Dimension, Measure, Measured, PlatformScore, QualityRecord


class Scorer:
    """One platform's records, read once; `on` may be asked for as many days as one likes."""

    def __init__(self, platform: str, records: Iterable[QualityRecord], config: QualityConfig) -> None:
        self._config = config
        self._ledger = Ledger(platform, records, config)
        self._clashes = clashes(self._ledger, config)
        self._faults = accurate.every_fault(self._ledger, config, self._clashes)

    @property
    def days(self) -> tuple[date, date] | None:
        """The first and the last day on which something came to count."""
        entries = self._ledger.entries
        return (entries[0].day, entries[-1].day) if entries else None

    def on(self, day: date) -> PlatformScore:
        ledger, config = self._ledger, self._config
        found = {
            Dimension.FLOW: flow.measure(ledger, config, day),
            Dimension.FIELDS: filled.measure(ledger, config, day),
            Dimension.TIMELINESS: timely.measure(ledger, config, day),
            Dimension.ACCURACY: accurate.measure(ledger, config, self._faults, day),
            Dimension.REPAIR: mended.measure(ledger, config, self._clashes, self._faults, day),
        }
        counted = len(ledger.within(day, config.scale.records_days))
        return _weighed(ledger.platform, day, counted, found, config)


def score(
    records: Iterable[QualityRecord], config: QualityConfig | None = None, day: date | None = None
) -> PlatformScore:
    """The score of one platform; without a day, of the last on which a record counts.

    Raises ValueError when the records are of several platforms, or none of them counts and no day is given.
    """
    found = list(records)
    platforms = {record.platform for record in found}
    if len(platforms) > 1:
        raise ValueError(f"records of several platforms: {sorted(platforms)}; use scores()")
    scorer = Scorer(next(iter(platforms), ""), found, installed() if config is None else config)
    if day is None:
        if scorer.days is None:
            raise ValueError("no record counts, so there is no day to score")
        day = scorer.days[1]
    return scorer.on(day)


def scores(
    records: Iterable[QualityRecord], config: QualityConfig | None = None, day: date | None = None
) -> tuple[PlatformScore, ...]:
    """The score of every platform, by its name."""
    return tuple(score(found, config, day) for _, found in sorted(by_platform(records).items()))


def by_platform(records: Iterable[QualityRecord]) -> dict[str, list[QualityRecord]]:
    found: dict[str, list[QualityRecord]] = defaultdict(list)
    for record in records:
        found[record.platform].append(record)
    return found


def _weighed(
    platform: str, day: date, counted: int, found: dict[Dimension, Measure], config: QualityConfig
) -> PlatformScore:
    """A dimension with nothing to measure lends its weight to the others, in proportion."""
    measured = sum(config.weights[one] for one, measure in found.items() if measure.items)
    dimensions, deductions = [], []
    for dimension, measure in found.items():
        weight = 100 * config.weights[dimension] / measured if measure.items and measured else 0.0
        lost = sum(loss.share for loss in measure.losses) / measure.items if measure.items else 0.0
        share = max(0.0, 1 - lost) if measure.items else None
        dimensions.append(Measured(dimension, measure.items, share, weight, dict(measure.counts)))
        for loss in measure.losses:
            points = weight * loss.share / measure.items
            if points > 0:
                deductions.append(
                    Deduction(dimension, loss.rule, points, loss.ref, loss.stage, loss.at, loss.also)
                )
    total = sum(one.points for one in dimensions) if measured else None
    return PlatformScore(platform, day, total, counted, tuple(dimensions), _worst_first(deductions))


def _worst_first(deductions: Sequence[Deduction]) -> tuple[Deduction, ...]:
    return tuple(sorted(deductions, key=lambda one: (-one.points, one.rule, one.ref, one.at)))
