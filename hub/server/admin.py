"""What the centre may do to the running hub: read its files again, and see what came of it last."""

from __future__ import annotations

from aiohttp import web

from hub.server.context import Context
from hub.server.problem import NOT_FOUND, document, respond, say
from hub.server.routes import Asked


async def reload(ctx: Context, asked: Asked) -> web.StreamResponse:
    """200 with what changed; 422 with file, line, expectation and advice of everything that is wrong."""
    if ctx.reloader is None:
        return respond(NOT_FOUND)
    outcome = await ctx.reloader.reload(asked.principal)
    if outcome.outcome != "refused":
        return document({"code": "0000", **outcome.public()})
    told = say(
        422, "reload.refused", "未载入,一切照旧", findings=outcome.findings, data={"event": outcome.event}
    )
    return respond(told)


async def last_reload(ctx: Context, asked: Asked) -> web.StreamResponse:
    """The last outcome, also of a signal or a changed file; `outcome` none when there was no reload yet."""
    last = ctx.reloader.last if ctx.reloader is not None else None
    return document(last.public() if last is not None else {"outcome": "none"})
