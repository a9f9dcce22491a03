"""Whom a message concerns, and where in its bytes: what its personal values are closed with.

One person has one key for the records that must be kept equally long, and one of its own for those of
each seal: so a key can be destroyed as soon as nothing under it must be kept, and destroying it never
touches, nor tells of, what is still sealed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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

    def names(self) -> list[tuple[str, ...]]:
        """What their tokens are made of: each person's own, then what else it is known by."""
        return [name for person in self.people for name in (person.own, *person.known_by)]

    def known_by(self, made: Iterator[int]) -> Known:
        """The tokens of these names, person by person."""
        return tuple([tuple([next(made) for _ in range(1 + len(one.known_by))]) for one in self.people])


Known = tuple[tuple[int, ...], ...]
NOBODY = People()


def people_of(raw: bytes, envelope: Mapping[str, Any], standard: Standard) -> People:
    """The persons of a record, of its extras, or of a question."""
    head, body = envelope["head"], envelope["body"]
    found: tuple[Person, ...] = ()
    if "stage" in head:
        found = persons(standard.stage(head["stage"]), body["fields"], head["from"])
    service = standard.services.get(head["msgType"])
    if service is not None:
        members = body.get("ext") if "stage" in head else body.get("fields")
        if isinstance(members, dict):
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
    known = people.known_by(iter(tokens.many(people.names()))) if people.people else ()
    return closed_with(people, known, tokens, stage, gates)


def closed_with(people: People, known: Known, tokens: Tokens, stage: str, gates: tuple[int, ...]) -> Closing:
    """The same where their tokens are made already."""
    if not known:
        return Closing(gates)
    # The person's token, moved by one for what else tells its keys apart: as good as a token of both.
    moved = _sort(tokens, retention(stage).years, gates)
    return Closing(gates, tuple([Subject(one[0] ^ moved, one) for one in known]), people.places)


@lru_cache(1024)
def _sort(tokens: Tokens, years: int | None, gates: tuple[int, ...]) -> int:
    return tokens.of("key", str(years), *map(hexed, gates))
