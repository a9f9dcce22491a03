"""The component on the wire: `POST /sof` for pages of named sites, `/steer` for whoever tests.

A browser lets any page on the machine's own ports be called, so everything depends on three checks: the
connection is of this machine, `Host` is this machine (a name that was bent to 127.0.0.1 is not), and
`Origin` is one that was named. Programs without an origin are this machine's own.
"""

from __future__ import annotations

import asyncio
import json
import logging
import traceback
from collections.abc import Callable, Iterable
from http import HTTPStatus
from pathlib import PurePath
from typing import Any

from aiohttp import web

from simulators.component.errors import SofError
from simulators.component.functions import FUNCTIONS, YES_OR_NO, call
from simulators.component.state import Component
from simulators.component.tokens import Token

log = logging.getLogger(__name__)
HOST = "127.0.0.1"
LARGEST = 32 << 20
_LOCAL = frozenset((HOST, "localhost"))
_STEPS: dict[str, Callable[[Token], None]] = {
    "plug": lambda token: setattr(token, "plugged", True),
    "unplug": Token.pull,
    "restore": Token.restore,
}


class Door:
    """`origins` are sites like `http://127.0.0.1:8700`. Work is done in one thread, a token being one."""

    def __init__(self, component: Component, origins: Iterable[str]) -> None:
        self.component, self._origins = component, frozenset(origins)
        self._one = asyncio.Lock()
        self._runner: web.AppRunner | None = None

    async def start(self, port: int = 0) -> str:
        app = web.Application(client_max_size=LARGEST, middlewares=[self._guard])
        app.add_routes([web.post("/sof", self._sof), web.options("/sof", self._preflight)])
        app.add_routes([web.get("/steer", self._shown), web.post("/steer", self._steer)])
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, HOST, port).start()
        return f"http://{HOST}:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    @web.middleware
    async def _guard(self, request: web.Request, handler: Any) -> web.StreamResponse:
        if request.host.rpartition(":")[0] not in _LOCAL:
            return _json({"code": -1, "msg": "127.0.0.1 only", "data": None}, HTTPStatus.FORBIDDEN)
        origin = request.headers.get("Origin", "")
        if origin and (origin not in self._origins or request.path != "/sof"):
            told = f"此站点未登记,用 --origin {origin} 启动组件 / this site is not named"
            return _json({"code": -1, "msg": told, "data": None}, HTTPStatus.FORBIDDEN)
        reply: web.StreamResponse = await handler(request)
        if origin:
            reply.headers["Access-Control-Allow-Origin"] = origin
            reply.headers["Vary"] = "Origin"
        return reply

    async def _preflight(self, request: web.Request) -> web.Response:
        headers = {
            "Access-Control-Allow-Methods": "POST",
            "Access-Control-Allow-Headers": "Content-Type",
            "Access-Control-Max-Age": "600",
        }
        if request.headers.get("Access-Control-Request-Private-Network") == "true":
            headers["Access-Control-Allow-Private-Network"] = "true"
        return web.Response(status=HTTPStatus.NO_CONTENT, headers=headers)

    async def _sof(self, request: web.Request) -> web.Response:
        """`application/json` alone: with any simpler type a page could call without being asked first."""
        if request.content_type != "application/json":
            return _json(_failed(SofError("argument", (":应为 application/json", ": application/json"))), 415)
        try:
            asked = await request.json()
            name, args = asked["exec_name"], asked.get("exec_args") or []
        except (ValueError, KeyError, TypeError, AttributeError):
            return _json(_failed(SofError("argument")))
        if not isinstance(name, str) or not isinstance(args, list):
            return _json(_failed(SofError("argument")))
        origin = request.headers.get("Origin", "")
        async with self._one:
            return _json(await asyncio.to_thread(self._called, origin, name, args))

    def _called(self, origin: str, name: str, args: list[Any]) -> dict[str, Any]:
        try:
            return {"code": 0, "msg": "", "data": call(self.component, origin, name, args)}
        except SofError as error:
            return _failed(error) | ({"data": False} if name in YES_OR_NO else {})
        except Exception as error:  # whatever else a stranger's octets bring about is the caller's to hear
            log.error(
                "component.unforeseen %s in %s at %s", type(error).__name__, _known(name), _place(error)
            )
            return _failed(SofError("unknown"))

    async def _shown(self, request: web.Request) -> web.Response:
        return _json([_told(one) for one in self.component.tokens.values()])

    async def _steer(self, request: web.Request) -> web.Response:
        """`{"action": "plug" | "unplug" | "restore", "token": ID}`; without a token, all of them."""
        try:
            asked = await request.json()
            step = _STEPS[asked["action"]]
            wanted = asked.get("token")
            chosen = self.component.tokens.values() if wanted is None else [self.component.tokens[wanted]]
        except (ValueError, KeyError, TypeError, AttributeError):
            return _json({"code": "sim.component", "detail": "{action: plug|unplug|restore, token?}"}, 400)
        for token in chosen:
            step(token)
        return _json([_told(one) for one in chosen])


def _known(name: str) -> str:
    """A function of ours by its name; any other text is the caller's, and may be anything."""
    return name if name in FUNCTIONS else "?"


def _place(error: Exception) -> str:
    """File and line of the last steps, never what the exception says: PINs and texts are arguments."""
    frames = traceback.extract_tb(error.__traceback__)[-3:]
    return " < ".join(f"{PurePath(one.filename).name}:{one.lineno}" for one in reversed(frames))


def _told(token: Token) -> dict[str, Any]:
    return {
        "id": token.id,
        "name": token.name,
        "ca": token.ca,
        "algorithm": token.signing.algorithm,
        "plugged": token.plugged,
        "tries": token.tries,
        "seals": list(token.seals),
    }


def _failed(error: SofError) -> dict[str, Any]:
    return {"code": error.fault.code, "msg": error.message, "data": None}


def _json(value: Any, status: int = 200) -> web.Response:
    return web.Response(
        status=status, text=json.dumps(value, ensure_ascii=False), content_type="application/json"
    )
