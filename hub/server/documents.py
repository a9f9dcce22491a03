"""`/openapi.json`: the route table as a document, made when asked."""

from __future__ import annotations

from aiohttp import web

from hub.server.context import Context
from hub.server.facts import VERSION
from hub.server.problem import document
from hub.server.routes import TABLE, Asked, openapi


async def openapi_json(ctx: Context, asked: Asked) -> web.StreamResponse:
    return document(openapi(asked.request.app[TABLE], VERSION))
