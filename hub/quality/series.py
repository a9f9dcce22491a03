"""Scores over days and platforms: the province's day, the month, and what the change consists of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from hub.quality.config import QualityConfig
from hub.quality.loading import installed
from hub.quality.model import Dimension, PlatformScore, QualityRecord
from hub.quality.score import Scorer, by_platform

PERIOD = 7
Cause = tuple[Dimension, str]


@dataclass(frozen=True, slots=True)
class Day:
    """The province on one day: platforms weighed by the records that entered their scores."""

    day: date
    total: float | None
    shares: Mapping[Dimension, float | None]
    lost: Mapping[Cause, float]
    platforms: tuple[PlatformScore, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """Points a day lost by one rule, at the beginning and at the end; `gain` is what was won back."""

    dimension: Dimension
    rule: str
    before: float
    after: float

    @property
    def gain(self) -> float:
        return self.before - self.after


@dataclass(frozen=True, slots=True)
class Series:
    """Day after day; days without any score are left out."""

    days: tuple[Day, ...]

    @property
    def totals(self) -> tuple[float, ...]:
        return tuple(day.total for day in self.days if day.total is not None)

    @property
    def mean(self) -> float | None:
        """The month: the plain mean of its days."""
        return sum(self.totals) / len(self.totals) if self.totals else None

    def dimension_mean(self, dimension: Dimension) -> float | None:
        shares = [share for day in self.days if (share := day.shares[dimension]) is not None]
        return sum(shares) / len(shares) if shares else None

    def changes(self) -> tuple[Change, ...]:
        """By rule, the first week against the last (or half against half), the largest gain first."""
        half = min(PERIOD, max(1, len(self.days) // 2))
        first, last = _lost(self.days[:half]), _lost(self.days[-half:])
        found = [Change(*cause, first.get(cause, 0.0), last.get(cause, 0.0)) for cause in {*first, *last}]
        return tuple(sorted(found, key=lambda one: (-one.gain, one.dimension, one.rule)))


def series(
    records: Iterable[QualityRecord],
    config: QualityConfig | None = None,
    first: date | None = None,
    last: date | None = None,
) -> Series:
    """Every day from `first` to `last`; where they are not given, from and to where records count."""
    config = installed() if config is None else config
    scorers = [Scorer(name, found, config) for name, found in sorted(by_platform(records).items())]
    spans = [span for scorer in scorers if (span := scorer.days) is not None]
    if not spans:
        return Series(())
    first = min(span[0] for span in spans) if first is None else first
    last = max(span[1] for span in spans) if last is None else last
    count = max(0, (last - first).days + 1)
    days = (province([scorer.on(first + timedelta(days=n)) for scorer in scorers]) for n in range(count))
    return Series(tuple(day for day in days if day.total is not None))


def province(platforms: Sequence[PlatformScore]) -> Day:
    """The platforms of one day as one; who had nothing to score has no weight."""
    if not platforms:
        raise ValueError("a day needs a platform")
    scored = [(one, one.total) for one in platforms if one.total is not None]
    whole = sum(_weight(one) for one, _ in scored)
    lost: dict[Cause, float] = defaultdict(float)
    for one, _ in scored:
        for deduction in one.deductions:
            lost[deduction.dimension, deduction.rule] += deduction.points * _weight(one) / whole
    total = sum(total * _weight(one) for one, total in scored) / whole if whole else None
    shares = {dimension: _share([one for one, _ in scored], dimension) for dimension in Dimension}
    return Day(platforms[0].day, total, shares, dict(lost), tuple(platforms))


def _weight(one: PlatformScore) -> int:
    """A platform with nothing new still counts for what it owes."""
    return max(1, one.records)


def _share(scored: Sequence[PlatformScore], dimension: Dimension) -> float | None:
    found = [(share, _weight(one)) for one in scored if (share := one.dimension(dimension).share) is not None]
    whole = sum(weight for _, weight in found)
    return sum(share * weight for share, weight in found) / whole if whole else None


def _lost(days: Sequence[Day]) -> dict[Cause, float]:
    found: dict[Cause, float] = defaultdict(float)
    for day in days:
        for cause, points in day.lost.items():
            found[cause] += points / len(days)
    return found
