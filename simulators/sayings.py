"""What a system says to the hub of its own accord, on the steering port's word, and the receipt it keeps.

    POST /systems/{id}/sayings {"stage": "witness-record", "seed": 1, "region": "620821"}
    POST /systems/{id}/sayings {"stage": "ca.status", "fields": {…}, "to": "C01"}
    GET  /systems/{id}/sayings

The fields of a record are the sample's unless given; `meant` is what the hub must understand of it.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import aiohttp
from aiohttp import web

from hub.standard import Standard
from hub.standard.sample import Project
from simulators.fleet import NATIVE, Fleet
from simulators.senders import LAID, SENDERS
from simulators.senders.bank_voice import BankVoice, carry
from simulators.senders.laid_voice import LaidVoice
from simulators.system import System
from simulators.systems.build import standard
from simulators.systems.keys import KeyFiles
from simulators.trading.native_voice import NativeVoice
from simulators.trading.tender import PAUSES, carried
from simulators.trading.voice import NO_ANSWER, Heard, Saying, Voice, Wire, attempt

PAST = timedelta(days=70)
PATIENCE, LOOK = 10.0, 0.1
TRIES, LOOKS = 20, 300


@dataclass(slots=True)
class Told:
    """One saying and what came back; without an answer it is still under way."""

    saying: Saying
    meant: dict[str, Any]
    heard: Heard | None = None

    def shown(self) -> dict[str, Any]:
        heard = self.heard or NO_ANSWER
        return {
            "stage": self.saying.stage,
            "msgId": self.saying.msg_id,
            "key": self.saying.key,
            "fields": self.meant,
            "done": self.heard is not None,
            "ok": heard.ok,
            "status": heard.status,
            "code": heard.code,
            "hubId": heard.hub_id,
            "told": heard.told,
        }


@dataclass(slots=True)
class SayingDesk:
    """The main world's systems only: a fork has no hub of its own."""

    fleet: Fleet
    _told: dict[str, list[Told]] = field(default_factory=dict)
    _voices: dict[str, Voice | LaidVoice] = field(default_factory=dict)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def routes(self) -> list[web.RouteDef]:
        place = "/systems/{id}/sayings"
        return [web.get(place, self._show), web.post(place, self._say)]

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _show(self, request: web.Request) -> web.Response:
        return _json([told.shown() for told in self._told.get(request.match_info["id"], [])])

    async def _say(self, request: web.Request) -> web.Response:
        ident, asked = request.match_info["id"], await request.json()
        system = self.fleet.systems.get(ident)
        if system is None or not self.fleet.options.hub:
            return _json({"code": "sim.no-such-system", "detail": ident}, 404)
        try:
            voice = self._voice(system)
            told = self._prepared(ident, voice, asked)
        except (KeyError, ValueError, TypeError) as error:
            return _json({"code": "sim.nothing-to-say", "detail": f"{ident}: {error}"}, 409)
        self._begin(ident, voice, told)
        return _json(told.shown(), 201)

    def tell(self, system: System, stage: str, fields: dict[str, Any], stamp: str) -> None:
        """Of its own accord: said to the hub until it is acknowledged, where there is a hub."""
        if not self.fleet.options.hub or self.fleet.systems.get(system.desk.id) is not system:
            return
        voice = self._voice(system)
        asked = {"stage": stage, "fields": fields, "stamp": stamp}
        self._begin(system.desk.id, voice, self._prepared(system.desk.id, voice, asked))

    def _begin(self, ident: str, voice: Voice | LaidVoice, told: Told) -> None:
        self._told.setdefault(ident, []).append(told)
        task = asyncio.get_running_loop().create_task(self._carry(ident, voice, told))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _voice(self, system: System) -> Voice | LaidVoice:
        """Its voice, kept: a laid one remembers what it laid."""
        desk, tables = system.desk, standard()
        if desk.id not in self._voices:
            self._voices[desk.id] = (
                self._native(desk.id)
                if desk.dialect == NATIVE
                else (LAID.get(desk.dialect) or SENDERS[desk.dialect])(desk, tables)
            )
        return self._voices[desk.id]

    def _native(self, ident: str) -> Voice:
        keys = KeyFiles(self.fleet.options.keys)
        return NativeVoice(ident, lambda: keys.of(ident), self.fleet.options.realm)

    def _prepared(self, ident: str, voice: Voice | LaidVoice, asked: dict[str, Any]) -> Told:
        tables, now = standard(), self.fleet.clock()
        stage, seed = str(asked["stage"]), int(asked.get("seed", 1))
        service = stage in tables.services and stage not in tables.by_id
        fields = asked.get("fields") or _sample(tables, stage, seed, asked, now - PAST)
        msg_id, key = voice.name(stage, None, str(asked.get("stamp", seed)))
        saying = Saying(msg_id, key, stage, dict(fields), service, now, to=str(asked.get("to", "")))
        return Told(saying, voice.meant(saying))

    async def _carry(self, ident: str, voice: Voice | LaidVoice, told: Told) -> None:
        if isinstance(voice, LaidVoice):
            told.heard = await self._laid(ident, voice, told.saying)
            return
        timeout = aiohttp.ClientTimeout(total=PATIENCE)
        async with aiohttp.ClientSession(timeout=timeout) as session:

            async def post(wire: Wire) -> tuple[int, bytes] | None:
                if isinstance(voice, BankVoice):
                    return await carry(voice.address, wire)
                return await _posted(session, self.fleet.options.hub.rstrip("/"), wire)

            heard = NO_ANSWER
            for number in range(TRIES):
                heard = await carried(attempt(voice, told.saying, self.fleet.clock), post)
                if heard.done:
                    break
                await asyncio.sleep(PAUSES[min(number, len(PAUSES) - 1)])
            told.heard = heard

    async def _laid(self, ident: str, voice: LaidVoice, saying: Saying) -> Heard:
        """Lay it down, then look until the hub has written beside it."""
        voice.lay(saying)
        for _ in range(LOOKS):
            self.fleet.main.wake(ident)
            heard = voice.heard(saying)
            if heard is not None:
                return heard
            await asyncio.sleep(LOOK)
        return NO_ANSWER


def _sample(tables: Standard, stage: str, seed: int, asked: dict[str, Any], start: Any) -> dict[str, Any]:
    project = Project(seed, start, asked.get("region"), standard=tables)
    return dict(project.record(stage))


async def _posted(session: aiohttp.ClientSession, hub: str, wire: Wire) -> tuple[int, bytes] | None:
    try:
        async with session.post(hub + wire.path, data=wire.body, headers=dict(wire.headers)) as reply:
            return reply.status, await reply.read()
    except (aiohttp.ClientError, TimeoutError, OSError):
        return None


def _json(value: Any, status: int = 200) -> web.Response:
    return web.Response(
        status=status, text=json.dumps(value, ensure_ascii=False), content_type="application/json"
    )
