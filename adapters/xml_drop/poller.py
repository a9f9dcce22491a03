"""Looks at the packages of one system, whole ones only; a receipt goes back when all of one is decided."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from adapters import laying
from adapters.xml_drop import receipts
from adapters.xml_drop.inward import Taken, ready, refused, taken
from adapters.xml_drop.papers import LIMIT, Site
from hub.ports import Answer, Carry, Haul, Incoming

_LOOK = {"list": ["send/*.zip.ok", "send/*.zip", "back/*.receipt.xml"], "limit": 0}


class DropPoller:
    """See `hub.ports.Poller` and `Settles`. The watermark is always empty: what has no receipt is not kept.

    A package that came in pieces is told so at once, since nothing of it can be kept and so nothing settled;
    that changes nothing of what the next look finds.
    """

    def __init__(self, system: str, site: Site, carry: Carry, clock: Callable[[], datetime]) -> None:
        self.system, self.site, self.carry, self.clock = system, site, carry, clock

    async def next(self, watermark: str, limit: int) -> Haul:
        """Raises LookError or TransportError. `limit` counts records; a package is never divided."""
        if not self.site.reports:
            return Haul((), "")
        listed = _named((await self._files(_LOOK)).get("listed"))
        items: list[Incoming] = []
        for name in ready(listed):
            if len(items) >= limit:
                return Haul(tuple(items), "", more=True)
            found = await self._taken(name, listed[f"send/{name}.zip"])
            if found.bad:
                await self._files({"put": [receipts.bad(name, found.bad, self.clock())], "limit": 0})
            items += found.items
        return Haul(tuple(items), "")

    async def _taken(self, name: str, size: object) -> Taken:
        if isinstance(size, int) and size > LIMIT:  # not even fetched
            context = {"package": name, "digest": self.site.digest(b"")}
            return Taken((refused(name, "P09", context),))
        path = f"send/{name}.zip"
        got = _named((await self._files({"get": [path], "limit": LIMIT})).get("got"))
        if path not in got:
            return Taken()  # gone between the two looks
        try:
            octets = base64.b64decode(str(got[path]), validate=True)
        except (binascii.Error, ValueError) as error:
            raise laying.LookError("broken") from error
        return taken(name, octets, self.system, self.site)

    async def settle(self, done: Sequence[tuple[Incoming, Answer]]) -> None:
        """Raises LookError or TransportError. A package with one record put off waits as a whole."""
        packages: dict[str, list[tuple[Incoming, Answer]]] = {}
        for item, answer in done:
            packages.setdefault(str(item.context["package"]), []).append((item, answer))
        now = self.clock()
        puts = [
            receipts.receipt(pairs, now)
            for pairs in packages.values()
            if not any(laying.put_off(answer) for _, answer in pairs)
        ]
        if puts:
            laying.listed((await self._files({"put": puts, "limit": 0})).get("put"), len(puts))

    async def close(self) -> None:
        """The carrier is the hub's."""

    async def _files(self, asked: dict[str, Any]) -> dict[str, Any]:
        return laying.good(await self.carry(laying.asking("FILES", asked)))


def _named(found: object) -> dict[str, Any]:
    if found is not None and not isinstance(found, dict):
        raise laying.LookError("broken")
    return found or {}
