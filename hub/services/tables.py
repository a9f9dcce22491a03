"""The tables beside this file (`data/*.csv`), read strictly: a row nobody asked for stops the start."""

from __future__ import annotations

import csv
from importlib.resources import files

TABLES = {
    "terms.csv": ("service", "seconds", "keeps", "basis"),
    "providers.csv": ("service", "place", "provider", "when", "tries", "seconds", "basis"),
    "degraded.csv": ("service", "field", "value", "basis"),
    "callbacks.csv": ("service", "key", "ends", "tells", "by", "same", "order", "fresh", "basis"),
    "unfinished.csv": ("service", "field", "values", "basis"),
    "caching.csv": ("service", "key", "aside", "unless", "until", "fresh", "stale", "view", "basis"),
    "invalidation.csv": ("arrives", "services", "basis"),
}
Rows = list[dict[str, str]]


def read_all() -> dict[str, Rows]:
    """Every table by its file's name."""
    return {
        name: read(name, files("hub.services").joinpath("data", name).read_text("utf-8")) for name in TABLES
    }


def read(name: str, text: str) -> Rows:
    """The rows of one table; raises ValueError for columns that are not its own."""
    reader = csv.DictReader(text.splitlines())
    if tuple(reader.fieldnames or ()) != TABLES[name]:
        raise ValueError(f"{name}: columns are {reader.fieldnames}, not {TABLES[name]}")
    rows = list(reader)
    for number, row in enumerate(rows, 2):
        if None in row or None in row.values():
            raise ValueError(f"{name}:{number}: not as many cells as columns")
    return rows


def parts(text: str) -> tuple[str, ...]:
    return tuple(part for part in text.split(";") if part)
