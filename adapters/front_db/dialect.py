"""Both faces; nobody calls, so the inward one is a poller."""

from __future__ import annotations

from collections.abc import Mapping

from adapters.front_db import outward
from adapters.front_db.papers import SITES
from adapters.front_db.poller import FrontPoller
from adapters.laid import Clock, Laid, now
from hub.ports import Carry, Poller


def front_db(clock: Clock = now) -> Laid:
    """A row is put only where none with its key is; the clock is for verdicts."""

    def looking(system: str, held: Mapping[str, str], carry: Carry) -> Poller:
        return FrontPoller(SITES[system], carry, clock)

    return Laid("front-db", outward, SITES, looking)
