"""A small hub to be loaded: real HTTP, an in-memory store, and one way to be bad per option.

python stand_in.py '{"delay": 2.0, "lose": 0.1, "double": 0.0, "fail": 0.0, "keys": "DIR"}'
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
import uuid
from pathlib import Path

from aiohttp import web

from hub.message import check_shape, content_digest, parse, refusing, verify, verify_request
from loadtests.keys import read_key


class StandIn:
    def __init__(self, knobs: dict) -> None:
        self.knobs = knobs
        self.rng = random.Random(7)
        keys = (read_key(path) for path in Path(knobs["keys"]).glob("*.json"))
        self.keys = {key.key_id: key for key in keys}
        self.known: dict[tuple[str, str], tuple[str, str]] = {}
        self.nonces: set[str] = set()
        self.stalled = not knobs.get("stall")

    def chance(self, name: str) -> bool:
        return self.rng.random() < self.knobs.get(name, 0.0)

    async def submit(self, request: web.Request) -> web.Response:
        if not self.stalled:  # one full stop of the whole process, a second after the first message
            self.stalled = True
            asyncio.get_running_loop().call_later(1.0, time.sleep, self.knobs["stall"])
        parsed = parse(await request.read())
        await asyncio.sleep(self.knobs.get("delay", 0.0))
        findings = list(parsed.findings) or check_shape(parsed.value) or verify(parsed.value, self.keys.get)
        if refusing(findings) or parsed.value["head"]["nonce"] in self.nonces:
            return web.json_response({"code": "message.refused"}, status=422)
        self.nonces.add(parsed.value["head"]["nonce"])
        if self.knobs.get("bar"):
            return web.json_response({"code": "member.not-online"}, status=403)
        if self.chance("fail"):
            return web.json_response({"code": "hub.busy"}, status=503, headers={"Retry-After": "1"})
        return self.accept(parsed.value)

    def accept(self, envelope: dict) -> web.Response:
        head = envelope["head"]
        where, digest = (head["from"], head["msgId"]), "sm3:" + content_digest(envelope).hex()
        known = where in self.known
        if known and self.known[where][1] != digest:
            return web.json_response({"code": "message.conflict"}, status=409)
        hub_id = self.known[where][0] if known and not self.chance("double") else str(uuid.uuid4())
        if not self.chance("lose"):
            self.known.setdefault(where, (hub_id, digest))
        told = digest if not self.chance("alter") else "sm3:" + "0" * 64
        receipt = {"hubId": hub_id, "receiptState": "received", "digest": told}
        return web.json_response(
            {"code": "0000", "hubId": hub_id, "receipt": receipt}, status=200 if known else 202
        )

    async def find(self, request: web.Request) -> web.Response:
        key, _ = verify_request("GET", request.path_qs, request.headers, self.keys.get)
        if key is None:
            return web.json_response({"code": "auth.key"}, status=401)
        found = self.known.get((request.query["from"], request.query["msgId"]))
        if found is None or key.owner != request.query["from"]:
            return web.json_response({"code": "message.unknown"}, status=404)
        state = "refused" if self.chance("refuse") else "accepted"
        return web.json_response({"hubId": found[0], "from": key.owner, "state": state})


async def main() -> None:
    hub = StandIn(json.loads(sys.argv[1]))
    app = web.Application()
    app.router.add_post("/v1/messages", hub.submit)
    app.router.add_get("/v1/messages", hub.find)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, backlog=1024)
    await site.start()
    port = runner.addresses[0][1]
    print(json.dumps({"ready": True, "url": f"http://127.0.0.1:{port}"}), flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)  # ends with its parent


asyncio.run(main())
