"""Published tree heads: the ones made on time, so that nobody sees by them when there was traffic."""

from __future__ import annotations

from aiohttp import web

from hub.server.context import Context
from hub.server.problem import NOT_FOUND, document, respond, say
from hub.server.routes import Asked

_LONGEST = 15  # digits of a tree size


async def heads(ctx: Context, asked: Asked) -> web.StreamResponse:
    """`since`: a tree size known from before; the answer proves that nothing up to it was changed."""
    since = asked.request.query.get("since", "0")
    if not (since.isascii() and since.isdigit()) or len(since) > _LONGEST:
        return respond(say(400, "query.incomplete", "since 须为树的大小(整数)"))
    found = ctx.hub.heads(int(since))
    return respond(NOT_FOUND) if found is None else document(found)
