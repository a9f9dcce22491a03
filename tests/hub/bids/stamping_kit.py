"""A time-stamp service of somebody else's, over HTTP, with a clock of its own."""

from __future__ import annotations

import secrets
from pathlib import Path

from aiohttp import web

from hub.evidence.sandbox_tsa import ANCHOR, FOLDER, SandboxAuthority


class Service:
    """`clock` is its own; `away` makes it answer 503; `meanwhile` is what happens once while it is asked."""

    def __init__(self, folder: Path, clock) -> None:
        self.authority = SandboxAuthority(folder, clock, secrets.token_bytes)
        self.anchor = folder / FOLDER / ANCHOR
        self.away = False
        self.meanwhile = None

    async def __aenter__(self):
        app = web.Application()
        app.router.add_post("/tsa", self._answer)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/tsa"
        self.authority._open()
        return self

    async def __aexit__(self, *_):
        await self._runner.cleanup()

    async def _answer(self, request):
        if self.away:
            return web.Response(status=503)
        if self.meanwhile is not None:
            meanwhile, self.meanwhile = self.meanwhile, None
            await meanwhile()
        body = await self.authority.ask(await request.read())
        return web.Response(body=body, content_type="application/timestamp-reply")
