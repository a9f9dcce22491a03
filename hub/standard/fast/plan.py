"""The fields of one stage: one pattern, and what a pattern cannot say.

Check characters, codes that begin with another field's value, conditions between fields, numbers. Slots
that no pattern expresses go through the very functions of the checker, so nothing is said twice. All of
it looks at a row of values: text members of head and body, text slots, other slots; `""` for what is
absent, because a blank value counts as not given.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from certs.identity import party_ok, uscc_ok
from hub.message.shape import HEAD, RECORD_BODY
from hub.standard.check.checker import Plan
from hub.standard.check.codes import HOME, is_region
from hub.standard.check.record import empty
from hub.standard.check.rules import ValueRule
from hub.standard.check.slot import Slot
from hub.standard.check.values import MAX_INTEGER
from hub.standard.deal_code import check_character
from hub.standard.fast import pattern
from hub.standard.fast.verdict import Verdict

Good = Callable[[str], bool]


@lru_cache(maxsize=4096)
def deal_ok(code: str) -> bool:
    """MOD 37-2 over one deal code of the right form; all records of a deal bring the same one."""
    return check_character(code) == code[-1]


HEAD_TEXTS = tuple(member for member in HEAD if member.kind is str)
BODY_TEXTS = tuple(member for member in RECORD_BODY if member.kind is str)
FRAME = HEAD_TEXTS + BODY_TEXTS
PARTIES: dict[str, Good] = {"uscc": uscc_ok, "party-code": party_ok}
ADVISORY: dict[str, Good] = {"unified-deal-code": deal_ok}


# Plain tuples, taken apart in the loop: what runs for each record calls as little as it can.
Code = tuple[int, Good, bool]  # place, arithmetic, many codes in one value
Condition = tuple[int, frozenset[str], tuple[int, ...]]  # R01, R02, R03, R12: a value asks for others
Nesting = tuple[int, int]  # R11: parent, child whose codes begin with it


def _fails(codes: tuple[Code, ...], row: Sequence[Any]) -> bool:
    """Does a code of these well-written or blank values fail its arithmetic?"""
    for place, good, many in codes:
        value = row[place]
        if not value or value.isspace():
            continue
        if not (all(map(good, value.removesuffix(";").split(";"))) if many else good(value)):
            return True
    return False


def _astray(parent: str, child: str) -> bool:
    """R11 over well-written or blank values."""
    if not parent or not child or parent.isspace() or child.isspace():
        return False
    return not all(code.startswith(parent) for code in child.removesuffix(";").split(";"))


@dataclass(frozen=True, slots=True)
class Odd:
    """A slot that no pattern expresses, with the checker's rules about it."""

    place: int
    rules: tuple[tuple[Slot, ValueRule], ...]
    required: bool
    most: int  # an integer of no greater size is right whatever the rules; -1 where that is not so

    def doubtful(self, row: Sequence[Any]) -> bool:
        value = row[self.place]
        if type(value) is int and -self.most <= value <= self.most:
            return False
        if empty(value):
            return self.required or value is None
        return any(True for slot, rule in self.rules for _ in rule.test(slot, value))


@dataclass(frozen=True, slots=True)
class Record:
    """Everything about the records of one stage and one operation, compiled."""

    names: tuple[str, ...]
    texts: int
    required: frozenset[str]
    known: frozenset[str]
    fullmatch: Callable[[str], re.Match[str] | None]
    odd: tuple[Odd, ...]
    parties: tuple[Code, ...]
    conditions: tuple[Condition, ...]
    nestings: tuple[Nesting, ...]
    regions: tuple[int, ...]
    advisory: tuple[Code, ...]
    whole: bool

    def judge(self, row: Sequence[Any]) -> Verdict:
        """The verdict over the frame and the values in the order of `names`."""
        texts = self.texts
        try:
            text = "\0".join(row if len(row) == texts else row[:texts])
        except TypeError:
            # What is no text is refused, but null in a deletion is as good as absent.
            return Verdict.REFUSED if self.whole else Verdict.UNSURE
        if self.fullmatch(text) is None:
            # A text with a seam inside is another row than was matched.
            return Verdict.REFUSED if text.count("\0") == texts - 1 else Verdict.UNSURE
        for slot in self.odd:
            if slot.doubtful(row):
                return Verdict.UNSURE
        if self.parties and _fails(self.parties, row):
            return Verdict.REFUSED
        for when, values, asked in self.conditions:
            if row[when] in values and any(empty(row[place]) for place in asked):
                return Verdict.REFUSED
        for above, below in self.nestings:
            parent, child = row[above], row[below]
            if not (child.startswith(parent) and ";" not in child) and _astray(parent, child):
                return Verdict.REFUSED
        for place in self.regions:
            region = row[place]
            if region and not region.startswith(HOME) and not region.isspace():
                return Verdict.WARNED
        return Verdict.WARNED if self.advisory and _fails(self.advisory, row) else Verdict.CLEAN


def compiled(plan: Plan, *, whole: bool) -> Record:
    """The fast plan of the checker's plan; `whole` is False for deletions, which need not carry a record."""
    texts = [slot for slot in plan.slots.values() if pattern.expressible(slot)]
    rest = [slot for slot in plan.slots.values() if not pattern.expressible(slot)]
    names = tuple(slot.name for slot in (*texts, *rest))
    place = {name: number for number, name in enumerate(names, len(FRAME))}
    required = frozenset(plan.required if whole else ())
    parts = [pattern.member(member) for member in FRAME]
    parts += [pattern.part(slot, required=slot.name in required) for slot in texts]
    return Record(
        names=names,
        texts=len(parts),
        required=required,
        known=frozenset(names),
        fullmatch=re.compile("\\0".join(parts)).fullmatch,
        odd=tuple(_odd(slot, plan.rules[slot.name], place, required) for slot in rest),
        parties=_codes(texts, PARTIES, place),
        conditions=tuple(
            (place[row.when], row.values, tuple(place[name] for name in row.requires))
            for row in (plan.conditions if whole else ())
        ),
        nestings=tuple((place[pair.parent], place[pair.child]) for pair in plan.prefixes),
        regions=tuple(place[slot.name] for slot in texts if is_region(slot)),
        advisory=_codes(texts, ADVISORY, place),
        whole=whole,
    )


def _odd(slot: Slot, rules: Sequence[ValueRule], place: Mapping[str, int], required: frozenset[str]) -> Odd:
    usual = {rule.id for rule in rules} <= {"field.type", "field.length"} and not slot.fixed
    most = -1
    if slot.type == "integer" and usual:
        most = MAX_INTEGER if slot.length is None else min(10**slot.length - 1, MAX_INTEGER)
    return Odd(place[slot.name], tuple((slot, rule) for rule in rules), slot.name in required, most)


def _codes(slots: Sequence[Slot], good: Mapping[str, Good], place: Mapping[str, int]) -> tuple[Code, ...]:
    forms = [(place[slot.name], slot.form) for slot in slots if slot.form is not None]
    kinds = [(number, form.id.removesuffix("-list"), form.many) for number, form in forms]
    return tuple((number, good[kind], many) for number, kind, many in kinds if kind in good)
