"""The table of defects (`data/defects.csv`) and how one is made."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from importlib.resources import files

from certs.profile import RULES
from certs.testpki.declaration import DeclarationError
from certs.testpki.declared import Holder
from certs.testpki.defects import ca, identity, path, profile, revocation
from certs.testpki.defects.bench import Bench
from certs.testpki.defects.exhibit import Exhibit, found
from certs.testpki.randomness import Source
from certs.testpki.vendor import VendorCa

_BUILD = path.BUILD | ca.BUILD | revocation.BUILD | identity.BUILD | profile.BUILD


@dataclass(frozen=True, slots=True)
class Row:
    """What is wrong, in words, and the reason code (of a profile: rule) that must come of it. Where a
    signature fails there is no path either, so two codes are said."""

    id: str
    about: str
    expected: tuple[str, ...]
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Defect:
    """`bad` beside `good`: the same but for the defect."""

    row: Row
    good: Exhibit
    bad: Exhibit

    def found(self) -> tuple[list[str], list[str]]:
        """What our own judges say of the good and of the bad one."""
        return found(self.good, self.row.about), found(self.bad, self.row.about)


def _rows() -> dict[str, Row]:
    text = (files("certs.testpki.data") / "defects.csv").read_text(encoding="utf-8")
    written = [
        Row(name, about, tuple(expected.split()), zh, en)
        for name, about, expected, zh, en in list(csv.reader(text.splitlines()))[1:]
    ]
    ruled = [Row(f"profile-{rule}", "profile", (rule,), row.zh, row.en) for rule, row in RULES.items()]
    return {row.id: row for row in (*written, *ruled)}


DEFECTS = _rows()


def build(name: str, vendor: VendorCa, source: Source) -> Defect:
    """Raises KeyError for an unknown name, DeclarationError if the world has too few holders."""
    row = DEFECTS[name]
    bodies = [one for one in vendor.holders.values() if one.kind == "organisation"]
    people = [one for one in vendor.holders.values() if one.kind == "person"]
    if len(bodies) < 2 or not people:
        raise DeclarationError("defects want two organisations and a person")
    first: Holder = bodies[0]
    good, bad = _BUILD[name](Bench(name, vendor, first, bodies[1], people[0], source))
    return Defect(row, good, bad)
