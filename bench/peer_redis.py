"""Peer: aiohttp, one pass of types, XADD to a Redis that syncs every write (`appendfsync always`).

usage: peer_redis.py FOLDER STAGE      prints {"ready": true, "url": ...}
The fastest durable store behind a Python server that was found (reference/hub.md section 6). It knows
nobody's signature and remembers no ids. Needs `redis-server` and the package `redis`.
"""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from pathlib import Path

import msgspec
import redis.asyncio as redis
import uvloop
from aiohttp import web
from one_pass import decoder

from hub.standard import load


async def main(folder: Path, stage: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)  # noqa: ASYNC240 - before anything is served
    socket = folder / "redis.sock"
    words = ["--port", "0", "--unixsocket", str(socket), "--dir", str(folder), "--appendonly", "yes"]
    words += ["--appendfsync", "always", "--save", "", "--daemonize", "no"]
    server = await asyncio.create_subprocess_exec(
        "redis-server", *words, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
    )
    store, read = redis.Redis(unix_socket_path=str(socket), max_connections=64), decoder(load(), stage)
    while True:
        try:
            await store.ping()
            break
        except redis.ConnectionError:
            await asyncio.sleep(0.05)

    async def accept(request: web.Request) -> web.Response:
        raw = await request.read()
        try:
            name = read.decode(raw).head.msgId
        except msgspec.DecodeError as error:
            return web.Response(status=422, text=str(error))
        place = await store.xadd("messages", {"raw": raw})
        body = json.dumps({"code": "0000", "hubId": name, "place": place.decode()}).encode()
        return web.Response(status=202, body=body, content_type="application/json")

    app = web.Application()
    app.router.add_post("/v1/messages", accept)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, backlog=512).start()
    sys.stdout.write(json.dumps({"ready": True, "url": f"http://127.0.0.1:{runner.addresses[0][1]}"}) + "\n")
    sys.stdout.flush()
    over = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, over.set)
    await over.wait()
    server.terminate()
    await server.wait()


if __name__ == "__main__":
    uvloop.run(main(Path(sys.argv[1]), sys.argv[2]))
