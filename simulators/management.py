"""The steering port: what the systems hold and were asked, which faults they have, which tenders run."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from aiohttp import web

from simulators.certificates import CertificateDesk
from simulators.faults import UnknownFaultError
from simulators.fleet import HOST, Fleet
from simulators.journal import hide
from simulators.notices import NoticeDesk
from simulators.pages.routes import Pages
from simulators.sayings import SayingDesk
from simulators.steering import Steering
from simulators.system import System
from simulators.trading import Tender
from simulators.user import UserDesk


class Management:
    """JSON over HTTP on a port of its own, never on the systems' own."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet
        self._steering = Steering(fleet)
        self._sayings = SayingDesk(fleet)
        self._notices = NoticeDesk(self._at, self._sayings)
        self._runner: web.AppRunner | None = None

    async def start(self, port: int = 0) -> str:
        app = web.Application()
        app.add_routes(
            [
                web.get("/systems", self._systems),
                web.get("/systems/{id}/records", self._records),
                web.get("/systems/{id}/asked", self._asked),
                web.get("/systems/{id}/journal", self._journal),
                web.get("/systems/{id}/faults", self._faults),
                web.post("/systems/{id}/faults", self._arm),
                web.delete("/systems/{id}/faults", self._lift),
                web.post("/systems/{id}/reset", self._reset),
                web.post("/reset", self._reset_all),
                web.get("/trading/{id}/tenders", self._tenders),
                web.post("/trading/{id}/tenders", self._open),
                web.get("/trading/{id}/tenders/{tender}", self._tender),
                web.post("/trading/{id}/tenders/{tender}/continue", self._continue),
            ]
        )
        app.add_routes([*self._steering.routes(), *Pages(self._fleet).routes()])
        app.add_routes([*UserDesk(self._at).routes(), *self._sayings.routes()])
        app.add_routes([*self._notices.routes(), *CertificateDesk(self._at, self._notices.befallen).routes()])
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, HOST, port).start()
        return f"http://{HOST}:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        await self._sayings.stop()
        if self._runner is not None:
            await self._runner.cleanup()

    def _system(self, request: web.Request) -> System:
        ident, systems = request.match_info["id"], self._steering.world(request).systems
        if ident not in systems:
            why = self._fleet.waiting.get(ident, "not started")
            raise web.HTTPNotFound(text=_dump({"code": "sim.no-such-system", "detail": f"{ident}: {why}"}))
        return systems[ident]

    def _at(self, request: web.Request) -> tuple[System, datetime]:
        """A system, and what its clock says."""
        return self._system(request), self._steering.world(request).clock()

    async def _systems(self, request: web.Request) -> web.Response:
        return _json([system.shown() for system in self._steering.world(request).systems.values()])

    async def _records(self, request: web.Request) -> web.Response:
        system, asked = self._system(request), request.query
        rows = [system.record(record) for record in system.desk.ledger]
        wanted, key = asked.get("message", ""), asked.get("key", "")
        return _json([r for r in rows if wanted in ("", r["message"], r["stage"]) and key in ("", r["key"])])

    async def _asked(self, request: web.Request) -> web.Response:
        """Questions as this system understood them, and what it answered, in the standard's names."""
        wanted = request.query.get("service", "")
        return _json([note for note in self._system(request).desk.asked if wanted in ("", note["service"])])

    async def _journal(self, request: web.Request) -> web.Response:
        system = self._system(request)
        limit = request.query.get("limit", "50")
        text = _dump([e.shown() for e in system.journal.last(int(limit) if limit.isdigit() else 50)])
        text = hide(text, system.desk.credentials.values())
        return web.Response(text=text, content_type="application/json")

    async def _faults(self, request: web.Request) -> web.Response:
        return _json(self._system(request).faults.shown())

    async def _arm(self, request: web.Request) -> web.Response:
        system = self._system(request)
        try:
            asked = await request.json()
            armed = system.faults.arm(
                str(asked["name"]),
                times=asked.get("times", 1),
                match={str(k): str(v) for k, v in asked.get("match", {}).items()},
                args=asked.get("args", {}),
                skip=int(asked.get("skip", 0)),
            )
        except UnknownFaultError as error:
            return _json({"code": "sim.no-such-fault", "detail": str(error)}, 404)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            return _json(
                {"code": "sim.malformed", "detail": f"{{name, times, match, args, skip}}: {error}"}, 400
            )
        return _json(armed.shown(), 201)

    async def _lift(self, request: web.Request) -> web.Response:
        return _json({"lifted": self._system(request).faults.lift(request.query.get("name"))})

    async def _reset(self, request: web.Request) -> web.Response:
        _clear(self._system(request))
        return _json({})

    async def _reset_all(self, request: web.Request) -> web.Response:
        for system in self._steering.world(request).systems.values():
            _clear(system)
        return _json({})

    async def _open(self, request: web.Request) -> web.Response:
        try:
            asked = await request.json() if request.can_read_body else {}
            tender = self._fleet.open_tender(
                request.match_info["id"],
                int(asked.get("seed", 1)),
                asked.get("region"),
                float(asked.get("pace", 0.0)),
                str(asked.get("pause_before", "")),
            )
        except KeyError as error:
            return _json({"code": "sim.no-trading", "detail": f"{error} trades nothing here"}, 404)
        except (ValueError, TypeError, AttributeError) as error:
            return _json({"code": "sim.tender", "detail": str(error)}, 409)
        return _json(tender.shown(), 201)

    def _found(self, request: web.Request) -> Tender:
        desk = self._fleet.desks.get(request.match_info["id"])
        tender = None if desk is None else desk.tenders.get(request.match_info["tender"])
        if tender is None:
            raise web.HTTPNotFound(text=_dump({"code": "sim.no-such-tender"}))
        return tender

    async def _tenders(self, request: web.Request) -> web.Response:
        desk = self._fleet.desks.get(request.match_info["id"])
        tenders = [] if desk is None else list(desk.tenders.values())
        return _json([{"tender": t.ident, "state": t.state, "step": t.step} for t in tenders])

    async def _tender(self, request: web.Request) -> web.Response:
        return _json(self._found(request).shown())

    async def _continue(self, request: web.Request) -> web.Response:
        tender = self._found(request)
        tender.proceed()
        return _json(tender.shown())


def _clear(system: System) -> None:
    system.desk.ledger.clear()
    system.journal.clear()
    system.faults.lift()
    forget = getattr(system.side, "forget", None)
    if forget is not None:
        forget()


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _json(value: Any, status: int = 200) -> web.Response:
    return web.Response(status=status, text=_dump(value), content_type="application/json")
