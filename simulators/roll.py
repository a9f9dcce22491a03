"""The roll of all 135 systems as the simulators read it from the catalogue's table."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache

from hub.catalogue.papers import ROOT, Papers


@dataclass(frozen=True, slots=True)
class Row:
    """One system of `systems.csv`, as far as an imitation needs it."""

    id: str
    zh: str
    en: str
    tier: str
    region: str
    kind: str
    dialect: str
    variant: str
    messages: tuple[str, ...]
    quirks: tuple[str, ...]


@cache
def roll() -> dict[str, Row]:
    """All systems by id, in the order of the catalogue."""
    with (ROOT.parent / "systems.csv").open(encoding="utf-8", newline="") as handle:
        return {
            raw["id"]: Row(
                raw["id"],
                raw["zh"],
                raw["en"],
                raw["tier"],
                raw["region"],
                raw["kind"],
                raw["dialect"],
                raw["variant"],
                tuple(part for part in raw["messages"].split(";") if part),
                tuple(part for part in raw["quirks"].split("|") if part),
            )
            for raw in csv.DictReader(handle)
        }


def papered(dialect: str) -> bool:
    """Are the papers of this dialect issued?"""
    return (ROOT / dialect / "dialect.toml").is_file()


def variant_papered(row: Row) -> bool:
    """Do the papers of the dialect cover this system's variant?"""
    variants = Papers.load(row.dialect).facts.get("variants", [])
    return not variants or row.variant in variants
