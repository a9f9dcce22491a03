"""A load shape: when calls arrive, what they are, and how many users carry them.

A shape is plain data and two pure functions. It knows nothing of Locust, so the whole plan of a run
exists, and can be counted, before the first byte is sent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from random import Random
from typing import Any

from loadtests.records import Records


class Op(StrEnum):
    """What one arrival does."""

    PUT = "put"  # a new record
    RESEND = "resend"  # the same message again: the sender did not see the receipt
    ASK = "ask"  # the trace of an earlier message


@dataclass(frozen=True, slots=True)
class Phase:
    """A stretch of time at one rate (calls a second); only measured phases count for latency."""

    name: str
    seconds: float
    rate: float
    measured: bool = True


@dataclass(frozen=True, slots=True)
class Act:
    """One arrival: a record of its own, or `about` the number of an earlier arrival."""

    op: Op
    stage: str
    envelope: dict[str, Any] | None = None
    about: int | None = None


Phases = Callable[[float, float, int], tuple[Phase, ...]]
Acts = Callable[[Records, Random, Sequence[float]], Iterator[Act]]


@dataclass(frozen=True, slots=True)
class Shape:
    """`phases(seconds, rate, stages)`; `acts(records, rng, dues)` gives one act for each due instant.

    `spacing`: `even`, or `random` (exponential gaps: independent callers who know nothing of each other).
    """

    id: str
    zh: str
    en: str
    profile: str
    users: int
    seconds: float
    rate: float
    spacing: str
    phases: Phases
    acts: Acts
