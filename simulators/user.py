"""The steering port's hand on the person with the telephone: scan, confirm, refuse; lose licence or role.

`POST /systems/{id}/user` with `{"action": "scan" | "confirm" | "refuse", "ticket": "…"}` (without a ticket
the latest one), or `{"auto": "confirm" | "refuse" | ""}`, `{"revoke": CODE}`, `{"restore": CODE}`,
`{"role": true | false}`, `{"face": true | false}` (is a face asked for before a confirmation),
`{"action": "face"}` (he shows his); `GET` shows the tickets.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from aiohttp import web

from simulators.system import System
from simulators.systems.scanning import User, shown


class UserDesk:
    """`found` gives the system and the moment on its clock, or raises 404."""

    def __init__(self, found: Callable[[web.Request], tuple[System, datetime]]) -> None:
        self._found = found

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/systems/{id}/user", self._show), web.post("/systems/{id}/user", self._act)]

    def _user(self, request: web.Request) -> tuple[User, datetime]:
        system, now = self._found(request)
        user = system.desk.switches.get("user")
        if not isinstance(user, User):
            raise web.HTTPNotFound(
                text=json.dumps(
                    {"code": "sim.no-user", "detail": f"nobody scans anything at {system.desk.id}"}
                )
            )
        return user, now

    async def _show(self, request: web.Request) -> web.Response:
        user, now = self._user(request)
        for ticket in user.tickets:
            user.look(ticket, now)
        return _json({"auto": user.auto, "tickets": [shown(one) for one in user.tickets.values()]})

    async def _act(self, request: web.Request) -> web.Response:
        user, now = self._user(request)
        try:
            return _json(acted(user, await request.json(), now))
        except KeyError as error:
            return _json({"code": "sim.no-such-ticket", "detail": str(error)}, 404)
        except (ValueError, TypeError, AttributeError) as error:
            return _json({"code": "sim.user", "detail": str(error)}, 409)


def acted(user: User, asked: dict[str, Any], now: datetime) -> dict[str, Any]:
    """Do what is asked; KeyError for no such ticket, ValueError for what its state forbids."""
    if "auto" in asked:
        if asked["auto"] not in ("", "confirm", "refuse"):
            raise ValueError(f"auto {asked['auto']!r} is none of confirm, refuse and nothing")
        user.auto = str(asked["auto"])
    if "revoke" in asked:
        user.revoked.add(str(asked["revoke"]))
    user.revoked.discard(str(asked.get("restore", "")))
    if "role" in asked:
        user.without_role = not asked["role"]
    if "face" in asked:
        user.face_first = bool(asked["face"])
    if asked.get("action") == "face":
        user.show_face(now)
        return {"face": "shown"}
    if "action" not in asked:
        return {"auto": user.auto, "revoked": sorted(user.revoked), "role": not user.without_role}
    ticket = str(asked.get("ticket") or next(reversed(user.tickets), ""))
    return user.act(str(asked["action"]), ticket, now)


def _json(value: Any, status: int = 200) -> web.Response:
    return web.Response(
        status=status, text=json.dumps(value, ensure_ascii=False), content_type="application/json"
    )
