"""Whose data stands behind which service: every system answers what its papers say it is asked, no more."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hub.catalogue.papers import Papers
from simulators.desk import Book, Desk
from simulators.systems.credit import CreditRegister
from simulators.systems.guarantees import Finance, Guarantees
from simulators.systems.people import People
from simulators.systems.qualifications import Qualifications
from simulators.systems.venues import VenueRegister

CAS = frozenset({"C01", "C02", "C04", "N05"})  # C03 and C05 have desks of their own (`asked`)


def open_services(desk: Desk, seed: int) -> None:
    """Put the books of the asked services on the desk; registers that tests and people change, beside it."""
    asked = set(asked_of(desk))
    desk.books |= {message: book for message, book in _books(desk, seed, asked) if message in asked}


def asked_of(desk: Desk) -> list[str]:
    """The services that the hub may ask this system (`ask`, or `hub_asks`, of its papers)."""
    own: dict[str, Any] = Papers.load(desk.dialect).facts.get("systems", {}).get(desk.id, {})
    return [str(name) for name in (*own.get("ask", ()), *own.get("hub_asks", ()))]


def _books(desk: Desk, seed: int, asked: set[str]) -> Iterator[tuple[str, Book]]:
    if asked & {"person.verify", "real-person.verify", "auth.identity", "entity.verify"}:
        people = People(desk.id)
        desk.switches["people"] = people
        yield "person.verify", people.person
        yield "real-person.verify", people.face
        yield "auth.identity", people.identity
        yield "entity.verify", people.entity
    if asked & {"qualification.query", "performance.query"}:
        held = Qualifications(desk.id)
        yield "qualification.query", held.qualification
        yield "performance.query", held.performance
    if desk.id in CAS:
        from simulators.systems.authority import Authority  # the test PKI is loaded where there is a CA

        authority = Authority(desk.id, seed, desk.feels)
        desk.switches["authority"] = authority
        desk.switches["hierarchy"] = authority.hierarchy
        yield "ca.verify", authority.verify
        yield "ca.status", authority.status
        yield "ca.sign", authority.sign
        yield "ca.issue", authority.issue
        if "ca.seal" in asked:
            from simulators.systems.sealing import Sealing

            sealing = desk.switches["sealing"] = Sealing(authority.hierarchy)
            yield "ca.seal", sealing.look
    if asked & {"guarantee.apply", "guarantee.verify", "guarantee.claim"}:
        letters = Guarantees(desk.id)
        desk.switches["guarantees"] = letters
        yield "guarantee.apply", letters.apply
        yield "guarantee.verify", letters.verify
        yield "guarantee.claim", letters.claim
    if "contract-finance.apply" in asked:
        finance = Finance(desk.id == "F02")
        desk.switches["finance"] = finance
        yield "contract-finance.apply", finance.apply
    if asked & {"venue.query", "seat.query"}:
        venues = VenueRegister(desk.id, str(desk.switches.get("region", "")))
        desk.switches["venues"] = venues
        yield "venue.query", venues.venues
        yield "seat.query", venues.seats
    if "credit.query" in asked:
        credit = CreditRegister(desk.id, seed)
        desk.switches["credit"] = credit
        yield "credit.query", credit.look_up
