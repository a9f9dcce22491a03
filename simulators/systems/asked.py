"""Services whose papers say only in words who is asked: the system, and the register that answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from hub.catalogue.papers import Papers
from simulators.desk import Desk
from simulators.systems.batches import Batches
from simulators.systems.plans import PlanRegister
from simulators.systems.taxes import TaxRegister
from simulators.systems.told import Told
from simulators.systems.venues import VenueRegister
from simulators.systems.videos import EventRegister, VideoRegister

Opening = Callable[[Desk, int], None]


def open_asked(desk: Desk, seed: int) -> None:
    """Put this system's own registers behind its services."""
    for opening in OPENINGS.get(desk.id, ()):
        opening(desk, seed)


def _venues(desk: Desk, _seed: int) -> None:
    register = VenueRegister(desk.id, str(desk.switches.get("region", "")))
    desk.switches["venues"] = register
    desk.books |= {"venue.query": register.venues, "seat.query": register.seats}


def _reservations(desk: Desk, _seed: int) -> None:
    register = VenueRegister(desk.id, str(desk.switches.get("region", "")))
    desk.switches["venues"] = register
    desk.books["venue.reserve"] = register.reserve


def _entries(desk: Desk, _seed: int) -> None:
    told = Told(desk.ledger, "entry.accept", ("applyNo",), "entry.already-decided")
    desk.books["entry.accept"] = told.take


def _batches(desk: Desk, _seed: int) -> None:
    desk.books["supervise.data"] = Batches(desk.ledger).take


def _taxes(desk: Desk, seed: int) -> None:
    desk.books["tax.query"] = TaxRegister(desk.id, seed).look_up


def _plans(desk: Desk, seed: int) -> None:
    desk.books["project.query"] = PlanRegister(seed).look_up


def _videos(minutes: int) -> Opening:
    def opening(desk: Desk, _seed: int) -> None:
        register = VideoRegister(desk.id, int(_own(desk).get("stream_minutes", minutes)))
        desk.books["witness.video"] = register.look_up

    return opening


def _events(desk: Desk, _seed: int) -> None:
    desk.books["supervise.event"] = EventRegister(desk.ledger).take


def _signatures(desk: Desk, seed: int) -> None:
    from simulators.systems.hierarchy import Hierarchy
    from simulators.systems.signing import SignatureServer

    quirks = {str(quirk["id"]) for quirk in _own(desk).get("quirks", [])}
    mine = Hierarchy(desk.id, "C03", seed, "C03", "crl-once-a-day" in quirks)
    server = SignatureServer(mine, desk.feels)
    desk.switches["hierarchy"] = mine
    desk.books |= {"ca.verify": server.verify, "ca.sign": server.sign, "tsa.stamp": server.stamp}


def _neighbour(desk: Desk, seed: int) -> None:
    from simulators.systems.hierarchy import Hierarchy
    from simulators.systems.listing import Listing
    from simulators.systems.neighbour import Neighbour

    versioned = _own(desk).get("trust_list") == "versioned"
    other = Neighbour(Hierarchy(desk.id, "P01", seed, "C05-CA1"), desk.ledger, versioned)
    desk.switches |= {"hierarchy": other.hierarchy, "listing": Listing(desk, "P01", seed)}
    desk.books |= {"ca.verify": other.verify, "ca.status": other.status, "ca.sync": other.sync}


def _own(desk: Desk) -> dict[str, Any]:
    """What the papers say of this system alone, as tests may change it."""
    return {**Papers.load(desk.dialect).facts["systems"].get(desk.id, {}), **desk.switches.get("own", {})}


OPENINGS: Mapping[str, tuple[Opening, ...]] = {
    "P01": (_reservations,),
    "P04": (_entries,),
    "T02": (_entries,),
    "M09": (_venues,),
    "P07": (_batches,),
    "D11": (_batches,),
    "D16": (_taxes,),
    "C03": (_signatures,),
    "C05": (_neighbour,),
    "D02": (_plans,),
    "P11": (_videos(60),),
    "L03": (_videos(60), _events),
}
