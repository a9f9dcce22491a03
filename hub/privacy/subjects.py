"""Who is meant, and what is held of that person: found by keyed tokens, told without a value.

The centre does not find what is still sealed: an answer that counted it would tell that a person took part.
It lies under keys of its own, so that destroying the others neither needs it nor touches it. A sender
finds its own records, sealed or not (rule 4: that is not lifting the seal), and nobody else's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from hub.errors import SenderError
from hub.index.port import HeldRow, MessageRow
from hub.index.tokens import Tokens, hexed, token
from hub.index.views import CENTRE, stamp
from hub.journal.port import Journal
from hub.journal.port import Tx as _Tx
from hub.standard.persons import asked_for
from hub.standard.retention import Retention, retention

MOST = 10_000  # entries looked at for one person


@dataclass(frozen=True, slots=True)
class Asked:
    """A person as an officer names it: by number or telephone, by name and sender, or by token."""

    subject: str = ""
    name: str = ""
    sender: str = ""
    person: str = ""

    @classmethod
    def of(cls, members: Mapping[str, Any]) -> Asked:
        """Raises SenderError when nobody is named."""
        known = {"subject", "name", "sender", "person"}
        found = {key: value for key, value in members.items() if key in known}
        if not all(isinstance(value, str) and len(value) <= 200 for value in found.values()):
            raise _unclear()
        asked = cls(**found)
        if not (asked.subject or asked.person):
            raise _unclear()
        return asked

    def tokens(self, tokens: Tokens) -> tuple[int, ...]:
        if self.person:
            try:
                return (token(self.person),)
            except ValueError:
                raise _unclear() from None
        return tuple(
            tokens.of(*names) for names in asked_for(self.subject, name=self.name, sender=self.sender)
        )


def _unclear() -> SenderError:
    text = "请写明是谁:subject(证件号、电话等,必要时加 name;仅姓名则加 sender)或 person"
    return SenderError(text, code="privacy.subject", status=422)


@dataclass(frozen=True, slots=True)
class Kept:
    """One entry with values of the person. `until`: it must be kept whole so long."""

    seq: int
    row: MessageRow
    place: int
    until: datetime
    rule: Retention
    erased: int


@dataclass(frozen=True, slots=True)
class Found:
    """All that the asker may know of one person. `shut`: places with something that it may not know of."""

    person: int
    kept: tuple[Kept, ...]
    shut: frozenset[int]

    def free(self, now: datetime) -> tuple[int, ...]:
        """Places whose keys may be destroyed now."""
        bound = {one.place for one in self.kept if one.until > now} | self.shut
        return tuple(sorted({one.place for one in self.kept if not one.erased} - bound))


def find(tx: _Tx | Any, asked: Asked, tokens: Tokens, principal: str) -> tuple[Found, ...]:
    """The persons meant, each with what is held of it; several where a telephone is shared.

    `tx` is a transaction or a reading: its index and its journal are asked.
    """
    people: dict[int, None] = {}
    for one in asked.tokens(tokens):
        for held in tx.index.persons.held(one)[:MOST]:
            if _known(_message(tx, held.seq), principal):
                people |= dict.fromkeys(_persons_at(tx.journal, held, one))
    return tuple(_found(tx, person, principal) for person in people)


def _found(tx: Any, person: int, principal: str) -> Found:
    kept, shut = [], set()
    for held in tx.index.persons.held(person)[:MOST]:
        row = _message(tx, held.seq)
        if row is None or not _known(row, principal):
            shut.add(held.place)
            continue
        rule, erasure = retention(row.stage or row.msg_type), tx.index.persons.erasure(held.place)
        until = rule.until(datetime.fromtimestamp(row.received / 1e6, UTC))
        kept.append(Kept(held.seq, row, held.place, until, rule, erasure[0] if erasure else 0))
    return Found(person, tuple(kept), frozenset(shut))


def _persons_at(journal: Journal, held: HeldRow, known_by: int) -> Sequence[int]:
    """Whom a token means in one entry: the person itself stands first among its names."""
    facts = next(iter(journal.heads(held.seq - 1, 1))).facts
    said = hexed(known_by)
    return [
        token(names[0])
        for _, place, *names in facts["keys"]["people"]
        if place == held.place and said in names
    ]


def _message(tx: Any, seq: int) -> MessageRow | None:
    """The message of an entry: itself, or for an answer the question."""
    row: MessageRow | None = tx.index.message(seq)
    if row is None:
        facts = next(iter(tx.journal.heads(seq - 1, 1))).facts
        row = tx.index.message(facts["message"]) if "message" in facts else None
    return row


def _known(row: MessageRow | None, principal: str) -> bool:
    """May the asker know of this message?"""
    return row is not None and (row.sender == principal or (principal == CENTRE and not row.hidden))


def shown(found: Found) -> dict[str, Any]:
    """For the right to know: which records, from whom, why still kept; no value of anybody."""
    return {
        "person": hexed(found.person),
        "records": [
            {
                "hubId": one.row.hub_id,
                "from": one.row.sender,
                "stage": one.row.stage or one.row.msg_type,
                "receivedTime": stamp(one.row.received),
                **_keeping(one),
            }
            for one in found.kept
        ],
    }


def _keeping(one: Kept) -> dict[str, Any]:
    if one.erased:
        return {"state": "erased", "erasedTime": stamp(one.erased)}
    if not one.rule.clause:
        return {"state": "held"}
    until = {} if one.rule.years is None else {"until": one.until.date().isoformat()}
    return {"state": "held", "clause": one.rule.clause, **until}
