"""Authentication over HTTP: for members by signed requests, for our own pages by a cookie; same bodies.

Both are questions: nothing is written down. A member states the session of its user as `?session=` (any
digest of it), which the signature of the request covers; a page's is a cookie that no script can read.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import Any

from aiohttp import web

from hub.auth.binding import Owner, session_digest
from hub.auth.desk import AuthDesk
from hub.auth.refusing import CLAUSE, REQUEST
from hub.ca.question import body_of
from hub.engine import Hub
from hub.errors import HubError, SenderError
from hub.message import Finding, shown
from hub.ports import Answer
from hub.server.context import Context
from hub.server.intake import JSON_MEDIA, Limits, check_density, check_media, read_body
from hub.server.problem import document, refusal, respond
from hub.server.routes import Asked

COOKIE = "hutong_auth"
PAGES = "hub"  # the platform our own pages are
_SHAPE = re.compile(r"[0-9A-Za-z_-]{32,64}")
_MOST = 1 << 18  # octets of a page's request
Said = Mapping[str, Any] | Answer
Work = Callable[[AuthDesk, Owner, web.Request, Any], Awaitable[Said]]


async def _challenge(desk: AuthDesk, owner: Owner, request: web.Request, value: Any) -> Said:
    return desk.challenge(owner, value)


async def _login(desk: AuthDesk, owner: Owner, request: web.Request, value: Any) -> Said:
    return await desk.login(owner, value)


async def _session(desk: AuthDesk, owner: Owner, request: web.Request, value: Any) -> Said:
    return await desk.session(owner, value)


async def _logout(desk: AuthDesk, owner: Owner, request: web.Request, value: Any) -> Said:
    return desk.logout(owner, value)


async def _ticket(desk: AuthDesk, owner: Owner, request: web.Request, value: Any) -> Said:
    return await desk.tickets.begin(owner, value)


async def _state(desk: AuthDesk, owner: Owner, request: web.Request, value: Any) -> Said:
    return await desk.tickets.state(owner, request.match_info["ticket"])


async def _use(desk: AuthDesk, owner: Owner, request: web.Request, value: Any) -> Said:
    return await desk.tickets.use(owner, request.match_info["ticket"], value)


async def _face(desk: AuthDesk, owner: Owner, request: web.Request, value: Any) -> Said:
    return await desk.tickets.face(owner, request.match_info["ticket"], value)


async def _scan(desk: AuthDesk, owner: Owner, request: web.Request, value: Any) -> Said:
    return await desk.telephone.scan(owner.platform, request.match_info["ticket"], value)


async def _confirm(desk: AuthDesk, owner: Owner, request: web.Request, value: Any) -> Said:
    return await desk.telephone.confirm(owner.platform, request.match_info["ticket"], value)


async def _refuse(desk: AuthDesk, owner: Owner, request: web.Request, value: Any) -> Said:
    return await desk.telephone.refuse(owner.platform, request.match_info["ticket"], value)


def member(work: Work) -> Callable[[Context, Asked], Awaitable[web.StreamResponse]]:
    """The handler for a member's signed request."""

    async def handle(ctx: Context, asked: Asked) -> web.StreamResponse:
        try:
            owner = Owner(_online(ctx.hub, asked.principal), _stated(asked))
            return _answer(await work(ctx.hub.auth, owner, asked.request, _value(asked.body)))
        except HubError as error:
            return respond(refusal(error))  # here, because the edge counts what it refuses

    return handle


def page(work: Work, cost: int = 1) -> Callable[[Context, Asked], Awaitable[web.StreamResponse]]:
    """The handler for our own pages; SameSite and JSON alone keep other sites from asking in its name.

    `cost` of a question: strangers may not have others asked for them as often as they ask us."""

    async def handle(ctx: Context, asked: Asked) -> web.StreamResponse:
        try:
            return await _paged(ctx, asked.request, work, cost)
        except HubError as error:
            return respond(refusal(error))

    return handle


async def _paged(ctx: Context, request: web.Request, work: Work, cost: int) -> web.StreamResponse:
    body = b""
    address = _address(request.remote or "")
    wait = ctx.pages.wait(address, ctx.ticks(), cost)
    if wait:
        raise SenderError("请求过于频繁", code="hub.rate", status=429, retry_after=wait)
    if request.method == "POST":
        check_media(request, JSON_MEDIA)
        body = await read_body(request, Limits(_MOST, ctx.limits.seconds))
    cookie = request.cookies.get(COOKIE, "")
    known = _SHAPE.fullmatch(cookie) is not None
    cookie = cookie if known else ctx.token()
    owner = Owner(PAGES, session_digest("page", cookie), address)
    said = _answer(await work(ctx.hub.auth, owner, request, _value(body)))
    if not known:
        secure = request.secure
        said.set_cookie(COOKIE, cookie, httponly=True, samesite="Strict", secure=secure, path="/console/auth")
    return said


def _address(remote: str) -> str:
    """By what strangers are counted: one line has 2^64 addresses of IPv6."""
    try:
        found = ip_address(remote.partition("%")[0])
    except ValueError:
        return remote
    if isinstance(found, IPv6Address) and found.ipv4_mapped is None:
        return str(IPv6Network((found, 64), strict=False))
    return str(getattr(found, "ipv4_mapped", None) or found)


def _online(hub: Hub, principal: str) -> str:
    if not hub.registry().online(principal):
        raise SenderError("须由已上线的系统办理 / not online", code="member.not-online", status=403)
    return principal


def _stated(asked: Asked) -> str:
    text = asked.request.query.get("session", "")
    if len(text) > 128 or not text.isprintable():
        finding = Finding(REQUEST, "?session", "至多 128 字", shown(text), "写会话的摘要", CLAUSE)
        raise SenderError("请求不成立 / not a request", code=REQUEST, findings=(finding,))
    return session_digest("member", asked.principal, text)


def _value(body: bytes) -> Any:
    if not body:
        return {}
    check_density(body, 10_000)
    return body_of(body)


def _answer(said: Said) -> web.Response:
    return respond(said) if isinstance(said, Answer) else document({"code": "0000", **said})


challenge, login, session, logout = map(member, (_challenge, _login, _session, _logout))
ticket, state, face, use = map(member, (_ticket, _state, _face, _use))
scan, confirm, refuse = map(member, (_scan, _confirm, _refuse))
page_state, page_use = map(page, (_state, _use))
page_ticket, page_face = page(_ticket, 5), page(_face, 5)
page_challenge, page_login, page_session, page_logout = map(page, (_challenge, _login, _session, _logout))
