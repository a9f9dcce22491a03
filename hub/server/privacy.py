"""What is held of a person, and its erasure: for the centre, and for a sender about its own records.

The person stands in the body, never in a path or a query: those are written down on the way.
"""

from __future__ import annotations

from aiohttp import web

from hub.engine import Reader
from hub.privacy.subjects import Asked as Subject
from hub.server.context import Context
from hub.server.outbox import members
from hub.server.problem import document
from hub.server.routes import Asked


async def held(ctx: Context, asked: Asked) -> web.StreamResponse:
    """`{"subject": …, "name"?: …, "sender"?: …}` or `{"person": …}` -> what is held, without a value."""
    return document(ctx.hub.held_of(Reader(asked.principal), Subject.of(members(asked.body))))


async def erase(ctx: Context, asked: Asked) -> web.StreamResponse:
    """The same with `ground`: destroys what may be, names what must be kept and until when."""
    wanted = members(asked.body)
    told = await ctx.hub.erase(Reader(asked.principal), Subject.of(wanted), str(wanted.get("ground", "")))
    return document(told)
