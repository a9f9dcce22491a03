"""From a row of the catalogue to a running system: desk, secrets, own data, quirks."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from hub.standard import Standard, load
from simulators.desk import Desk, ForeignSide
from simulators.dialects import SIDES
from simulators.faults import FaultPlan
from simulators.faults.plan import CA
from simulators.lines import line_of
from simulators.roll import Row
from simulators.state import Ledger
from simulators.system import System
from simulators.systems.books import open_books
from simulators.systems.build_id import build_digest
from simulators.systems.credentials import credentials, gateway, own
from simulators.systems.keys import KeyFiles
from simulators.systems.t01 import VARIANTS, ReferenceSystem

# those who speak mutual TLS; the client certificate is not the one that signs messages
MUTUAL = frozenset({"chain-rest", "soap12-x509"})


@dataclass(frozen=True, slots=True)
class Making:
    """What all systems of one fleet share."""

    seed: int = 1
    keys: Path | None = None
    variant: str = ""
    realm: str = "sandbox"
    chaos: float = 0.0
    sleepless: bool = False


@cache
def standard() -> Standard:
    """The unified standard, loaded once for those few systems that are not foreign to it."""
    return load()


def build(row: Row, making: Making) -> System:
    """One system by its row. Raises PapersError when its dialect's papers are not there."""
    desk = Desk(
        row.id,
        row.zh,
        row.dialect,
        row.variant,
        {**credentials(row.dialect, row.id, making.seed, row.variant), **gateway(row.id, making.seed)},
        Ledger(),
        switches=_switches(row, making),
        own=own(row.dialect, row.id, making.seed, row.variant),
    )
    open_books(desk, making.seed)
    side: ForeignSide = _reference(desk, making) if row.id == "T01" else SIDES[row.dialect](desk)
    # T01 keeps to the profile: faults of the dialect itself are other systems' matter, or a variant's.
    kind = "T01" if row.id == "T01" else row.dialect
    chaos = 0.0 if row.tier == "market" else making.chaos  # the examined are not the weather
    rng = Random(f"chaos/{making.seed}/{row.id}")  # noqa: S311
    role = CA if "hierarchy" in desk.switches else ""
    plan = FaultPlan(kind, chaos=chaos, rng=rng, variant=row.variant, line=line_of(row.dialect), role=role)
    system = System(desk, side, plan, mutual_tls=row.dialect in MUTUAL)
    if role:
        from simulators.systems.doors import Doors  # the test PKI is loaded where there is a CA

        system.doors = System(desk, Doors(desk, making.seed), plan, system.journal)
    return system


def _switches(row: Row, making: Making) -> dict[str, Any]:
    """Quirks of the catalogue that a dialect asks for by name, and whether it shuts for the night."""
    told = {"quirks": row.quirks, "region": row.region, "kind": row.kind}
    return {**told, "sleepless": making.sleepless}


def _reference(desk: Desk, making: Making) -> ReferenceSystem:
    kind = VARIANTS[making.variant] if making.variant else ReferenceSystem
    keys = KeyFiles(making.keys)
    return kind(
        standard=standard(),
        key_of=keys.key,
        own_key=lambda: keys.of("T01"),
        realm=making.realm,
        build=build_digest(making.variant),
        ledger=desk.ledger,
    )
