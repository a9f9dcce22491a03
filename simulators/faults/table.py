"""The fault table: name, mechanism, arguments, and the dialects that know it."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

TABLE = Path(__file__).with_name("faults.csv")


@dataclass(frozen=True, slots=True)
class Fault:
    """One row. `dialects` empty means every dialect; `args` are the mechanism's own."""

    name: str
    mechanism: str
    args: Mapping[str, str]
    dialects: frozenset[str]
    zh: str

    def with_args(self, more: Mapping[str, object]) -> Fault:
        """The same fault with some arguments changed for one occasion."""
        args = {**self.args, **{name: str(value) for name, value in more.items()}}
        return Fault(self.name, self.mechanism, args, self.dialects, self.zh)


def number(fault: Fault, name: str, default: float = 0.0) -> float:
    """A numeric argument of a fault."""
    return float(fault.args.get(name, default))


@cache
def faults() -> Mapping[str, Fault]:
    """All rows by name; refuses a name given twice."""
    found: dict[str, Fault] = {}
    with TABLE.open(encoding="utf-8", newline="") as handle:
        for row in csv.DictReader(handle):
            if row["name"] in found:
                raise ValueError(f"{TABLE.name}: {row['name']} twice")
            args = dict(pair.split("=", 1) for pair in row["args"].split("|") if pair)
            dialects = frozenset(row["dialects"].split(";")) - {""}
            found[row["name"]] = Fault(row["name"], row["mechanism"], args, dialects, row["zh"])
    return found
