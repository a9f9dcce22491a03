"""What the pages say about systems and papers, gathered from the catalogue and from what runs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hub.catalogue import load
from hub.catalogue.model import System as Listed
from hub.catalogue.papers import FieldRow, Papers
from simulators.faults import faults
from simulators.faults.plan import ON_LINES
from simulators.fleet import Fleet
from simulators.lines import line_of
from simulators.roll import Row, papered, roll
from simulators.roster import cannot
from simulators.system import System
from simulators.systems.scanning import Ticket, User
from simulators.world import World

GROUPS = (
    ("P", "省级核心系统", "Province core"),
    ("M", "市州平台", "Prefecture platforms"),
    ("X", "县区平台", "County platforms"),
    ("D", "部门系统", "Departments"),
    ("N", "国家系统", "National"),
    ("C", "CA 机构", "CA bodies"),
    ("R", "信用平台", "Credit"),
    ("F", "金融与担保", "Finance and guarantee"),
    ("B", "区块链", "Blockchain"),
    ("S", "网上商城", "Malls"),
    ("L", "地方系统", "Local"),
    ("T", "第三方电子交易系统", "Third-party trading"),
)
_ON_TELEPHONE = 5


@dataclass(frozen=True, slots=True)
class Tile:
    """One of the 135 on the overview. `state`: runs, waits (cannot start) or off (was not asked for)."""

    row: Row
    state: str
    why: str
    received: int
    records: int
    doubled: int
    armed: int


@dataclass(frozen=True, slots=True)
class Offer:
    """A fault that this system can be given."""

    name: str
    zh: str
    own: bool


def tiles(fleet: Fleet, world: World) -> dict[str, list[Tile]]:
    """All 135 by group letter."""
    found: dict[str, list[Tile]] = {letter: [] for letter, _, _ in GROUPS}
    for row in roll().values():
        found[row.id[0]].append(tile(fleet, world, row))
    return found


def tile(fleet: Fleet, world: World, row: Row) -> Tile:
    system = world.systems.get(row.id)
    if system is None:
        why = fleet.waiting.get(row.id, "")
        return Tile(row, "waits" if why else "off", why or cannot(row, fleet.options.database), 0, 0, 0, 0)
    doubled = sum(record.doubled for record in system.desk.ledger)
    armed = len(system.faults.shown())
    return Tile(row, "runs", "", system.journal.received, len(system.desk.ledger), doubled, armed)


def listed(ident: str) -> Listed:
    """The catalogue's whole row."""
    return load().by_id[ident]


def offers(row: Row) -> list[Offer]:
    """The faults of its dialect first, then those that any system can have on such a line."""
    line = line_of(row.dialect)
    mine = {row.dialect, f"{row.dialect}/{row.variant}"}
    own = [Offer(f.name, f.zh, True) for f in faults().values() if f.dialects & mine]
    common = [
        Offer(f.name, f.zh, False)
        for f in faults().values()
        if not f.dialects and f.mechanism in ON_LINES[line]
    ]
    return own + common


def forms(row: Row) -> Iterator[tuple[str, str, tuple[FieldRow, ...]]]:
    """The papers' tables of what this system carries: stage, its message, rows; the envelope first."""
    if not papered(row.dialect):
        return
    papers = Papers.load(row.dialect)
    envelope = tuple(r for r in papers.fields if r.stage == "*")
    if envelope:
        yield "*", "", envelope
    for stage in papers.stages():
        rows = tuple(r for r in papers.fields if r.stage == stage)
        if {r.message for r in rows} & set(row.messages):
            yield stage, rows[0].message, rows


def now(fleet: Fleet, world: World, ident: str) -> dict[str, Any]:
    """What of a running system changes by itself: counts, faults, clock."""
    system: System | None = world.systems.get(ident)
    return {
        "tile": tile(fleet, world, roll()[ident]),
        "armed": [] if system is None else system.faults.shown(),
        "clock": world.clock.shown(),
        "telephone": None if system is None else telephone(system, world.clock()),
        "records": [] if system is None else [system.record(r) for r in list(system.desk.ledger)[-30:][::-1]],
    }


def telephone(system: System, now: datetime) -> list[Ticket] | None:
    """The last tickets somebody here can scan, newest first; None where nothing is scanned."""
    user = system.desk.switches.get("user")
    if not isinstance(user, User):
        return None
    last = list(user.tickets)[-_ON_TELEPHONE:][::-1]
    return [user.look(ticket, now) for ticket in last]
