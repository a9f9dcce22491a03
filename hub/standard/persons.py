"""Whose the personal values of a record are, and what each person may be asked for by.

A person is named by its identity number, else by the telephone, mail or account beside it (together
with the name, so that two who share a telephone stay two), else by its name at that sender.
`persons.csv` says which fields of a stage belong together; a personal field it does not name stands
for itself. Values of natural persons in fields for any party (rule NP) belong to nobody when they
are a body's.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from hub.standard.model import Field, Service, Stage
from hub.standard.policy import code_beside, names_bodies

TABLE = Path(__file__).with_name("persons.csv")
_UNTOUCHED = frozenset({"code", "date"})
PARTY, _OF_PARTY = "party", ("code", "name")
_NUMBERS, _REACHED = ("idNo",), ("phone", "email")


class Value(NamedTuple):
    """One personal value; a `wide` one is cut wherever its very characters stand, not in its field only."""

    name: str
    text: Any
    wide: bool


class Person(NamedTuple):
    """`own` tells one person from every other, `known_by` is what else it can be asked for by."""

    own: tuple[str, ...]
    known_by: tuple[tuple[str, ...], ...]
    values: tuple[Value, ...]


class _Part(NamedTuple):
    """A field of a person. `beside` is the code that tells a body from a person ("": always a person's)."""

    name: str
    beside: str
    wide: bool
    how: str


class _Group(NamedTuple):
    """Fields of one person. Plain tuples: they are gone through for every record of their stage."""

    parts: tuple[_Part, ...]
    identified: tuple[_Part, ...]


# How a value tells one person from another: for itself, with the name beside it, hardly.
_STRONG, _SHARED, _WEAK = "strong", "shared", "weak"


def persons(stage: Stage, fields: Mapping[str, Any], sender: str) -> tuple[Person, ...]:
    """The persons of one record that passed the standard's rules."""
    found = [_person(group, fields, sender) for group in _groups(stage)]
    return tuple([person for person in found if person is not None])


def asked_for(text: str, *, name: str = "", sender: str = "") -> tuple[tuple[str, ...], ...]:
    """The names under which a value given by an officer may have been kept, the exact ones first.

    A number, telephone or address in `text`, with the `name` beside it where several share it; a bare name
    with the sender it came from.
    """
    reached = _reached(text)
    if name:
        return (("reached", *reached, "".join(name.split())),)
    return (reached, _named(text, sender)) if sender else (reached,)


def in_question(
    service: Service, members: Mapping[str, Any], sender: str, *, reply: bool = False
) -> tuple[Person, ...]:
    """Persons in the members of a service's question, or of its reply: those of personal rows, and whoever
    stands as a party under a number that is no body's."""
    rows = service.reply if reply else service.request
    found: list[Person] = []
    for row in rows:
        if row.personal and members.get(row.name) not in (None, ""):
            found += _told(row.name, members[row.name], sender)
        elif PARTY in (row.ref, row.item):
            found += _parties(members.get(row.name), sender)
    return tuple(found)


def _parties(value: Any, sender: str) -> Iterator[Person]:
    """Those of one party, or of several, that are natural persons."""
    for one in value if isinstance(value, list) else [value]:
        code = one.get("code") if isinstance(one, dict) else None
        if isinstance(code, str) and code and not names_bodies(code):
            texts = [(key, one[key]) for key in _OF_PARTY if isinstance(one.get(key), str) and one[key]]
            cut = tuple(Value(key, text, _long(text)) for key, text in texts)
            yield _known([code], [], "", sender, cut)


def answered(
    service: Service, members: Mapping[str, Any], sender: str, asked: tuple[Person, ...]
) -> tuple[Person, ...]:
    """Persons of a reply: its own, and where it says something of one who was asked about, that one.

    Members of a reply that are personal without naming anybody (a status, a score) belong to the first
    person of the question.
    """
    mine = in_question(service, members, sender, reply=True)
    if not asked:
        return mine
    nameless = tuple(value for person in mine if person.own[0] == "name" for value in person.values)
    named = tuple(person for person in mine if person.own[0] != "name")
    about = asked[0]
    return (*named, Person(about.own, about.known_by, nameless)) if nameless else named


def _told(name: str, value: Any, sender: str) -> Iterator[Person]:
    """An object is one person, a list several, a single value one known by that value."""
    if isinstance(value, list):
        for one in value:
            yield from _told(name, one, sender)
    elif isinstance(value, dict):
        texts = {key: one for key, one in value.items() if isinstance(one, str) and one and key != "idType"}
        numbers = [texts[key] for key in _NUMBERS if key in texts]
        reached = [texts[key] for key in _REACHED if key in texts]
        cut = tuple(Value(key, one, _long(one)) for key, one in texts.items())
        if cut:
            yield _known(numbers, reached, texts.get("name", cut[0].text), sender, cut)
    else:
        yield _known([], [], str(value), sender, (Value(name, value, _long(value)),))


def _person(group: _Group, fields: Mapping[str, Any], sender: str) -> Person | None:
    cut = []
    for name, beside, wide, _ in group.parts:
        value = fields.get(name)
        if value is None or value == "":
            continue
        if not beside or not names_bodies(fields.get(beside)):
            cut.append(Value(name, value, wide and _long(value)))
    if not cut:
        return None
    numbers, reached, called = [], [], ""
    for name, _, _, how in group.identified:
        value = fields.get(name)
        if value is None or value == "":
            continue
        if how == _STRONG:
            numbers.append(str(value))
        elif how == _SHARED:
            reached.append(str(value))
        else:
            called = called or str(value)
    return _known(numbers, reached, called or str(cut[0].text), sender, tuple(cut))


def _known(numbers: list[str], reached: list[str], name: str, sender: str, cut: tuple[Value, ...]) -> Person:
    others = tuple(dict.fromkeys(map(_reached, reached))) if reached else ()
    if numbers:
        mine = _reached(numbers[0])
        return Person(mine, tuple(one for one in others if one != mine), cut)
    if others:
        return Person(("reached", *others[0], "".join(name.split())), others, cut)
    return Person(_named(name, sender), (), cut)


def _reached(text: str) -> tuple[str, ...]:
    """Numbers and addresses however they are spaced."""
    return ("person", "".join(text.split()).replace("-", "").upper())


def _named(text: str, sender: str) -> tuple[str, ...]:
    return ("name", sender, "".join(text.split()))


def _long(value: Any) -> bool:
    """Long enough not to stand somewhere by chance: six signs, or two Chinese characters."""
    return isinstance(value, str) and (len(value) >= 6 or (len(value) > 1 and not value.isascii()))


@cache
def _table() -> dict[str, list[tuple[tuple[str, ...], tuple[str, ...]]]]:
    rows: dict[str, list[tuple[tuple[str, ...], tuple[str, ...]]]] = {}
    with TABLE.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            names = tuple(row["identified_by"].split(";")), tuple(row["fields"].split(";"))
            rows.setdefault(row["stage"], []).append(names)
    return rows


# Stages are frozen, and there are as many as the standard has.
_MADE: dict[int, tuple[Stage, tuple[_Group, ...]]] = {}


def _groups(stage: Stage) -> tuple[_Group, ...]:
    made = _MADE.get(id(stage))
    if made is None or made[0] is not stage:
        made = _MADE[id(stage)] = (stage, _made(stage))
    return made[1]


def _made(stage: Stage) -> tuple[_Group, ...]:
    parts = {field.name: _part(stage, field) for field in stage.fields if _personal(field)}
    left, groups = dict(parts), []
    for identified, names in _table().get(stage.id, []):
        mine = tuple(left.pop(name) for name in names if name in left)
        by = tuple(parts[name] for name in identified if name in parts)
        if mine:
            groups.append(_Group(mine, by or mine[:1]))
    return (*groups, *(_Group((part,), (part,)) for part in left.values()))


def _personal(field: Field) -> bool:
    return field.policy.personal != "none" or field.policy.natural_person


def _part(stage: Stage, field: Field) -> _Part:
    kind = field.policy.personal
    beside = code_beside(stage, field) if kind == "none" else None
    strong = kind == "id" or (beside is not None and beside.name == field.name)
    wide = kind != "account" and field.type not in _UNTOUCHED
    how = _STRONG if strong else _SHARED if kind in {"contact", "account"} else _WEAK
    return _Part(field.name, beside.name if beside else "", wide, how)
