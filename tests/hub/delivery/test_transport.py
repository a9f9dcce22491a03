"""Bytes to a listed peer and back, over a real socket."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp import web
from core_kit import FakePeer

from hub.delivery.limits import MAX_ANSWER, Limits
from hub.delivery.transport import HttpTransport, TransportError
from hub.ports import WireRequest


class Peers:
    def __init__(self, base):
        self.base = base

    def get(self, system):
        return FakePeer(self.base) if system == "D01" and self.base else None


@pytest.fixture
async def served():
    seen = []

    async def handle(request):
        seen.append((request.method, request.raw_path, dict(request.headers), await request.read()))
        what = request.path.rpartition("/")[2]
        if what == "slow":
            await asyncio.sleep(3600)
        if what == "cut":
            request.transport.close()
        if what == "redirect":
            raise web.HTTPFound("http://127.0.0.1:1/elsewhere")
        if what == "huge":
            return web.Response(body=bytes(MAX_ANSWER + 1))
        return web.Response(status=503, body="忙".encode("gbk"), headers={"X-Mark": "1"})

    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    transport = HttpTransport(Peers(f"http://127.0.0.1:{runner.addresses[0][1]}/base"))
    yield transport, seen
    await transport.close()
    await runner.cleanup()


async def test_bytes_go_out_and_come_back_as_they_are(served):
    transport, seen = served
    request = WireRequest(
        "POST", "/put?a=%E4%B8%AD&b=1", {"X-Own": "2", "Content-Type": "text/xml"}, "<中/>".encode("gbk")
    )
    reply = await transport.send("D01", request, Limits(60))
    assert (reply.status, reply.body, reply.headers["x-mark"]) == (503, "忙".encode("gbk"), "1")
    method, path, headers, body = seen[0]
    assert (method, path, body) == ("POST", "/base/put?a=%E4%B8%AD&b=1", "<中/>".encode("gbk"))
    assert headers["X-Own"] == "2" and headers["Content-Type"] == "text/xml"


@pytest.mark.parametrize(
    ("path", "seconds", "code"),
    [
        ("/slow", 1, "network.timeout"),
        ("/cut", 60, "network.reset"),
        ("/huge", 60, "receiver.answer-too-large"),
    ],
)
async def test_what_may_have_taken_effect_is_told_apart(served, path, seconds, code):
    transport, _ = served
    with pytest.raises(TransportError) as told:
        await transport.send("D01", WireRequest("POST", path, {}, b"x"), Limits(seconds))
    assert (told.value.code, told.value.sent) == (code, True)


async def test_a_redirect_is_an_answer_not_an_order(served):
    transport, seen = served
    assert (await transport.send("D01", WireRequest("GET", "/redirect"), Limits(60))).status == 302
    assert len(seen) == 1


async def test_only_listed_peers_are_called(served):
    transport, seen = served
    with pytest.raises(TransportError) as told:
        await transport.send("D02", WireRequest("GET", "/x"), Limits(60))
    assert (told.value.code, told.value.sent) == ("peer.unlisted", False)
    for trick in ("//evil.example/x", "@evil.example/x", "/../../x", "http://evil.example/"):
        await transport.send("D01", WireRequest("GET", trick), Limits(60))
    assert all(entry[1].startswith("/base/") or entry[1].startswith("/") for entry in seen)
    assert len(seen) == 4, "every one of them met the listed peer and nobody else"


async def test_nobody_there_means_nothing_happened():
    transport = HttpTransport(Peers("http://127.0.0.1:1"))
    with pytest.raises(TransportError) as told:
        await transport.send("D01", WireRequest("GET", "/x"), Limits(60))
    assert (told.value.code, told.value.sent) == ("network.refused", False)
    await transport.close()
