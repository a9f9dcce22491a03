"""Looks at the description rows for us, fetches their files, and sets their state when all is decided."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from adapters import laying
from adapters.cascade_db_file.inward import AGAIN, Described, FileError, described, refused, taken
from adapters.cascade_db_file.papers import CARRIED, HUB, LIMIT, Site
from adapters.cascade_db_file.verdicts import verdict
from hub.delivery.transport import TOO_LARGE, TransportError
from hub.ports import Answer, Carry, Haul, Incoming

_COLUMNS = ["id", "mng_id", "file_name", "type", "size", "record_count", "path", "signature", "compress",
            "create_time", "keep_days"]  # fmt: skip
_PUBLISHED = {
    "table": "mng_data_down",
    "where": {"target": HUB},
    "columns": ["id", "type", "field_schema", "biz_code", "catalog_id"],
    "order": ["id"],
    "limit": 1000,
}
Rows = list[Mapping[str, Any]]


class CascadePoller:
    """See `hub.ports.Poller` and `Settles`. The watermark is always empty: the state of the rows says it."""

    def __init__(self, site: Site, key: str, carry: Carry, clock: Callable[[], datetime]) -> None:
        self.site, self.key, self.carry, self.clock = site, key, carry, clock

    async def next(self, watermark: str, limit: int) -> Haul:
        """Raises LookError or TransportError. `limit` counts records; a file is never divided."""
        if not self.site.publishes:
            return Haul((), "")
        if not self.key:
            raise laying.LookError("file_key")  # else every file would be refused for its signature
        rows, published = await self._rows(limit)
        items: list[Incoming] = []
        for row in rows:
            if len(items) >= limit:
                return Haul(tuple(items), "", more=True)
            items += await self._taken(row, published)
        return Haul(tuple(items), "", len(rows) >= limit)

    async def _rows(self, limit: int) -> tuple[Rows, dict[str, Mapping[str, Any]]]:
        look = {
            "table": "data_desc_down",
            "where": {"target": HUB, "state": "0"},
            "columns": _COLUMNS,
            "order": ["create_time", "id"],
            "limit": limit,
        }
        step = await self._step("ROWS", {"look": [look, _PUBLISHED]})
        found = laying.listed(step.get("look"), 2)
        if not all(
            isinstance(part, list) and all(isinstance(row, Mapping) for row in part) for part in found
        ):
            raise laying.LookError("broken")
        return found[0], {str(row.get("id")): row for row in found[1]}

    async def _taken(
        self, row: Mapping[str, Any], published: Mapping[str, Mapping[str, Any]]
    ) -> tuple[Incoming, ...]:
        """What one description row brings: its messages, one refusal, or nothing yet."""
        publish = published.get(str(row.get("mng_id")), {})
        try:
            it = described(row, published, self.site)
            return taken(it, await self._fetched(it), self.key, self.clock())
        except FileError as error:
            if error.code in AGAIN:
                return ()
            return (refused(row, CARRIED.get(str(publish.get("biz_code")), ""), error.code),)

    async def _fetched(self, it: Described) -> dict[str, bytes]:
        try:
            step = await self._step("FILES", {"get": [it.wanted], "limit": LIMIT})
        except TransportError as error:
            if error.code == TOO_LARGE:  # more than described, and more than there may be
                raise FileError("file.size") from error
            raise
        got = step.get("got") or {}
        if not isinstance(got, Mapping):
            raise laying.LookError("broken")
        try:
            return {str(path): base64.b64decode(str(text), validate=True) for path, text in got.items()}
        except (binascii.Error, ValueError) as error:
            raise laying.LookError("broken") from error

    async def settle(self, done: Sequence[tuple[Incoming, Answer]]) -> None:
        """Raises LookError or TransportError. A file with one record put off waits as a whole."""
        files: dict[str, list[tuple[Incoming, Answer]]] = {}
        for item, answer in done:
            files.setdefault(str(item.context["row"]), []).append((item, answer))
        now = self.clock()
        sets = [
            verdict(pairs, now)
            for pairs in files.values()
            if not any(laying.put_off(answer) for _, answer in pairs)
        ]
        if sets:
            laying.listed((await self._step("ROWS", {"set": sets})).get("set"), len(sets))

    async def close(self) -> None:
        """The carrier is the hub's."""

    async def _step(self, method: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        asked = {"steps": [{"method": method, "body": body}]}
        told = laying.good(await self.carry(laying.asking("STEPS", asked)))
        (step,) = laying.listed(told.get("steps"), 1)
        if not isinstance(step, Mapping):
            raise laying.LookError("broken")
        return step
