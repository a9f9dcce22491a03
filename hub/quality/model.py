"""What is scored, and what a score says: frozen values without behaviour worth speaking of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any


class Dimension(StrEnum):
    """The five of domain-data.md section 5, in the order of the report."""

    FLOW = "flow"
    FIELDS = "fields"
    TIMELINESS = "timeliness"
    ACCURACY = "accuracy"
    REPAIR = "repair"


@dataclass(frozen=True, slots=True)
class Noted:
    """A finding of the hub about a record: code, JSON pointer and severity, never the value."""

    code: str
    at: str = ""
    severity: str = "error"


@dataclass(frozen=True, slots=True)
class QualityRecord:
    """One message as the hub took or refused it.

    `ref` is the hub's own id, the only name a report uses; `key` is the sender's record key, by which
    versions belong together. `sealed` with no `lifted` means: its gate still stands, so the record
    does not exist for any score, count or report (field-policy.md, rule 7).
    """

    platform: str
    ref: str
    key: str
    stage: str
    received: datetime
    accepted: bool
    fields: Mapping[str, Any]
    version: int = 1
    op: str = "insert"
    findings: tuple[Noted, ...] = ()
    sealed: bool = False
    lifted: datetime | None = None


@dataclass(frozen=True, slots=True)
class Deduction:
    """Points lost by one rule at one record. `at` is a field, `also` another record it disagrees with.

    A missing stage has no record of its own: `ref` is the record that made it due.
    """

    dimension: Dimension
    rule: str
    points: float
    ref: str
    stage: str
    at: str = ""
    also: str = ""


@dataclass(frozen=True, slots=True)
class Loss:
    """A deduction before it has points: `share` of one item's credit, 0 to 1."""

    rule: str
    share: float
    ref: str
    stage: str
    at: str = ""
    also: str = ""


@dataclass(frozen=True, slots=True)
class Measure:
    """What one dimension found: how many items were looked at, and each loss."""

    items: int
    losses: tuple[Loss, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Measured:
    """One dimension of a score. `share` is None when there was nothing to measure."""

    dimension: Dimension
    items: int
    share: float | None
    weight: float
    counts: Mapping[str, int]

    @property
    def points(self) -> float:
        """Points of the total that this dimension brings."""
        return 0.0 if self.share is None else self.weight * self.share


@dataclass(frozen=True, slots=True)
class PlatformScore:
    """One platform on one day: `total` is None when nothing at all could be measured."""

    platform: str
    day: date
    total: float | None
    records: int
    dimensions: tuple[Measured, ...]
    deductions: tuple[Deduction, ...]

    def dimension(self, wanted: Dimension) -> Measured:
        return next(one for one in self.dimensions if one.dimension is wanted)
