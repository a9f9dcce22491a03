"""Both faces; nobody calls, so the inward one is a poller."""

from __future__ import annotations

from collections.abc import Mapping

from adapters.cascade_db_file import outward
from adapters.cascade_db_file.papers import SITES
from adapters.cascade_db_file.poller import CascadePoller
from adapters.laid import Clock, Laid, now
from hub.ports import Carry, Poller


def cascade_db_file(clock: Clock = now) -> Laid:
    """Rows and files are put only where none is; the clock is for verdicts."""

    def looking(system: str, held: Mapping[str, str], carry: Carry) -> Poller:
        return CascadePoller(SITES[system], held.get("file_key", ""), carry, clock)

    return Laid("cascade-db-file", outward, SITES, looking)
