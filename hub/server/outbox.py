"""Deliveries waiting, failed, and to be sent again: the officer's view and levers."""

from __future__ import annotations

import json
from typing import Any

from aiohttp import web

from hub.engine import Reader
from hub.server.context import Context
from hub.server.problem import document, respond, say
from hub.server.routes import Asked

_FILTER = frozenset({"receiver", "sender", "stage", "message", "hubId", "since", "until", "state"})


async def waiting(ctx: Context, asked: Asked) -> web.StreamResponse:
    state = asked.request.query.get("state") or None
    return document({"deliveries": ctx.hub.outbox(Reader(asked.principal), state)})


async def retry(ctx: Context, asked: Asked) -> web.StreamResponse:
    """`{"ids": [...]}`: dead or waiting deliveries get another try at once."""
    wanted = members(asked.body)
    ids = wanted.get("ids")
    if not isinstance(ids, list) or not ids:
        return respond(say(422, "outbox.ids", '请求体应为 {"ids": [投递编号, …]}'))
    return document({"retried": await ctx.hub.retry(Reader(asked.principal), ids)})


async def replay(ctx: Context, asked: Asked) -> web.StreamResponse:
    """A filter of known members; at least one, so that nobody replays the province by an empty body."""
    wanted = members(asked.body)
    unknown = sorted(set(wanted) - _FILTER)
    if unknown or not wanted:
        known = ", ".join(sorted(_FILTER))
        return respond(say(422, "outbox.filter", f"筛选条件须为 {known} 中的至少一项;不认识 {unknown}"))
    return document({"replayed": await ctx.hub.replay(Reader(asked.principal), wanted)})


def members(body: bytes) -> dict[str, Any]:
    """The body as an object; anything else is an empty one."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
