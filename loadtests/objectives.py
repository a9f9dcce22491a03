"""The pass lines as rows: `objectives.csv` is the only place where they stand."""

from __future__ import annotations

import csv
import operator
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files

_COMPARE: dict[str, Callable[[float, float], bool]] = {
    "<=": operator.le,
    "<": operator.lt,
    ">=": operator.ge,
    ">": operator.gt,
}
# A single case proves these missed, whatever the generator did meanwhile.
FACTS = frozenset({"lost", "doubled", "altered"})
# These are about time: a late or breathless generator makes them meaningless.
TIMED = frozenset({"latency.p95", "latency.p99", "throughput.ratio", "knee.rate"})


@dataclass(frozen=True, slots=True)
class Objective:
    """`metric comparison value`; a pass needs `min_samples` samples."""

    shape: str
    metric: str
    comparison: str
    value: float
    unit: str
    min_samples: int
    zh: str
    en: str
    provenance: str

    def met(self, observed: float) -> bool:
        return _COMPARE[self.comparison](observed, self.value)


def objectives(shape: str) -> tuple[Objective, ...]:
    """The rows of one shape."""
    return tuple(row for row in every() if row.shape == shape)


def every() -> tuple[Objective, ...]:
    """All rows; a bad one stops the program, with its line."""
    text = files("loadtests").joinpath("objectives.csv").read_text("utf-8")
    rows = []
    for number, row in enumerate(csv.DictReader(text.splitlines()), 2):
        try:
            rows.append(_objective(row))
        except (KeyError, ValueError, TypeError) as error:
            raise ValueError(f"objectives.csv line {number}: {error}") from error
    return tuple(rows)


def _objective(row: dict[str, str]) -> Objective:
    if row["comparison"] not in _COMPARE:
        raise ValueError(f"comparison {row['comparison']!r}, known: {' '.join(_COMPARE)}")
    return Objective(
        row["shape"],
        row["metric"],
        row["comparison"],
        float(row["value"]),
        row["unit"],
        int(row["min_samples"]),
        row["zh"],
        row["en"],
        row["provenance"],
    )
