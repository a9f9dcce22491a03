"""What an entry's raw bytes are closed with, as those who append say it and as the vault needs it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from hub.journal.cuts import Cut, cuts
from hub.standard.persons import Person


class Subject(NamedTuple):
    """One person of an entry, in tokens: `own` is its key's name, `known_by` what it is found by.

    The first of `known_by` is the person and nobody else, the others may be shared (a telephone).
    """

    own: int
    known_by: tuple[int, ...]


class Closing(NamedTuple):
    """`gates` must have lifted before anybody reads; `places` are the cuts, None where all of it is one."""

    gates: tuple[int, ...] = ()
    subjects: tuple[Subject, ...] = ()
    places: tuple[Cut, ...] | None = ()


def places_of(raw: bytes, persons: Sequence[Person]) -> tuple[Cut, ...] | None:
    """Where the values of these persons stand."""
    return cuts(
        raw,
        (
            (whose, value.name, value.text, value.wide)
            for whose, person in enumerate(persons)
            for value in person.values
        ),
    )
