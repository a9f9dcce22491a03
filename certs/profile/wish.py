"""What a profile asks for: the numbers and lists that differ between the national and a provincial text."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib.resources import files
from typing import NamedTuple

from certs.path.check import UNDERSTOOD
from certs.profile.sheet import Sheet
from certs.subject.rules import Rule

ERROR, WARNING, NOTE = "error", "warning", "note"
# The numbers under which GM/T 0015 puts codes of holders; the one for the credit code that its edition of
# 2023 adds is not public, so it is configuration.
SUBJECT_CODES = frozenset(f"1.2.156.10260.4.1.{number}" for number in range(1, 6))


@dataclass(frozen=True, slots=True)
class Profile:
    """`identity` are the CA's rules for where codes stand (`certs.subject`); `off` switches rules off by
    name, for a CA whose deviation was accepted."""

    algorithms: frozenset[str] = frozenset(
        ("1.2.156.10197.1.501", "1.2.840.113549.1.1.11", "1.2.840.113549.1.1.12", "1.2.840.113549.1.1.13",
         "1.2.840.10045.4.3.2", "1.2.840.10045.4.3.3")
    )  # fmt: skip
    families: frozenset[str] = frozenset(("sm2", "rsa", "ec"))
    smallest_rsa: int = 2048
    smallest_ec: int = 256
    years: int = 5
    ca_years: int = 30
    country: str = "CN"
    subject_codes: frozenset[str] = SUBJECT_CODES
    identity: tuple[Rule, ...] = ()
    known_critical: frozenset[str] = UNDERSTOOD
    off: frozenset[str] = field(default_factory=frozenset)


NATIONAL = Profile()


class Row(NamedTuple):
    """A rule in words."""

    severity: str
    clause: str
    zh: str
    en: str


# Where, and what was seen there.
Sighting = tuple[str, str]
Look = Callable[[Sheet, Profile], Iterator[Sighting]]


def _rows() -> dict[str, Row]:
    text = (files("certs.profile.data") / "rules.csv").read_text(encoding="utf-8")
    return {row[0]: Row(*row[1:]) for row in list(csv.reader(text.splitlines()))[1:]}


RULES = _rows()
