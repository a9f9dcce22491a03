"""The part of the steering port that moves whole worlds: clock, snapshots, forks, search in all journals."""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Any

from aiohttp import web

from hub.message import CST
from simulators.fleet import Fleet
from simulators.journal import Search
from simulators.masking import exported
from simulators.world import MAIN, World, WorldKept

_NAME = re.compile(r"[a-z0-9][a-z0-9_]{0,31}")


class Steering:
    """Routes over a fleet. A world is chosen by `?world=NAME`; without it, it is main."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet
        self._kept: dict[tuple[str, str], WorldKept] = {}

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/clock", self._clock),
            web.post("/clock", self._move),
            web.get("/snapshots", self._snapshots),
            web.post("/snapshots", self._keep),
            web.post("/snapshots/{name}/restore", self._recall),
            web.delete("/snapshots/{name}", self._forget),
            web.get("/worlds", self._worlds),
            web.post("/worlds", self._fork),
            web.get("/worlds/{name}/peers", self._peers),
            web.delete("/worlds/{name}", self._drop),
            web.get("/journal", self._search),
        ]

    def world(self, request: web.Request) -> World:
        """The world a request is about; 404 for one that is not there."""
        return self._named(request.query.get("world", MAIN))

    def _named(self, name: str) -> World:
        if name not in self._fleet.worlds:
            raise web.HTTPNotFound(text=json.dumps({"code": "sim.no-such-world", "detail": name}))
        return self._fleet.worlds[name]

    async def _clock(self, request: web.Request) -> web.Response:
        return _json(self.world(request).clock.shown())

    async def _move(self, request: web.Request) -> web.Response:
        """`{"set": "+1d2h"}`; see `MovableClock.set` for what can be said."""
        clock = self.world(request).clock
        try:
            clock.set(str((await request.json())["set"]))
        except (ValueError, KeyError, TypeError) as error:
            return _json({"code": "sim.malformed", "detail": f"{{set}}: {error}"}, 400)
        return _json(clock.shown())

    async def _snapshots(self, request: web.Request) -> web.Response:
        world = self.world(request).name
        return _json([name for owner, name in self._kept if owner == world])

    async def _keep(self, request: web.Request) -> web.Response:
        world, name = self.world(request), await _name(request)
        self._kept[world.name, name] = await world.keep()
        return _json({"snapshot": name, "systems": len(world.systems)}, 201)

    async def _recall(self, request: web.Request) -> web.Response:
        world, name = self.world(request), request.match_info["name"]
        kept = self._kept.get((world.name, name))
        if kept is None:
            return _json({"code": "sim.no-such-snapshot", "detail": name}, 404)
        await world.recall(kept)
        return _json({"snapshot": name, "systems": len(kept.systems)})

    async def _forget(self, request: web.Request) -> web.Response:
        found = self._kept.pop((self.world(request).name, request.match_info["name"]), None)
        return _json({"forgotten": found is not None})

    async def _worlds(self, _request: web.Request) -> web.Response:
        return _json(
            [
                {"world": name, "systems": len(world.systems), "base": f"{self._fleet.base}/{world.prefix}"}
                for name, world in self._fleet.worlds.items()
            ]
        )

    async def _fork(self, request: web.Request) -> web.Response:
        """`{"name": "run1", "from": "main", "snapshot": "…"?}`: a world as another is, or was when kept."""
        name = await _name(request)
        told = await request.json()
        source = self._named(str(told.get("from", MAIN)))
        kept = None
        if told.get("snapshot"):
            kept = self._kept.get((source.name, str(told["snapshot"])))
            if kept is None:
                return _json({"code": "sim.no-such-snapshot", "detail": str(told["snapshot"])}, 404)
        if name in self._fleet.worlds:
            return _json({"code": "sim.world-exists", "detail": name}, 409)
        world = await self._fleet.fork(name, source, kept)
        return _json({"world": name, "systems": len(world.systems), **self._fleet.peers(world)}, 201)

    async def _peers(self, request: web.Request) -> web.Response:
        return _json(self._fleet.peers(self._named(request.match_info["name"])))

    async def _drop(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        if name == MAIN:
            return _json({"code": "sim.main-stays", "detail": name}, 409)
        world = self._named(name)
        await self._fleet.drop(world)
        self._kept = {key: kept for key, kept in self._kept.items() if key[0] != name}
        return _json({"dropped": name})

    async def _search(self, request: web.Request) -> web.StreamResponse:
        """JSON lines of all systems, oldest first; `system` may name several, parted by commas."""
        asked, world = request.query, self.world(request)
        wanted = [part for part in asked.get("system", "").split(",") if part]
        try:
            search = search_of(dict(asked))
        except ValueError as error:
            return _json({"code": "sim.malformed", "detail": str(error)}, 400)
        systems = [system for ident, system in world.systems.items() if not wanted or ident in wanted]
        lines = list(exported(systems, search, mask=asked.get("mask", "") in ("1", "true", "yes")))
        limit = asked.get("limit", "")
        lines = lines[-int(limit) :] if limit.isdigit() and int(limit) else lines
        text = "".join(f"{line}\n" for line in lines)
        return web.Response(text=text, content_type="application/x-ndjson", charset="utf-8")


def search_of(asked: dict[str, str]) -> Search:
    """What a query string looks for; raises ValueError for a time that is none."""
    return Search(
        asked.get("stage", ""),
        asked.get("key", ""),
        asked.get("fault", ""),
        asked.get("text", ""),
        _moment(asked.get("since", "")),
        _moment(asked.get("until", "")),
    )


def _moment(text: str) -> datetime | None:
    if not text:
        return None
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=CST)


async def _name(request: web.Request) -> str:
    """The `name` of the body; 400 for one that could not stand in an address."""
    try:
        name = str((await request.json())["name"])
    except (ValueError, KeyError, TypeError):
        name = ""
    if not _NAME.fullmatch(name):
        raise web.HTTPBadRequest(text=json.dumps({"code": "sim.malformed", "detail": "name: a-z 0-9 _"}))
    return name


def _json(value: Any, status: int = 200) -> web.Response:
    text = json.dumps(value, ensure_ascii=False)
    return web.Response(status=status, text=text, content_type="application/json")
