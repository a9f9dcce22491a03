"""Columns that only a reader wants (provenance, notes, timing), and the site's own small tables."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from types import MappingProxyType

Cells = Mapping[str, str]


def rows(package: str, name: str) -> tuple[Cells, ...]:
    """All rows of `<package>/data/<name>`, which has been checked by whoever owns it."""
    return _read(files(package) / "data" / name)


def _read(path: Traversable) -> tuple[Cells, ...]:
    text = path.read_text("utf-8")
    return tuple(MappingProxyType(row) for row in csv.DictReader(text.splitlines(keepends=True)))


@cache
def own(name: str) -> tuple[Cells, ...]:
    """A table of the site."""
    return rows(__package__, name)


@cache
def standard(name: str) -> tuple[Cells, ...]:
    """A table of the standard, as text."""
    return rows("hub.standard", name)


@cache
def by(name: str, *columns: str) -> Mapping[tuple[str, ...], Cells]:
    """A table of the standard by the values of some columns."""
    return {tuple(row[column] for column in columns): row for row in standard(name)}


@cache
def terms() -> Mapping[tuple[str, str], tuple[str, str]]:
    """(kind, id) to the words for it, Chinese and English."""
    return {(row["kind"], row["id"]): (row["zh"], row["en"]) for row in own("terms.csv")}
