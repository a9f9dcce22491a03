"""The trace header on the wire: in at both doors, out to the receiver."""

from __future__ import annotations

import asyncio
import json

from aiohttp import web

from hub.delivery.limits import Limits
from hub.delivery.transport import HttpTransport
from hub.ports import WireRequest
from hub.tracing.context import current, parse

GIVEN = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def _stored(world, hub_id):
    parts = world.running.ctx.hub._parts
    return parts.reading.journal.heads(parts.index.by_hub_id(hub_id).seq - 1, 1)[0].facts.get("trace", "")


async def test_both_doors_take_it_and_a_bad_one_is_not_there(world):
    for headers, trace in (
        ({"traceparent": GIVEN}, GIVEN[3:35]),
        ({"traceparent": GIVEN, "Expect": "100-continue"}, GIVEN[3:35]),
        ({"traceparent": GIVEN.upper()}, ""),
        ({}, ""),
    ):
        status, said, _ = await world.post(world.signed(), **headers)
        assert status == 202
        assert _stored(world, said["hubId"])[3:35] == trace, headers


async def test_each_message_of_a_batch_has_spans_of_its_own(world):
    body = json.dumps({"messages": [world.signed(), world.signed()]}).encode()
    headers = {"Content-Type": "application/json", "traceparent": GIVEN}
    async with world.http.post(world.url + "/v1/messages:batch", data=body, headers=headers) as reply:
        rows = (await reply.json())["results"]
    stored = {_stored(world, row["hubId"]) for row in rows}
    assert len(stored) == 2 and {one[3:35] for one in stored} == {GIVEN[3:35]}


async def test_the_transport_passes_it_on_and_leaves_a_codecs_own_alone():
    seen = []

    async def receive(request):
        seen.append(request.headers.getall("traceparent", []))
        return web.Response()

    app = web.Application()
    app.router.add_post("/x", receive)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()

    class One:
        base = f"http://127.0.0.1:{runner.addresses[0][1]}"
        tls = None

        def get(self, system):
            return self

    transport = HttpTransport(One())
    try:
        async with asyncio.timeout(60):
            await transport.send("D09", WireRequest("POST", "/x"), Limits(60.0))
            token = current.set(parse(GIVEN))
            await transport.send("D09", WireRequest("POST", "/x"), Limits(60.0))
            await transport.send("D09", WireRequest("POST", "/x", {"TraceParent": "own"}), Limits(60.0))
            current.reset(token)
    finally:
        await transport.close()
        await runner.cleanup()
    assert seen == [[], [GIVEN], ["own"]]
