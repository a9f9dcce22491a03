"""Letting out what waits for an event: the act of its sender, or of the centre, with the reason."""

from __future__ import annotations

from aiohttp import web

from hub.engine import Reader
from hub.server.context import Context
from hub.server.outbox import members
from hub.server.problem import document
from hub.server.routes import Asked


async def let_out(ctx: Context, asked: Asked) -> web.StreamResponse:
    """`{"section" | "key", "reason"}`, from the centre `from` too; answered alike whatever waits there."""
    name = asked.request.match_info["event"]
    event = await ctx.hub.let_out(Reader(asked.principal), name, members(asked.body))
    return document({"code": "0000", "gate": name, "event": event})
