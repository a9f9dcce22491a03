"""`/openapi.json`: the route table, every message typed as the standard types it; made once, when asked."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any

from aiohttp import web

from hub.server.context import Context
from hub.server.facts import VERSION
from hub.server.routes import TABLE, Asked, Route, openapi
from hub.standard import load
from hub.standard.bindings.openapi import openapi as typed

_NAME = re.compile(r"\{[^}]*\}")


async def openapi_json(ctx: Context, asked: Asked) -> web.StreamResponse:
    text = _text(asked.request.app[TABLE])
    return web.Response(body=text, content_type="application/json", charset="utf-8")


@cache
def _text(routes: tuple[Route, ...]) -> bytes:
    return json.dumps(described(routes), ensure_ascii=False, separators=(",", ":")).encode("utf-8")


def described(routes: tuple[Route, ...]) -> dict[str, Any]:
    """Routes of this hub; where the standard describes the same path, its typed description stands."""
    ours: dict[str, Any] = openapi(routes, VERSION)
    standard = typed(load())
    known = {_NAME.sub("{}", path): path for path in standard["paths"]}
    paths = {
        path: operations
        for path, operations in ours["paths"].items()
        if _NAME.sub("{}", path) not in known and path != "/v1/services/{message_type}"
    }
    for shape, path in known.items():
        also: dict[str, Any] = next(
            (one for at, one in ours["paths"].items() if _NAME.sub("{}", at) == shape), {}
        )
        paths[path] = {**also, **standard["paths"][path]}
    components = {
        part: {**ours["components"].get(part, {}), **standard["components"].get(part, {})}
        for part in {*ours["components"], *standard["components"]}
    }
    return {**ours, "tags": standard.get("tags", []), "paths": paths, "components": components}
