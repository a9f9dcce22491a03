"""Who gets a record, now or when its seal lifts: a pure function of tables.

A receiver that may not know yet gets nothing at all; its delivery is planned on the gate event
(field-policy.md, section 4 and rule 13).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Protocol

from hub.catalogue.model import OWNER
from hub.standard import Service, Standard
from hub.standard.policy import Audience, may_hold
from hub.standard.telling import audience_of

# The parts a receiver can have in a deal that its subscription alone proves. The others of the
# table (own, addressee, handler, pool, seats ...) need a person or a case, and are not given here.
PARTS = {"P01": "entry", "P02": "media", "N01": "media", "N02": "media"}


class Subscription(Protocol):
    """One row of the catalogue's subscription table."""

    @property
    def receiver(self) -> str: ...
    @property
    def message(self) -> str: ...
    @property
    def region(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Leg:
    """`sealed`: planned, and silent until the gate."""

    receiver: str
    message: str
    sealed: bool


def before_gate(standard: Standard, stage: str, receiver: str, kind: str) -> bool:
    """May this receiver hold the record while its seal is on? Subscribed departments are the sector's own."""
    parts = ("none", "sector", PARTS.get(receiver, "none"))
    return any(may_hold(standard, stage, kind, part) for part in parts)


def after_gate(standard: Standard, stage: str, kind: str) -> bool:
    """May a receiver of this kind hold the record once its seal is off?"""
    after = standard.stage(stage).policy.after
    if kind == "ca":
        return False
    if after == "public":
        return True
    audience = audience_of(kind)
    return audience is Audience.REGULATOR if after == "regulator" else audience is not Audience.PUBLIC


def route(
    standard: Standard,
    stage: str,
    subscriptions: Iterable[Subscription],
    *,
    sender: str,
    region: str,
    sealed: bool,
    kind_of: Mapping[str, str],
) -> tuple[Leg, ...]:
    """The legs of one record, in the order of the table; nobody gets it twice, the sender never."""
    legs: dict[str, Leg] = {}
    for row in subscriptions:
        kind = kind_of.get(row.receiver)
        if kind is None or row.receiver in legs or row.receiver == sender:
            continue
        if row.region != "*" and not region.startswith(row.region):
            continue
        early = before_gate(standard, stage, row.receiver, kind)
        if early or after_gate(standard, stage, kind):
            legs[row.receiver] = Leg(row.receiver, row.message, sealed and not early)
    return tuple(legs.values())


def notify(
    standard: Standard,
    service: Service,
    subscriptions: Iterable[Subscription],
    *,
    sender: str,
    owner: str,
    sealed: bool,
    kind_of: Mapping[str, str],
) -> tuple[Leg, ...]:
    """The legs of a message that carries no record and names no receiver: nobody holds one early.

    A subscriber must be among those the standard names for the message, and of a kind that may hold the
    stages it tells of. `owner`, the system that runs the deal ("" where none is known), needs no more than to
    run it: what the bank tells of a deal's deposits is for that system, whatever its number.
    """
    legs: dict[str, Leg] = {}
    for row in subscriptions:
        receiver = owner if row.receiver == OWNER else row.receiver
        kind = kind_of.get(receiver)
        if kind is None or receiver == sender:
            continue
        running = row.receiver == OWNER and kind == "e-trading"
        if running or (_named(service, receiver) and _may_be_told(standard, service, kind)):
            legs.setdefault(receiver, Leg(receiver, service.name, sealed))
    return tuple(legs.values())


def _named(service: Service, receiver: str) -> bool:
    return any(fnmatchcase(receiver, pattern) for pattern in service.receivers)


def _may_be_told(standard: Standard, service: Service, kind: str) -> bool:
    carried = (stage for stage in service.carries if stage in standard.by_id)
    return all(after_gate(standard, stage, kind) for stage in carried)
