"""Bare aiohttp: the least a simulator written the usual way costs: the body read, 200 with a little JSON.

usage: fleet_bare.py      prints {"ready": true, "url": ...}
"""

from __future__ import annotations

import asyncio
import json

import uvloop
from aiohttp import web

ANSWER = b'{"code":"1","msg":"ok"}'


async def _handle(request: web.Request) -> web.Response:
    await request.read()
    return web.Response(body=ANSWER, content_type="application/json")


async def _main() -> None:
    app = web.Application()
    app.add_routes([web.route("*", "/{tail:.*}", _handle)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(json.dumps({"ready": True, "url": f"http://127.0.0.1:{runner.addresses[0][1]}"}), flush=True)
    await asyncio.Event().wait()


uvloop.run(_main())
