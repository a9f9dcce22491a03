"""Where the pages are found: `/pages`, `/pages/{id}`, the papers' files; and what an open page asks for.

Pages only show. What their buttons do, they do over the same JSON routes as everybody else. Templates are
loaded when the first page is asked for: a fleet that nobody looks at pays nothing for them.
"""

from __future__ import annotations

import json
from typing import Any

from aiohttp import web

from hub.catalogue.papers import ROOT
from simulators.fleet import Fleet
from simulators.roll import papered, roll
from simulators.world import MAIN, World

LIVE = 30  # exchanges that a page asks for at once
_GUARD = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


class Pages:
    """The handlers; `routes` are added to the management port's."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/", self._home),
            web.get("/pages", self._overview),
            web.get("/pages/assets/{name}", self._asset),
            web.get("/pages/papers/{dialect}/{path:.+}", self._paper),
            web.get("/pages/{id}", self._system),
            web.get("/pages/{id}/live", self._live),
        ]

    async def _home(self, request: web.Request) -> web.Response:
        raise web.HTTPFound("/pages" + (f"?{request.query_string}" if request.query_string else ""))

    async def _overview(self, request: web.Request) -> web.Response:
        from simulators.pages.render import page
        from simulators.pages.views import GROUPS, tiles

        world, lang = self._world(request), _lang(request)
        part = "part" in request.query
        return _html(
            page(
                "tiles.html" if part else "overview.html",
                lang,
                world=world.name,
                worlds=list(self._fleet.worlds),
                groups=GROUPS,
                tiles=tiles(self._fleet, world),
                clock=world.clock.shown(),
                ident="",
            )
        )

    async def _system(self, request: web.Request) -> web.Response:
        from simulators.pages import markdown, views
        from simulators.pages.render import page

        world, lang, ident = self._world(request), _lang(request), _ident(request)
        row = roll()[ident]
        folder = ROOT / row.dialect
        rules = (
            markdown.language((folder / "rules.md").read_text("utf-8"), lang) if papered(row.dialect) else ""
        )
        return _html(
            page(
                "system.html",
                lang,
                world=world.name,
                worlds=list(self._fleet.worlds),
                ident=ident,
                row=row,
                listed=views.listed(ident),
                address=self._fleet.address(ident, world) if ident in world.systems else "",
                rules=markdown.html(rules),
                forms=list(views.forms(row)),
                expected=_expected(row.dialect),
                files=_files(row.dialect),
                offers=views.offers(row),
                trades=ident in world.desks,
                **views.now(self._fleet, world, ident),
            )
        )

    async def _live(self, request: web.Request) -> web.Response:
        """What is new since exchange `after`, as rows to put on top, and the part that changes by itself."""
        from simulators.pages import views
        from simulators.pages.exchanges import shown
        from simulators.pages.render import page

        world, lang, ident = self._world(request), _lang(request), _ident(request)
        asked = request.query.get("after", "0")
        after = int(asked) if asked.isdecimal() and len(asked) < 16 else 0
        system = world.systems.get(ident)
        last = 0 if system is None else system.journal.received
        after = after if after <= last else 0
        fresh = [] if system is None or after == last else system.journal.last(min(LIVE, last - after))
        rows = [shown(world.systems[ident], exchange) for exchange in fresh]
        told = {
            "last": last,
            "whole": after == 0,
            "rows": page("exchanges.html", lang, rows=rows, hub=self._fleet.options.hub),
            "now": page("now.html", lang, ident=ident, **views.now(self._fleet, world, ident)),
        }
        return web.json_response(
            told, headers=_GUARD, dumps=lambda value: json.dumps(value, ensure_ascii=False)
        )

    async def _asset(self, request: web.Request) -> web.Response:
        from simulators.pages.render import ASSETS, asset_bytes

        name = request.match_info["name"]
        if name not in ASSETS:
            raise web.HTTPNotFound
        return web.Response(
            body=asset_bytes(name), content_type=ASSETS[name], charset="utf-8", headers=_GUARD
        )

    async def _paper(self, request: web.Request) -> web.Response:
        """A file of the papers as it is, as text."""
        dialect, path = request.match_info["dialect"], request.match_info["path"]
        if not any(path == name for name in _files(dialect)):
            raise web.HTTPNotFound
        body = (ROOT / dialect / path).read_bytes()
        return web.Response(body=body, content_type="text/plain", charset=_charset(body), headers=_GUARD)

    def _world(self, request: web.Request) -> World:
        name = request.query.get("world", MAIN)
        if name not in self._fleet.worlds:
            raise web.HTTPNotFound(text=f"world {name[:60]!r}?")
        return self._fleet.worlds[name]


def _lang(request: web.Request) -> str:
    return "en" if request.query.get("lang") == "en" else "zh"


def _ident(request: web.Request) -> str:
    ident = request.match_info["id"]
    if ident not in roll():
        raise web.HTTPNotFound(text=f"{ident[:20]!r}?")
    return ident


def _files(dialect: str) -> list[str]:
    folder = ROOT / dialect
    if not papered(dialect) or folder.parent != ROOT:
        return []
    return sorted(str(path.relative_to(folder).as_posix()) for path in folder.rglob("*") if path.is_file())


def _expected(dialect: str) -> tuple[Any, ...]:
    from hub.catalogue.papers import Papers

    return Papers.load(dialect).expected if papered(dialect) else ()


def _charset(body: bytes) -> str:
    from simulators.pages.opened import charset_of

    return charset_of(body, "") or "utf-8"


def _html(text: str) -> web.Response:
    return web.Response(text=text, content_type="text/html", headers=_GUARD)
