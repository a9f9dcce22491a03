"""Looks at the tables of one system, by flag and never by time or number; the flag goes back once kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from adapters import laying
from adapters.front_db.inward import incoming, looks, verdict
from adapters.front_db.papers import Site
from hub.ports import Answer, Carry, Haul, Incoming


class FrontPoller:
    """See `hub.ports.Poller` and `Settles`. The watermark is always empty: the flag says it all."""

    def __init__(self, site: Site, carry: Carry, clock: Callable[[], datetime]) -> None:
        self.site, self.carry, self.clock = site, carry, clock

    async def next(self, watermark: str, limit: int) -> Haul:
        """Raises LookError or TransportError."""
        asked = looks(self.site, limit)
        if not asked:
            return Haul((), "")
        told = laying.good(await self.carry(laying.asking("ROWS", {"look": asked})))
        found = [_rows(part) for part in laying.listed(told.get("look"), len(asked))]
        items = [
            incoming(row, carried, self.site)
            for carried, rows in zip(self.site.reports, found, strict=True)
            for row in rows
        ]
        more = len(items) > limit or any(len(rows) >= limit for rows in found)
        return Haul(tuple(items[:limit]), "", more)

    async def settle(self, done: Sequence[tuple[Incoming, Answer]]) -> None:
        """Raises LookError or TransportError. A row that changed meanwhile is not touched: it comes again."""
        now = self.clock()
        sets = [verdict(self.site, item, answer, now) for item, answer in done if not laying.put_off(answer)]
        if sets:
            told = laying.good(await self.carry(laying.asking("ROWS", {"set": sets})))
            laying.listed(told.get("set"), len(sets))

    async def close(self) -> None:
        """The carrier is the hub's."""


def _rows(found: object) -> list[Mapping[str, Any]]:
    if not isinstance(found, list) or not all(isinstance(row, Mapping) for row in found):
        raise laying.LookError("broken")
    return found
