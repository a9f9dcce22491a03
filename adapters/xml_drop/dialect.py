"""Both faces; nobody calls, so the inward one is a poller."""

from __future__ import annotations

from collections.abc import Mapping

from adapters.laid import Clock, Laid, now
from adapters.xml_drop import outward
from adapters.xml_drop.papers import SITES
from adapters.xml_drop.poller import DropPoller
from hub.ports import Carry, Poller


def xml_drop(clock: Clock = now) -> Laid:
    """A package is written only where none of its name is; the clock is for receipts."""

    def looking(system: str, held: Mapping[str, str], carry: Carry) -> Poller:
        return DropPoller(system, SITES[system], carry, clock)

    return Laid("xml-drop", outward, SITES, looking)
