"""Looks at the tables of one system, by flag and never by time or number; the flag goes back once kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from adapters import laying
from adapters.front_db.inward import incoming, looks, verdict
from adapters.front_db.papers import Site
from hub.delivery.transport import TOO_LARGE, TransportError
from hub.ports import Answer, Carry, Haul, Incoming


class FrontPoller:
    """See `hub.ports.Poller` and `Settles`. The watermark is always empty: the flag says it all."""

    def __init__(self, site: Site, carry: Carry, clock: Callable[[], datetime]) -> None:
        self.site, self.carry, self.clock = site, carry, clock

    async def next(self, watermark: str, limit: int) -> Haul:
        """Raises LookError or TransportError. Rows too big to come together come in smaller looks."""
        if not self.site.reports:
            return Haul((), "")
        try:
            found = await self._look(self.site.reports, limit)
        except TransportError as error:
            if error.code != TOO_LARGE:
                raise
            return await self._portion(limit)
        items = [item for part in found for item in part]
        more = len(items) > limit or any(len(part) >= limit for part in found)
        return Haul(tuple(items[:limit]), "", more)

    async def _portion(self, limit: int) -> Haul:
        """As many rows of one table as an answer holds; the rest comes with the next look."""
        for carried in self.site.reports:
            most = limit
            while True:
                try:
                    (items,) = await self._look((carried,), most)
                    break
                except TransportError as error:
                    if error.code != TOO_LARGE or most == 1:
                        raise
                    most = max(1, most // 4)
            if items:
                return Haul(tuple(items), "", more=True)
        return Haul((), "")

    async def _look(self, reports: Sequence[str], limit: int) -> list[list[Incoming]]:
        asked = looks(self.site, reports, limit)
        told = laying.good(await self.carry(laying.asking("ROWS", {"look": asked})))
        found = laying.listed(told.get("look"), len(asked))
        return [
            [incoming(row, carried, self.site) for row in _rows(part)]
            for carried, part in zip(reports, found, strict=True)
        ]

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
