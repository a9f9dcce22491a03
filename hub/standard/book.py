"""The tables of the standard in memory, cross-checked: what checking and making samples start from."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from hub.standard.exchange import Exchange
from hub.standard.model import (
    CodeList,
    Condition,
    ControlCommand,
    Format,
    RuleText,
    Service,
    ServiceField,
    Stage,
)

LIKELY = 5


@dataclass(frozen=True)
class Book:
    """51 stages with their fields, code lists, formats, rules and services."""

    version: str
    stages: tuple[Stage, ...]
    by_id: Mapping[str, Stage]
    code_lists: Mapping[str, CodeList]
    formats: Mapping[str, Format]
    services: Mapping[str, Service]
    types: Mapping[str, tuple[ServiceField, ...]]
    type_titles: Mapping[str, str]
    rules: Mapping[str, RuleText]
    conditions: tuple[Condition, ...]
    control: Mapping[str, ControlCommand]
    exchange: Exchange

    def stage(self, stage_id: str) -> Stage:
        """The stage of that id; the KeyError offers the nearest names."""
        try:
            return self.by_id[stage_id]
        except KeyError:
            near = ", ".join(nearest(stage_id, self.by_id)) or "none is near"
            raise KeyError(f"no stage {stage_id!r} in the standard; nearest: {near}") from None


def nearest(name: str, known: Iterable[str]) -> list[str]:
    """Up to three known names that a slip of the pen could have meant.

    `difflib` is exact and slow: only names that share the most pairs of letters come before it.
    """
    pairs = {name[place : place + 2] for place in range(len(name) - 1)}
    likely = sorted(known, key=lambda other: len(pairs & _pairs(other)), reverse=True)[:LIKELY]
    return difflib.get_close_matches(name, likely, n=3, cutoff=0.5)


@lru_cache(maxsize=4096)
def _pairs(known: str) -> frozenset[str]:
    return frozenset(known[place : place + 2] for place in range(len(known) - 1))
