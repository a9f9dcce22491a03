"""The configuration of the score: tables that anybody may replace, checked against the standard.

Weights and scales are ours until the official ones are known; the mark says so and every report repeats it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hub.errors import HubError
from hub.quality.model import Dimension
from hub.standard.book import Book
from hub.standard.model import Condition


class QualityConfigError(HubError):
    """The tables of the score contradict themselves or the standard; every fault with file and row."""

    code = "quality.config"


@dataclass(frozen=True, slots=True)
class Bucket:
    """A class of day distances, both ends included, and the credit a record in it gets."""

    id: str
    first: int
    last: int
    credit: float
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Expected:
    """`stage` is due `days` after a record of `after` (or after the time in its field `at`)."""

    sector: str
    stage: str
    after: str
    at: str
    days: int
    unless: str
    mark: str
    why: str


@dataclass(frozen=True, slots=True)
class EventTime:
    """The field that tells when what a record tells of happened, and the days allowed to report it."""

    field: str
    grace_days: int
    mark: str


@dataclass(frozen=True, slots=True)
class Agreement:
    """Two stages of one deal that must agree in a field (`how`: equal, member, amount, amount-of-winner)."""

    rule: str
    stage: str
    field: str
    unit: str
    with_stage: str
    with_field: str
    with_unit: str
    how: str


@dataclass(frozen=True, slots=True)
class RuleNote:
    """A rule of the score: its words, and the share of a record it costs (accuracy only)."""

    id: str
    dimension: Dimension
    points: float
    zh: str
    en: str
    advice_zh: str
    advice_en: str
    mark: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What records of one stage are asked for: always, under conditions, and if there is a value."""

    required: tuple[str, ...]
    conditions: tuple[Condition, ...]
    optional: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Scale:
    """The numbers of score.toml other than weights and buckets."""

    records_days: int
    flow_days: int
    repair_days: int
    required: float
    optional: float
    not_asked: frozenset[str]
    error: float
    warning: float
    prompt_days: int
    late: float
    grace_days: int


@dataclass(frozen=True, slots=True)
class QualityConfig:
    """Everything a score depends on beside the records and the day."""

    standard: Book
    mark: str
    source: str
    weights: Mapping[Dimension, float]
    scale: Scale
    buckets: tuple[Bucket, ...]
    flow: tuple[Expected, ...]
    event_times: Mapping[str, EventTime]
    deals: Mapping[str, str]
    agreements: tuple[Agreement, ...]
    rules: Mapping[str, RuleNote]
    asked: Mapping[str, Asked]

    def points(self, code: str, severity: str) -> float:
        """Share of a record's accuracy that a finding costs."""
        rule = self.rules.get(code)
        if rule is not None:
            return rule.points if rule.dimension is Dimension.ACCURACY else 0.0
        return self.scale.error if severity == "error" else self.scale.warning
