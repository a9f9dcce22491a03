"""The SOF server over HTTP: `{exec_name, exec_args}` in, `{code, msg, data}` out, and nothing written down.

Whatever the function comes to is told with HTTP 200 and a code of the standard: programs that speak this
interface look at nothing else. Only who may not ask at all, or has to wait, is told by status.
"""

from __future__ import annotations

import json

from aiohttp import web

from hub.ca.question import body_of
from hub.errors import SenderError
from hub.server.context import Context
from hub.server.intake import MOST_BATCH_PARTS, check_density
from hub.server.routes import Asked


async def answer(ctx: Context, asked: Asked) -> web.StreamResponse:
    """One function of `hub/catalogue/data/gateways/sof/functions.csv`, arguments in order or by name."""
    try:
        check_density(asked.body, MOST_BATCH_PARTS)
        value = body_of(asked.body)
    except SenderError:
        value = None  # what cannot be read is told in the same form as all else
    said = await ctx.hub.sof.answer(asked.principal, value)
    # A name in a certificate may hold half a character; showing it must not break the answer.
    body = json.dumps(said, ensure_ascii=False).encode("utf-8", "replace")
    return web.Response(
        body=body, content_type="application/json", charset="utf-8", headers={"Cache-Control": "no-store"}
    )
