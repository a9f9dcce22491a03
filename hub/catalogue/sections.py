"""Which records speak of a section (package, lot), by which field, and when they say delivery ends.

`data/sections.csv`, one row a stage. A section is known by its `name`: the code alone in engineering, where
the standard gives codes their form, and elsewhere the code behind the name of its field. A procurement
package that somebody calls like a section of engineering is therefore never taken for it.
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
FIELDS: Final = (ENGINEERING, "PURCHASE_SECTION_CODE", "ANNOUNCEMENT_GUID")
_LISTED: Final = {"BID_SECTION_CODES": ENGINEERING}


@dataclass(frozen=True, slots=True)
class Speaks:
    """`field` names the sections, `kind` is how a service names them; the latest of `times` counts, if the
    record says `only` (field and value), where that is not empty."""

    stage: str
    field: str
    kind: str
    times: tuple[str, ...]
    only: tuple[str, ...]

    @property
    def registered(self) -> bool:
        """Does whoever registered the tender run them? Elsewhere it is who first spoke of them."""
        return self.kind == ENGINEERING

    def announces(self, fields: Mapping[str, Any]) -> tuple[str, ...]:
        """The times it says, as written."""
        if self.only and fields.get(self.only[0]) != self.only[1]:
            return ()
        return tuple(str(fields[name]) for name in self.times if fields.get(name))


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
        found[row["stage"]] = Speaks(row["stage"], row["section"], kind, times, only)
    return found


def name(kind: str, code: str) -> str:
    """What a section is known by."""
    return code if kind == ENGINEERING else f"{kind}:{code}"


def whole(project: str) -> str:
    """What a procurement project is known by, for openings that name no package; no bid is for it."""
    return f"PURCHASE_PROJECT_CODE:{project}"


def named(section: Mapping[str, Any]) -> str:
    """The name of the section a service refers to; "" where it gives none that records speak of."""
    return next((name(kind, str(section[kind])) for kind in FIELDS if section.get(kind)), "")


def in_engineering(section: str) -> bool:
    """By its name: is it a section of a registered tender?"""
    return not section.startswith(_OTHERS)


_OTHERS: Final = tuple(f"{kind}:" for kind in FIELDS if kind != ENGINEERING)
