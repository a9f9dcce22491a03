"""Whom a message concerns, and where in its bytes: what its personal values are closed with.

One person has one key for the records that must be kept equally long, and one of its own for those of
each seal: so a key can be destroyed as soon as nothing under it must be kept, and destroying it never
touches, nor tells of, what is still sealed.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from hub.index.tokens import Tokens, hexed
from hub.journal.closing import Closing, Subject, places_of
from hub.journal.cuts import Cut
from hub.standard import Service, Standard
from hub.standard.persons import Person, answered, in_question, persons
from hub.standard.retention import retention


class People(NamedTuple):
    """`places` None: at least one value is not found where it should stand; the whole is closed as one."""

    people: tuple[Person, ...] = ()
    places: tuple[Cut, ...] | None = ()


NOBODY = People()


def people_of(raw: bytes, envelope: Mapping[str, Any], standard: Standard) -> People:
    """The persons of a record, of its extras, or of a question."""
    head, body = envelope["head"], envelope["body"]
    found: tuple[Person, ...] = ()
    if "stage" in head:
        found = persons(standard.stage(head["stage"]), body["fields"], head["from"])
    service = standard.services.get(head["msgType"])
    members = body.get("ext") if "stage" in head else body.get("fields")
    if service is not None and isinstance(members, dict):
        found += in_question(service, members, head["from"])
    return People(found, places_of(raw, found)) if found else NOBODY


def people_in_answer(
    raw: bytes, told: Mapping[str, Any], asked: Mapping[str, Any], service: Service, sender: str
) -> People:
    """The persons that the reply to a question names or is about; `raw` is the reply as it is kept."""
    found = answered(service, told, sender, in_question(service, asked, sender))
    return People(found, places_of(raw, found)) if found else NOBODY


def closing(people: People, tokens: Tokens, stage: str, gates: tuple[int, ...] = ()) -> Closing:
    """The keys for them."""
    if not people.people:
        return Closing(gates)
    # The person's token, moved by one for what else tells its keys apart: as good as a token of both.
    moved = _sort(tokens, retention(stage).years, gates)
    subjects = []
    for person in people.people:
        known_by = tuple(tokens.of(*names) for names in (person.own, *person.known_by))
        subjects.append(Subject(known_by[0] ^ moved, known_by))
    return Closing(gates, tuple(subjects), people.places)


@lru_cache(1024)
def _sort(tokens: Tokens, years: int | None, gates: tuple[int, ...]) -> int:
    return tokens.of("key", str(years), *map(hexed, gates))
