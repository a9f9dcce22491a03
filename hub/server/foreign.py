"""`/in/{systemId}/…`: foreign systems calling in with their own dialect.

The address list says who may speak as whom at all; the dialect checks its own proof and translates;
the hub decides; the dialect answers in the caller's form. A system we have no row, peer or dialect
for gets the same answer as one that is not yours to speak as.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable

from aiohttp import web

from hub.catalogue import System
from hub.credentials import CredentialError
from hub.errors import HubError
from hub.faults import place
from hub.message import refusing
from hub.peers import Peer
from hub.ports import Answer, Call, Dialect, Incoming, WireReply, WireRequest
from hub.server import contracts
from hub.server.context import Context
from hub.server.intake import check_coding, check_density, read_body
from hub.server.messages import bearer
from hub.server.problem import NOT_FOUND, refusal, respond, say
from hub.server.routes import Asked

log = logging.getLogger(__name__)
_NOTHING = Incoming("", "", "", "", 0, "", {})


async def receive(ctx: Context, asked: Asked) -> web.StreamResponse:
    system = asked.request.match_info["system_id"]
    row, peer = ctx.systems.get(system), ctx.peers.get(system)
    dialect = ctx.dialects.loaded.get(row.dialect) if row else None
    if row is None or peer is None or dialect is None or not peer.admits(asked.request.remote):
        return respond(NOT_FOUND)
    if contracts.asked_for(asked.request):
        return contracts.contract(asked.request, row.dialect, _below(asked.request)) or respond(NOT_FOUND)
    borne = bearer(ctx, asked.request)
    if borne is not None and system not in borne:
        return respond(NOT_FOUND)
    call = _call(ctx, row, peer)
    answer, incoming = await judged(ctx, system, dialect, call, _arriving(ctx, asked.request))
    return _answer(dialect, answer, incoming, call)


def speaker(ctx: Context, system: str) -> tuple[Dialect, Call] | None:
    """The dialect of a system that may call in, and the circumstances of this call."""
    row, peer = ctx.systems.get(system), ctx.peers.get(system)
    dialect = ctx.dialects.loaded.get(row.dialect) if row else None
    if row is None or peer is None or dialect is None:
        return None
    return dialect, _call(ctx, row, peer)


async def judged(
    ctx: Context, system: str, dialect: Dialect, call: Call, arriving: Awaitable[WireRequest]
) -> tuple[Answer, Incoming]:
    """What the hub says to one call, on whatever wire it comes, and what was understood of it."""
    incoming = _NOTHING
    try:
        request = await arriving
        wait = ctx.limiter.wait(f"{system}@in", ctx.ticks())
        if wait:
            answer = say(429, "hub.rate", "请求过于频繁", retry_after=wait)
        else:
            incoming = dialect.accept(request, call)
            incoming = await ctx.hub.unpack(system, incoming)
            answer = await _decide(ctx, system, incoming)
            answer = await ctx.hub.pack(dialect, system, incoming, answer)
    except CredentialError as error:
        log.error("%s calls, and cannot be known: %s", system, error.detail)
        answer = say(503, "hub.busy", "枢纽暂不能核实来电,请稍后再试", retry_after=60)
    except HubError as error:
        answer = refusal(error)
    ctx.edge.note(answer.status, answer.code)
    return answer, incoming


def answer_bytes(dialect: Dialect, answer: Answer, incoming: Incoming, call: Call) -> bytes:
    """The answer where there is no status line; nothing where the dialect has no words for it."""
    try:
        return dialect.reply(answer, incoming, call).body
    except Exception as error:
        log.error("dialect %s could not word its reply: %s", dialect.name, place(error))
        return b""


async def _arriving(ctx: Context, request: web.Request) -> WireRequest:
    check_coding(request)
    body = await read_body(request, ctx.limits)
    check_density(body)
    return _wire(request, body)


async def _decide(ctx: Context, system: str, incoming: Incoming) -> Answer:
    if not incoming.authenticated:
        # Whoever has not proved itself is told only that, not what else its message lacks.
        own = tuple(finding for finding in incoming.findings if finding.code.startswith("auth."))
        code = own[0].code if own else "auth.failed"
        return say(401, code, "身份验证未通过", findings=own)
    if not incoming.stage and not incoming.message:
        nonce = str(incoming.context.get("nonce") or "")
        if nonce:  # the proof was good: whoever saw it shall not put it on another body
            await ctx.hub.use_nonce(system, nonce)
        refused = tuple(refusing(list(incoming.findings)))
        code = refused[0].code if refused else "message.refused"
        return say(422, code, "无法识别的请求", findings=refused)
    return await ctx.hub.submit_foreign(system, incoming)  # record, question or something told


def _answer(dialect: Dialect, answer: Answer, incoming: Incoming, call: Call) -> web.Response:
    try:
        reply = dialect.reply(answer, incoming, call)
    except Exception as error:  # a translator's slip must not hide what was decided
        log.error("dialect %s could not word its reply: %s", dialect.name, place(error))
        return respond(answer)
    return _http(reply, answer)


def _call(ctx: Context, row: System, peer: Peer) -> Call:
    return Call(row.id, row.variant, peer.credentials, ctx.clock(), ctx.token(), "")


def _below(request: web.Request) -> str:
    return "/" + request.match_info.get("tail", "")


def _wire(request: web.Request, body: bytes) -> WireRequest:
    """Path and query after `/in/{systemId}`, exactly as they came."""
    raw = request.raw_path
    marker = f"/in/{request.match_info['system_id']}"
    path = raw[raw.index(marker) + len(marker) :] if marker in raw else "/"
    headers = {name.lower(): value for name, value in request.headers.items()}
    return WireRequest(request.method, path or "/", headers, body)


def _http(reply: WireReply, answer: Answer) -> web.Response:
    headers = {name: value for name, value in reply.headers.items() if name.lower() not in _OURS}
    if answer.retry_after is not None:
        headers.setdefault("Retry-After", str(answer.retry_after))
    return web.Response(status=reply.status, headers=headers, body=reply.body)


_OURS = frozenset({"content-length", "transfer-encoding", "connection"})
