"""Raw sockets that behave badly: slow heads of later requests, too many connections, answers nobody reads."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from hub.engine import Hub
from hub.server import front
from hub.server.crowd import OURS, Crowd, most_connections
from hub.settings import Settings

JSON = (
    b"POST /v1/messages HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
)
GET = b"GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n"


@asynccontextmanager
async def connected(
    world: Any, *, buffer: int | None = None
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """`buffer`: how little of the answers the system keeps for who does not read them."""
    line = socket.socket()
    if buffer is not None:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    line.setblocking(False)
    await asyncio.get_running_loop().sock_connect(line, ("127.0.0.1", int(world.url.rpartition(":")[2])))
    reader, writer = await asyncio.open_connection(sock=line)
    try:
        yield reader, writer
    finally:
        writer.close()


async def answer(reader: asyncio.StreamReader) -> tuple[int, bytes, bytes]:
    async with asyncio.timeout(60):
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        return int(head.split(b" ")[1]), head, await reader.readexactly(length)


async def ended(reader: asyncio.StreamReader) -> bytes:
    async with asyncio.timeout(60):
        try:
            return await reader.read()
        except ConnectionError:
            return b""


async def test_a_later_request_that_comes_drop_by_drop_is_cut_off(
    make_world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(front, "HEAD_SECONDS", 0.3)
    world = await make_world()
    async with connected(world) as (reader, writer):
        writer.write(GET)
        assert (await answer(reader))[0] == 200

        async def drip() -> None:
            for byte in b"GET /healthz HTTP/1.1\r\nX-Slow: " + b"a" * 10_000:
                writer.write(bytes([byte]))
                await asyncio.sleep(0.05)

        dripping = asyncio.create_task(drip())
        assert await ended(reader) == b"", "closed, though bytes kept coming"
        dripping.cancel()
    await gone(world)


async def gone(world: Any) -> None:
    async with asyncio.timeout(60):
        while world.running._inside.crowd.size:
            await asyncio.sleep(0.01)


async def test_requests_one_after_another_and_slow_bodies_in_their_own_time_are_not_cut_off(
    make_world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(front, "HEAD_SECONDS", 0.3)
    world = await make_world()
    async with connected(world) as (reader, writer):
        for _ in range(3):
            writer.write(GET)
            assert (await answer(reader))[0] == 200
            await asyncio.sleep(0.15)
        raw = json.dumps({"messages": []}).encode()
        head = b"POST /v1/messages:batch HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n"
        writer.write(head + b"Content-Length: %d\r\n\r\n" % len(raw))
        for byte in raw:
            writer.write(bytes([byte]))
            await asyncio.sleep(0.05)
        assert (await answer(reader))[0] == 200, "a body has body_timeout"
        writer.write(GET + GET)
        assert (await answer(reader))[0] == (await answer(reader))[0] == 200


async def test_a_head_of_very_many_fields_is_refused_first_and_later(world: Any) -> None:
    many = b"".join(b"x%d: y\r\n" % n for n in range(30_000))
    for before in (b"", GET):
        async with connected(world) as (reader, writer):
            if before:
                writer.write(before)
                await answer(reader)
            writer.write(b"GET /healthz HTTP/1.1\r\nHost: h\r\n" + many + b"\r\n")
            try:
                told = await answer(reader)
            except (asyncio.IncompleteReadError, ConnectionError):
                continue  # closed without a word is as good
            assert told[0] in {400, 431}


async def test_one_address_has_so_many_connections_and_no_more(make_world: Any) -> None:
    world = await make_world(max_connections_per_address=3)
    async with connected(world) as one, connected(world) as two, connected(world) as three:
        for reader, writer in (one, two, three):
            writer.write(GET)
            assert (await answer(reader))[0] == 200
        async with connected(world) as (reader, writer):
            status, head, body = await answer(reader)
            assert (status, json.loads(body)["code"]) == (503, "hub.connections")
            assert b"Retry-After: 5" in head and b"Connection: close" in head
            assert await ended(reader) == b""
        writer = one[1]
        writer.close()
        await writer.wait_closed()
        async with asyncio.timeout(60):
            while world.running._inside.crowd.size == 3:
                await asyncio.sleep(0.01)
        async with connected(world) as (reader, writer):
            writer.write(GET)
            assert (await answer(reader))[0] == 200, "a place that was given back"


async def test_all_together_have_so_many(make_world: Any) -> None:
    world = await make_world(max_connections=2)
    async with connected(world) as one, connected(world) as two:
        one[1].write(GET)
        assert (await answer(one[0]))[0] == 200
        async with connected(world) as (reader, writer):
            writer.write(GET)  # nothing of it is looked at
            assert (await answer(reader))[0] == 503
            assert await ended(reader) == b""
        two[1].write(GET)
        assert (await answer(two[0]))[0] == 200
        assert world.running.ctx.edge.refused == {"hub.connections": 1}


async def test_who_reads_no_answers_is_not_served_on_and_on(
    world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = json.dumps(world.signed(), ensure_ascii=False).encode()
    one = JSON % len(raw) + raw
    taken = 0
    whole = Hub.submit

    async def counted(self: Hub, *given: Any) -> Any:
        nonlocal taken
        taken += 1
        return await whole(self, *given)

    monkeypatch.setattr(Hub, "submit", counted)
    async with connected(world, buffer=4096) as (reader, writer):
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        writer.write(one * 20_000)
        before = -1
        async with asyncio.timeout(300):
            while before != taken or not taken:
                before = taken
                await asyncio.sleep(1)
        assert 0 < taken < 20_000, "it stops when the answers pile up"
        writer.transport.resume_reading()  # type: ignore[attr-defined]
        async with asyncio.timeout(300):
            while taken <= before:
                await reader.read(1 << 16)


def test_places_are_given_back_and_addresses_forgotten() -> None:
    crowd = Crowd(3, 2)
    assert [crowd.enter("a"), crowd.enter("a"), crowd.enter("a")] == [True, True, False]
    assert crowd.enter("b") and not crowd.enter("c")
    for address in ("a", "a", "b"):
        crowd.leave(address)
    assert crowd.size == 0 and not crowd._by_address
    assert all(Crowd(0, 0).enter("a") for _ in range(10_000))


def test_the_limit_never_promises_more_than_there_are_descriptors() -> None:
    import resource

    soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    assert most_connections(10) == 10
    if soft != resource.RLIM_INFINITY:
        assert most_connections(10**9) == max(16, soft - OURS) == most_connections(0)
    assert Settings().max_connections > 0
