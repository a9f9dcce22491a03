"""Names for what a reader forgave (`certs/data/quirks.csv`): a trust list says per CA which are tolerated."""

from __future__ import annotations

import csv
from importlib.resources import files
from typing import NamedTuple

from certs.model.certificate import Certificate
from certs.path.profile import faults


class Quirk(NamedTuple):
    """A deviation: its name in a trust list, Chinese, English."""

    name: str
    zh: str
    en: str


def _table() -> dict[str, Quirk]:
    text = (files("certs.data") / "quirks.csv").read_text(encoding="utf-8")
    return {note: Quirk(name, zh, en) for name, note, zh, en in list(csv.reader(text.splitlines()))[1:]}


BY_NOTE = _table()
NAMES = frozenset(quirk.name for quirk in BY_NOTE.values())


def quirk_of(note: str) -> Quirk:
    """The quirk behind a note; `field:note` is a note inside an extension. One that no table knows has
    its own words for a name, which no list can tolerate."""
    kind, _, inner = note.partition(":")
    return BY_NOTE.get(note) or BY_NOTE.get(inner) or BY_NOTE.get(kind) or Quirk(note, note, note)


def quirks(certificate: Certificate, *, issuing: bool) -> list[Quirk]:
    """What was forgiven in a certificate, each once."""
    notes = (*certificate.notes, *faults(certificate, issuing=issuing))
    return list({found.name: found for found in map(quirk_of, notes)}.values())
