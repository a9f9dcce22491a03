"""Which records speak of a section (package, lot), by which field, and when they say delivery ends.

`data/sections.csv`, one row a stage. A section is known by its `name`: the code alone in engineering, where
the standard gives codes their form, and elsewhere the code behind the name of its field. A procurement
package that somebody calls like a section of engineering is therefore never taken for it.

Where the standard has no field for the end of delivery (mining, state property, water, forest, other), the
record's own `ext` says it: signed, kept and proved as the record is, and moved by its next version. A lot of
a deal stands behind the deal's code, and a round of prices (`in_round`) is a section with an end of its own.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

ENGINEERING: Final = "BID_SECTION_CODE"
# How `sectionRef` of the services names a section.
DEAL: Final = "UNIFIED_DEAL_CODE"  # 40 characters of its own form, none of them a slash
FIELDS: Final = (ENGINEERING, "PURCHASE_SECTION_CODE", "ANNOUNCEMENT_GUID", DEAL)
EXT: Final = "ext."
_ROUND: Final = "ROUND:"
_LISTED: Final = {"BID_SECTION_CODES": ENGINEERING}


@dataclass(frozen=True, slots=True)
class Speaks:
    """`field` names the sections (with `lot`, if the record has one), `kind` is how a service names them; the
    latest of `times` (of the fields, or of `ext.`) counts, if the record says `only` (field and value), where
    that is not empty."""

    stage: str
    field: str
    kind: str
    times: tuple[str, ...]
    only: tuple[str, ...]
    lot: str = ""

    @property
    def registered(self) -> bool:
        """Does whoever registered the tender run them? Elsewhere it is who first spoke of them."""
        return self.kind == ENGINEERING

    def announces(self, fields: Mapping[str, Any], ext: Mapping[str, Any]) -> tuple[str, ...]:
        """The times it says, as written."""
        if self.only and fields.get(self.only[0]) != self.only[1]:
            return ()
        said = (
            ext.get(one.removeprefix(EXT)) if one.startswith(EXT) else fields.get(one) for one in self.times
        )
        return tuple(str(one) for one in said if one)

    def sections(self, fields: Mapping[str, Any]) -> list[str]:
        """Names of those it lists."""
        codes = [one for one in str(fields.get(self.field) or "").split(";") if one]
        lot = str(fields.get(self.lot) or "") if self.lot else ""
        return [name(self.kind, code, lot) for code in codes]


@cache
def speaking() -> Mapping[str, Speaks]:
    """By stage; raises ValueError for a section that no service could name."""
    text = files("hub.catalogue").joinpath("data/sections.csv").read_text("utf-8")
    found = {}
    for row in csv.DictReader(text.splitlines()):
        kind = _LISTED.get(row["section"], row["section"])
        if kind not in FIELDS:
            raise ValueError(f"sections.csv: {row['stage']}")
        times = tuple(name for name in row["times"].split(";") if name)
        only = tuple(row["only"].split("=")) if row["only"] else ()
        found[row["stage"]] = Speaks(row["stage"], row["section"], kind, times, only, row["lot"])
    return found


def name(kind: str, code: str, lot: str = "") -> str:
    """What a section is known by; `lot` counts only in deals that have no other number."""
    if kind == ENGINEERING:
        return code
    return f"{kind}:{code}/{lot}" if lot and kind == DEAL else f"{kind}:{code}"


def in_round(section: str, number: int) -> str:
    """What a later round of prices is known by: a section of its own, with its own end and opening."""
    return f"{_ROUND}{number}:{section}"


def round_of(section: str) -> tuple[str, int]:
    """The section that a round belongs to, and its number; 1 for a section itself: the first price is in
    the bid."""
    number, _, base = section.removeprefix(_ROUND).partition(":")
    if not section.startswith(_ROUND) or not number.isdecimal() or not base:
        return section, 1
    return base, int(number)


def whole(project: str) -> str:
    """What a procurement project is known by, for openings that name no package; no bid is for it."""
    return f"PURCHASE_PROJECT_CODE:{project}"


def named(section: Mapping[str, Any]) -> str:
    """The name of the section a service refers to; "" where it gives none that records speak of."""
    kind = next((kind for kind in FIELDS if section.get(kind)), "")
    return name(kind, str(section[kind]), str(section.get("lotNo") or "")) if kind else ""


def in_engineering(section: str) -> bool:
    """By its name: is it a section of a registered tender?"""
    return not section.startswith(_OTHERS)


_OTHERS: Final = (*(f"{kind}:" for kind in FIELDS if kind != ENGINEERING), _ROUND)
