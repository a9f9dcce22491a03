"""Who answers which service if the caller names nobody, how long it may take, what stays with the hub."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Budget:
    """`seconds` for the whole mediation; `keeps`: request fields not told to the provider before opening."""

    provider: str
    seconds: float
    keeps: tuple[str, ...] = ()


BUDGETS = {
    "project.query": Budget("D01", 5.0),
    "credit.query": Budget("R01", 1.5, keeps=("section",)),
}
DEFAULT = Budget("", 5.0)


def budget(message: str, ceiling: float) -> Budget:
    """The terms of a service, never more than `ceiling` seconds."""
    terms = BUDGETS.get(message, DEFAULT)
    return replace(terms, seconds=min(terms.seconds, ceiling))
