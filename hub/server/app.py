"""The application made from the route table: callers proved, refusals worded, nothing leaked.

Access logs are off: a line per request would show before the opening how many signed up.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from hub.errors import HubError, SenderError
from hub.faults import place
from hub.ports import Answer
from hub.server.asking import admitted, asked_at_the_door
from hub.server.context import SITE, Context, Site
from hub.server.crowd import Crowd, most_connections
from hub.server.front import QUESTIONS, Inside, Plain
from hub.server.intake import JSON_MEDIA, check_media, here, read_body, too_late, too_many
from hub.server.messages import taken
from hub.server.problem import on_the_wire, refusal, respond, say
from hub.server.routes import PROVED, TABLE, Asked, Route, Who
from hub.server.table import ROUTES
from hub.server.tail import Tail
from hub.server.tls import Marks, marks
from hub.tracing.context import HEADER, parse

RECEIVE = "hutong.receive"
log = logging.getLogger(__name__)

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data:; "
        "frame-ancestors 'none'; form-action 'self'; base-uri 'none'"
    ),
}


def build(site: Site) -> web.Application:
    """The whole hub as an aiohttp application."""
    # Sizes are counted by intake.read_body for every route; aiohttp's own limit stays as the outer wall.
    app = web.Application(middlewares=[_edge], client_max_size=site.ctx.settings.max_batch_body)
    app[SITE] = site
    app[TABLE] = ROUTES
    for route in ROUTES:
        app.router.add_route(route.method, route.path, _wrapped(site, route))
    return app


def _wrapped(site: Site, route: Route) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def handle(request: web.Request) -> web.StreamResponse:
        ctx = site.ctx
        try:
            with ctx.hub.tracer.request(RECEIVE, parse(request.headers.get(HEADER))):
                return await route.handler(ctx, await _prove(ctx, route, request))
        except web.HTTPException:
            raise
        except Exception as error:
            return respond(failed(ctx, f"{route.method} {route.path}", error))

    return handle


def failed(ctx: Context, what: str, error: Exception) -> Answer:
    """What a caller hears of an exception: its own, if it is meant to be heard."""
    if isinstance(error, HubError):
        answer = refusal(error)
    else:
        # Where it happened, never what was being handled: the text of an exception may quote a message.
        log.error("%s failed: %s", what, place(error))
        answer = say(500, "hub.internal", "平台内部错误,已记录")
    ctx.edge.note(answer.status, answer.code)
    return answer


def inside(site: Site, others: Callable[[], Any]) -> Inside:
    """The house behind the door, for plain messages (`hub.server.front`)."""
    fixed = "".join(f"{name}: {value}\r\n" for name, value in _HEADERS.items()).encode("ascii")

    async def take(remote: str, shown: Marks | None, plain: Plain, body: bytes) -> Answer | bytes:
        ctx = site.ctx
        try:
            with ctx.hub.tracer.request(RECEIVE, parse(plain.trace)):
                if plain.path in QUESTIONS:
                    return await asked_at_the_door(ctx, plain, body, shown)
                return await taken(ctx, remote, body, ctx.bearer(shown))
        except Exception as error:
            return failed(ctx, f"POST {plain.path}", error)

    def known(plain: Plain) -> bool:
        """What is signed by nobody we know is not waited for; aiohttp's way words the refusal."""
        return plain.path not in QUESTIONS or site.ctx.callers.expected("POST", plain.path, plain.signed)

    def write(answer: Answer | bytes, stays: bool) -> bytes:
        return on_the_wire(answer, fixed, stays=stays)

    def late() -> Answer:
        return failed(site.ctx, "POST /v1/messages", too_late(site.ctx.limits.seconds))

    def full() -> Answer:
        return failed(site.ctx, "connection", too_many())

    settings = site.ctx.settings
    crowd = Crowd(most_connections(settings.max_connections), settings.max_connections_per_address)
    return Inside(take, write, known, late, full, others, lambda: site.ctx.limits, crowd)


async def _prove(ctx: Context, route: Route, request: web.Request) -> Asked:
    """Read the body and check the signed headers where the table asks for them."""
    if route.who not in PROVED:
        return Asked(request, "", b"")
    body = b""
    await ctx.hub.signers.settle(request.headers.get("X-Hutong-Key", ""))
    if route.who is Who.STREAM:
        principal = ctx.callers.ahead(request.method, request.raw_path, request.headers)
        return _let_in(ctx, Asked(request, principal, b""))
    if request.can_read_body:
        check_media(request, JSON_MEDIA)
        if not here(request):
            ctx.callers.expect(request.method, request.raw_path, request.headers)
        body = await read_body(request, ctx.batch_limits)
    if route.who is Who.QUESTION:
        principal = ctx.callers.asking(request.method, request.raw_path, request.headers, body)
    else:
        principal = await ctx.callers.identify(request.method, request.raw_path, request.headers, body)
    if route.who is Who.CENTRE and principal != "centre":
        raise SenderError("仅中心可办理 / the centre only", code="auth.forbidden", status=403)
    return _let_in(ctx, Asked(request, principal, body))


def _let_in(ctx: Context, asked: Asked) -> Asked:
    admitted(ctx, asked.principal, marks(asked.request.transport))
    return asked


@web.middleware
async def _edge(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """What aiohttp itself refuses (no such path, wrong method) becomes a problem like all others."""
    tail = request.transport.get_protocol() if request.transport is not None else None
    if not isinstance(tail, Tail):
        return await _worded(request, handler)
    tail.begun()
    try:
        return await _worded(request, handler)
    finally:
        tail.ended()


async def _worded(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    try:
        response = await handler(request)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        code = {404: "not-found", 405: "method"}.get(error.status, "http")
        response = respond(
            say(error.status, code, "没有这个路径 / no such path" if error.status == 404 else "")
        )
        if "Allow" in error.headers:
            response.headers["Allow"] = error.headers["Allow"]
    if not response.prepared:
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
    return response
