"""The console's handlers: collect what a page may show, let `hub.console` draw it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from hub import standard as tables
from hub.console.live import live
from hub.console.picture import Node
from hub.console.render import ASSETS, asset_bytes, page
from hub.engine import Reader
from hub.message import wall
from hub.onboarding.evidence import DISCLOSURE, DOCUMENTS
from hub.onboarding.steps import STATE_ZH
from hub.server.context import Context
from hub.server.onboarding import filed, public_listing, record_of, view
from hub.server.problem import NOT_FOUND, document, respond
from hub.server.routes import Asked
from hub.server.sessions import COOKIE, SESSION_SECONDS


async def home(ctx: Context, asked: Asked) -> web.StreamResponse:
    registry = ctx.hub.registry()
    nodes = [
        Node(row.id, row.zh, row.en, row.dialect, str(registry.member_state(row.id)))
        for row in ctx.systems.values()
    ]
    return drawn(ctx, asked, "home.html", {"nodes": nodes})


async def live_json(ctx: Context, asked: Asked) -> web.StreamResponse:
    """What the picture asks for every two seconds: the public status, ready to be shown."""
    stages = {stage.id: (stage.zh, stage.en) for stage in tables.load().stages}
    shown = live(ctx.hub.status(), stages, wall(ctx.clock()))
    return document(shown)


async def directory(ctx: Context, asked: Asked) -> web.StreamResponse:
    return drawn(ctx, asked, "directory.html", {"rows": public_listing(ctx), "items": DISCLOSURE})


async def vendor(ctx: Context, asked: Asked) -> web.StreamResponse:
    who = _who(ctx, asked)
    record = record_of(ctx, who) if who in ctx.systems else {}
    own = view(ctx, record, "vendor") if record.get("application") else None
    shown = {
        "own": own,
        "state": record.get("state"),
        "documents": DOCUMENTS,
        "items": DISCLOSURE,
        "waiting": _waiting(ctx, who),
    }
    return drawn(ctx, asked, "vendor.html", shown)


async def centre(ctx: Context, asked: Asked) -> web.StreamResponse:
    """Every application with the reasons why it may, or may not yet, go online."""
    cases: list[dict[str, Any]] = []
    who = _who(ctx, asked)
    if who == "centre":
        cases = [view(ctx, record, "centre") for record in filed(ctx)]
    waiting = _waiting(ctx, who) if who == "centre" else []
    shown = {"cases": cases, "documents": DOCUMENTS, "items": DISCLOSURE, "waiting": waiting}
    return drawn(ctx, asked, "centre.html", shown)


async def ticket(ctx: Context, asked: Asked) -> web.StreamResponse:
    path = f"/login?ticket={ctx.sessions.ticket(asked.principal)}"
    return document({"path": path, "principal": asked.principal})


async def login(ctx: Context, asked: Asked) -> web.StreamResponse:
    known = asked.request.query.get("ticket", "")
    if _led(asked.request) and (owner := ctx.sessions.bearer(known)):
        return drawn(ctx, asked, "login.html", {"owner": owner, "ticket": known})
    session = ctx.sessions.redeem(known)
    if session is None:
        return respond(NOT_FOUND)
    to = "/centre" if ctx.sessions.principal(session) == "centre" else "/vendor"
    response = web.HTTPSeeOther(to)
    response.set_cookie(
        COOKIE, session, max_age=int(SESSION_SECONDS), httponly=True, samesite="Strict",
        secure=asked.request.secure,
    )  # fmt: skip
    raise response


def _led(request: web.Request) -> bool:
    """Has another site led here? Its ticket may be its own: whoever goes on unaware would enter his secrets
    under somebody else's name. So he is told whose it is, and goes on himself."""
    if request.headers.get("Sec-Fetch-Site", "none") in ("cross-site", "same-site"):
        return True
    before = urlsplit(request.headers.get("Referer", "")).netloc
    return before not in ("", request.host)


async def asset(ctx: Context, asked: Asked) -> web.StreamResponse:
    name = asked.request.match_info["name"]
    if name not in ASSETS:
        return respond(NOT_FOUND)
    return web.Response(
        body=asset_bytes(name),
        content_type=ASSETS[name],
        charset="utf-8",
        headers={"Cache-Control": "no-cache"},
    )


def _waiting(ctx: Context, who: str) -> list[dict[str, Any]]:
    """What the hub lets this reader know of deliveries not done; nobody logged in knows of none."""
    return ctx.hub.outbox(Reader(who), None) if who else []


def _who(ctx: Context, asked: Asked) -> str:
    return ctx.sessions.principal(asked.request.cookies.get(COOKIE, ""))


def drawn(ctx: Context, asked: Asked, template: str, values: Mapping[str, Any]) -> web.Response:
    """A page of ours in the language it was asked in."""
    lang = "en" if asked.request.query.get("lang") == "en" else "zh"
    html = page(
        template,
        lang,
        here=asked.request.path,
        realm=ctx.settings.realm,
        who=_who(ctx, asked),
        names={row.id: (row.en if lang == "en" else row.zh) for row in ctx.systems.values()},
        states={state.value: (state.value if lang == "en" else zh) for state, zh in STATE_ZH.items()},
        **values,
    )
    return web.Response(text=html, content_type="text/html", headers={"Cache-Control": "no-store"})
