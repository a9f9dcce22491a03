"""Openings of bids, receipts and proofs, parts of keys, contents. Bids themselves come as `bid.receipt`."""

from __future__ import annotations

import asyncio
import base64
import binascii

from aiohttp import web

from hub.bids.desk import SHARE, nothing
from hub.errors import SenderError
from hub.server.context import Context
from hub.server.outbox import members
from hub.server.problem import document
from hub.server.routes import Asked
from hub.server.sessions import COOKIE


async def open_section(ctx: Context, asked: Asked) -> web.StreamResponse:
    """`{section, reason?, least?}`: begin, or go on; how far it is."""
    told = await ctx.hub.bids.open(asked.principal, members(asked.body))
    return document({"code": "0000", **told}, status=202)


async def begin_round(ctx: Context, asked: Asked) -> web.StreamResponse:
    """`{section, round, until}`: prices of that round are taken until then."""
    told = await ctx.hub.bids.rounds.begin(asked.principal, members(asked.body))
    return document({"code": "0000", **told}, status=201)


async def opening(ctx: Context, asked: Asked) -> web.StreamResponse:
    """How far it is, with a `decryptResult` of every bid that has its result."""
    return document(await ctx.hub.bids.progress(asked.principal, asked.request.match_info["section"]))


async def bid(ctx: Context, asked: Asked) -> web.StreamResponse:
    """Receipt, and after the opening the whole proof of what came of it."""
    return document(ctx.hub.bids.bid(asked.principal, asked.request.match_info["receipt"]))


async def watch(ctx: Context, asked: Asked) -> web.StreamResponse:
    """For whoever watches in the console: how far it is, and the results since `after`."""
    after = asked.request.query.get("after", "0")
    if not (after.isascii() and after.isdigit() and len(after) < 16):
        raise nothing()
    return document(
        await ctx.hub.bids.watch(visitor(ctx, asked), asked.request.match_info["section"], int(after))
    )


async def proof(ctx: Context, asked: Asked) -> web.StreamResponse:
    """The proof of one result, as a file, for whoever watches."""
    told = ctx.hub.bids.bid(visitor(ctx, asked), asked.request.match_info["receipt"])
    answer = document(told)
    answer.headers["Content-Disposition"] = 'attachment; filename="bid-proof.json"'
    return answer


async def content(ctx: Context, asked: Asked) -> web.StreamResponse:
    """The content of an opened bid, for who runs the section."""
    number = asked.request.match_info["receipt"]
    size, give = await ctx.hub.bids.content(asked.principal, number)
    headers = {
        "Content-Type": "application/octet-stream",
        "Content-Disposition": "attachment",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }
    response = web.StreamResponse(headers=headers)
    response.content_length = size
    await response.prepare(asked.request)
    while piece := await asyncio.to_thread(give):
        async with asyncio.timeout(ctx.settings.body_timeout):
            await response.write(piece)
    await response.write_eof()
    return response


async def bring(ctx: Context, asked: Asked) -> web.StreamResponse:
    """`{receiptNo, share}`: the bidder's part in an envelope to the platform's key for bids, Base64."""
    said = members(asked.body)
    number, text = said.get("receiptNo"), said.get("share")
    if not isinstance(number, str) or not isinstance(text, str) or set(said) != {"receiptNo", "share"}:
        raise SenderError("须给出 receiptNo 与 share", code=SHARE)
    if not number:
        raise nothing()
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise SenderError("share 应为 Base64", code=SHARE) from None
    return document({"code": "0000", **await ctx.hub.bids.bring(asked.principal, number, raw)})


def visitor(ctx: Context, asked: Asked) -> str:
    """Who has logged in to the console; "" for a stranger, who is nobody's opener."""
    return ctx.sessions.principal(asked.request.cookies.get(COOKIE, ""))
