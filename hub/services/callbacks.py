"""A provider calls back with the key of a question: which questions may be, and how what it says is found.

Data, not code (`data/callbacks.csv`). A question leaves a token of its key for each provider that may be
asked, before anybody is asked: a callback may come sooner than the answer. What the callback says is found
again by the asker's own key alone, so that nobody hears what somebody else asked for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from hub.index.tokens import Tokens
from hub.ports import Answer
from hub.services.tables import Rows, parts
from hub.services.terms import Terms
from hub.standard import Service, Standard

ALL: Final = "*"
STATE: Final = "state"
REFUSED: Final = -1  # instead of a time: the provider would not take it, so it will not call back


@dataclass(frozen=True, slots=True)
class Rule:
    """`service` is asked under the request field `key`; a callback replies to `tells`, found by `by` and only
    for a question that has the fields `same` as the first one had; `ends`: the field of request or reply
    that ends it; `order`: how far each state is; `fresh`: seconds for which an unfinished one is told."""

    service: str
    key: str
    ends: str
    tells: str
    by: str
    same: tuple[str, ...]
    order: Mapping[str, int]
    fresh: float

    def alike(self, first: Mapping[str, Any], then: Mapping[str, Any]) -> bool:
        """Is `then` asked by whoever asked `first`, of the same matter?"""
        if self.same == (ALL,):
            return first == then
        return all(first.get(name) == then.get(name) for name in self.same)


def load(standard: Standard, tables: Mapping[str, Rows]) -> tuple[Rule, ...]:
    """Raises ValueError for a row about fields or services that do not exist, or about one service twice."""
    rules = tuple(_rule(standard, row) for row in tables["callbacks.csv"])
    if len({one.service for one in rules}) != len(rules) or len({one.tells for one in rules}) != len(rules):
        raise ValueError("callbacks.csv: one row for what is asked, one for what is told")
    return rules


def _rule(standard: Standard, row: Mapping[str, str]) -> Rule:
    asked, told = standard.services.get(row["service"]), standard.services.get(row["tells"])
    if asked is None or told is None:
        raise ValueError(f"callbacks.csv: no service {row['service']} or {row['tells']}")
    names, later = {one.name for one in asked.request}, {one.name for one in told.request}
    same = parts(row["same"])
    states = next((frozenset(one.enum) for one in told.reply if one.name == STATE), frozenset())
    order = {state: rank for rank, group in enumerate(parts(row["order"])) for state in group.split("|")}
    ends = not row["ends"] or row["ends"] in names | {one.name for one in asked.reply}
    bound = same == (ALL,) or {*same} <= names & later
    if row["key"] not in names or row["by"] not in later or not ends or not bound or {*order} != states:
        raise ValueError(f"callbacks.csv: {row['service']} and {row['tells']} do not have what the row says")
    return Rule(asked.name, row["key"], row["ends"], told.name, row["by"], same, order, float(row["fresh"]))


@dataclass(frozen=True, slots=True)
class Callbacks:
    """The rules with the secret that makes their tokens. `asked` by service, `told` by what is replied to."""

    standard: Standard
    tokens: Tokens
    terms: Mapping[str, Terms]
    rules: tuple[Rule, ...]

    def asking(self, envelope: Mapping[str, Any]) -> tuple[tuple[int, int], ...]:
        """The tokens under which a question may be called back, each with its end (0: none is known yet)."""
        head, fields = envelope["head"], envelope["body"]["fields"]
        rule = next((one for one in self.rules if one.service == head["msgType"]), None)
        number = fields.get(rule.key) if rule is not None else None
        if rule is None or not number:
            return ()
        until = micros(fields.get(rule.ends)) if rule.ends else 0
        ways = self.terms[rule.service].ways(str(head.get("to", "hub")), fields)
        return tuple((self.key(rule, way.system, str(number)), until) for way in ways)

    def ended(self, message: str, answer: Answer) -> int | None:
        """What an answer says of the end of such a question: microseconds, `REFUSED`, or None for nothing."""
        rule = next((one for one in self.rules if one.service == message), None)
        if rule is None or answer.status >= 500:
            return None
        if answer.status >= 300:
            return REFUSED
        return micros(answer.data.get(rule.ends)) or None if rule.ends else None

    def key(self, rule: Rule, provider: str, number: str) -> int:
        return self.tokens.of("asked", rule.tells, provider, number)

    def found(self, rule: Rule, asker: str, value: str) -> int:
        return self.tokens.of("heard", rule.tells, asker, value)

    def telling(self, message: str) -> Rule | None:
        """The rule of what a callback replies to."""
        return next((one for one in self.rules if one.tells == message), None)

    def reply(self, rule: Rule, fields: Mapping[str, Any]) -> dict[str, Any]:
        """The reply that a callback brings; its keys are not part of it."""
        names = {one.name for one in self.service(rule).reply}
        return {name: value for name, value in fields.items() if name in names}

    def service(self, rule: Rule) -> Service:
        return self.standard.services[rule.tells]


@dataclass(slots=True)
class Ears:
    """Questions under way that a callback may answer first."""

    _waiting: dict[int, set[asyncio.Event]] = field(default_factory=dict)

    @contextmanager
    def listening(self, key: int) -> Iterator[asyncio.Event]:
        """The bell that rings when something is heard under this key."""
        bell = asyncio.Event()
        bells = self._waiting.setdefault(key, set())
        bells.add(bell)
        try:
            yield bell
        finally:
            bells.discard(bell)
            if not bells:
                self._waiting.pop(key, None)

    def ring(self, key: int) -> None:
        for bell in self._waiting.get(key, ()):
            bell.set()

    def __len__(self) -> int:
        return len(self._waiting)


def micros(text: Any) -> int:
    """A time as it stands in a field; 0 where there is none."""
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return 0
    return int(moment.timestamp() * 1e6) if moment.tzinfo is not None else 0
