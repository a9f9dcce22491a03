"""Records for the data-quality score: a platform's own, or for the centre all that are unsealed."""

from __future__ import annotations

import re

from aiohttp import web

from hub.engine import Reader
from hub.server.context import Context
from hub.server.problem import document, respond, say
from hub.server.routes import Asked

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


async def records(ctx: Context, asked: Asked) -> web.StreamResponse:
    """`?to=YYYY-MM-DD&cursor=` -> `{"records": [...], "next": cursor or null}`."""
    to, cursor = asked.request.query.get("to", ""), asked.request.query.get("cursor", "0")
    if (to and not _DAY.fullmatch(to)) or not cursor.isdigit():
        return respond(say(422, "quality.query", "to 应为 YYYY-MM-DD,cursor 应为上一页给出的值"))
    return document(ctx.hub.examined(Reader(asked.principal), after=int(cursor), to=to))
