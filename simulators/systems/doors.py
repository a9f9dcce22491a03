"""What a CA serves on its own port, beside its dialect: `/pki/…` for whoever checks revocation and time,
`/sof…` for whoever leaves the checking to it."""

from __future__ import annotations

from datetime import datetime

from hub.catalogue.gateways import Gateway
from simulators.desk import Desk, ForeignSide
from simulators.systems.hierarchy import Hierarchy
from simulators.systems.listing import PATH
from simulators.systems.pki import Pki
from simulators.systems.sof.server import SofServer
from simulators.wire import NO_SUCH_PATH, Reply, Request

# vendors of the test PKI that nobody but this system speaks for
BESIDES = {"C05": ("C05",)}


class Doors:
    """The side of the desk that faces its own port; the desk, its faults and its journal are the system's."""

    def __init__(self, desk: Desk, seed: int) -> None:
        own: Hierarchy = desk.switches["hierarchy"]
        others = [Hierarchy(desk.id, vendor, seed, vendor) for vendor in BESIDES.get(desk.id, ())]
        desk.switches |= {f"hierarchy.{one.vendor_id}": one for one in others}
        self._sides: dict[str, ForeignSide] = {}
        if "listing" in desk.switches:
            self._sides[PATH] = desk.switches["listing"]
        self._sides["/pki/"] = Pki(desk, (own, *others))
        if desk.id in Gateway.load().profiles:
            self._sides["/sof"] = SofServer(desk, (own, *others))

    def answer(self, request: Request, now: datetime) -> Reply:
        for prefix, side in self._sides.items():
            if request.path.startswith(prefix):
                return side.answer(request, now)
        return NO_SUCH_PATH
