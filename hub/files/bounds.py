"""How large what is inside a file may be; a table (`data/bounds.csv`), so that it can be changed as data."""

from __future__ import annotations

import csv
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path

TABLE = Path(__file__).with_name("data") / "bounds.csv"


@dataclass(frozen=True, slots=True)
class Bounds:
    """Bytes, counts, and for `zip_ratio` bytes out for bytes in."""

    parts: int
    zip_entries: int
    zip_directory: int
    zip_total: int
    zip_ratio: int
    zip_free: int
    zip_depth: int
    zip_nested: int
    image_pixels: int
    image_side: int
    image_pages: int


@cache
def load(path: Path = TABLE) -> Bounds:
    """Raises ValueError when the table does not name exactly the bounds there are."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = {row["name"]: int(row["value"]) for row in csv.DictReader(file)}
    names = {spec.name for spec in fields(Bounds)}
    if set(rows) != names or min(rows.values()) <= 0:
        raise ValueError(f"{path}: {sorted(set(rows) ^ names)}")
    return Bounds(**rows)
