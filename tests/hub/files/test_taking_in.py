"""Parts in any order, again, broken off, by two at once: what comes out is what went in."""

from __future__ import annotations

import asyncio
import io
import random

import aiohttp
import pytest

from certs.algorithms.digest import digest
from hub.errors import SenderError
from hub.message import sign_request

RNG = random.Random(5)


def named(body: bytes, algorithm: str = "sm3") -> str:
    return f"{algorithm}:{digest(body, algorithm).hex()}"


@pytest.mark.parametrize("algorithm", ["sm3", "sha256"])
@pytest.mark.parametrize("size", [0, 1, 262_143, 262_144, 700_001])
async def test_a_small_file_in_one_piece(world, algorithm, size):
    body = RNG.randbytes(size)
    name = named(body, algorithm)
    sent = await world.part("T01", name, body, 0, size)
    assert (sent.status, sent.document["state"]) == (201, "there"), sent
    assert (await world.part("T01", name, body, 0, size)).status == 200
    into = io.BytesIO()
    assert await world.call("T01", "get_file", name.replace(":", "-"), into) == size
    assert into.getvalue() == body
    assert [path.stat().st_size >= size for path in world.lying()] == [True]


async def test_parts_in_any_order_and_twice(make_world):
    world = await make_world(file_piece=4096)
    body = RNG.randbytes(100_000)
    name = named(body)
    cuts = [(0, 30_000), (30_000, 30_001), (30_001, 70_000), (70_000, 100_000)]
    for start, stop in (cuts[2], cuts[0], cuts[2], cuts[3]):
        sent = await world.part("T01", name, body[start:stop], start, len(body))
        assert sent.status == 202, sent
    assert sent.document["ranges"] == [[0, 29_999], [30_001, 99_999]]
    assert sent.document["missing"] == [[30_000, 30_000]]
    assert (await world.call("T01", "file_status", name))["missing"] == [[30_000, 30_000]]
    assert (await world.fetch("T01", name))[0] == 404, "nothing can be fetched before it is whole"
    sent = await world.part("T01", name, body[30_000:30_001], 30_000, len(body))
    assert sent.status == 201 and sent.document["hubId"]
    for start, stop in ((0, 1), (4095, 4097), (29_999, 30_002), (99_999, 100_000), (5, 99_000)):
        assert (await world.call("T01", "get_part", name, start, stop))[1] == body[start:stop]


async def test_head_says_what_there_is_and_range_what_there_is_not(world):
    body = RNG.randbytes(5000)
    name = named(body)
    await world.part("T01", name, body[:2000], 0, 5000)
    async with aiohttp.ClientSession() as http:

        async def ask(method, **headers):
            target = f"/v1/files/{name}"
            proof = sign_request(
                method, target, world.keys["T01"], now=world.clock(), nonce=str(RNG.random()) + "x" * 8
            )
            async with http.request(method, world.running.url + target, headers=proof | headers) as reply:
                return reply.status, reply.headers, await reply.read()

        status, said, _ = await ask("HEAD")
        assert (status, said["X-Hutong-File-State"], said["X-Hutong-File-Ranges"]) == (
            200,
            "incoming",
            "0-1999",
        )
        await world.part("T01", name, body[2000:], 2000, 5000)
        status, said, _ = await ask("HEAD")
        assert (status, said["X-Hutong-File-State"], said["X-Hutong-File-Size"]) == (200, "there", "5000")
        assert (await ask("GET", Range="bytes=-10"))[2] == body[-10:]
        assert (await ask("GET", Range="bytes=4990-"))[2] == body[-10:]
        assert (await ask("GET"))[0::2] == (200, body)
        assert (await ask("GET", Range="bytes=5000-"))[0] == 416


async def test_what_cannot_be_is_refused_and_changes_nothing(make_world):
    world = await make_world(max_file=50_000, file_part=20_000)
    body = RNG.randbytes(30_000)
    name = named(body)
    assert (await world.part("T01", name, body[:10_000], 0, 30_000)).status == 202

    async def code(owner, digest, part, start, total):
        sent = await world.part(owner, digest, part, start, total)
        return sent.status, sent.code

    assert await code("T01", name, body[5000:15_000], 5000, 30_000) == (409, "file.part-overlap")
    assert await code("T01", name, body[10_000:20_000], 10_000, 40_000) == (409, "file.total")
    assert await code("T01", name, body[10_000:], 10_000, 20_000) == (400, "file.range")
    assert await code("T01", named(b"x"), b"x", 0, 50_001) == (413, "file.too-large")
    assert await code("T01", name, body[:25_000], 0, 30_000) == (413, "file.part-too-large")
    assert await code("T01", "sm3:12", b"x", 0, 1) == (404, "file.name")
    assert await code("centre", name, b"x", 0, 1) == (403, "member.not-online")
    assert (await world.call("T01", "file_status", name))["ranges"] == [[0, 9999]]
    assert (await world.part("T01", name, body[10_000:], 10_000, 30_000)).status == 201


async def test_a_part_that_changed_on_its_way_is_not_taken(world):
    body = RNG.randbytes(3000)
    target = f"/v1/files/{named(body)}"
    stated = named(body)
    proof = sign_request(
        "PUT", target, world.keys["T01"], now=world.clock(), nonce="n" * 12, body_digest=stated
    )
    async with aiohttp.ClientSession() as http:

        async def put(headers, data):
            async with http.put(world.running.url + target, data=data, headers=headers) as reply:
                return reply.status, (await reply.json())["code"]

        assert await put(proof, body) == (401, "auth.missing"), "the digest has to be stated"
        other = proof | {"X-Hutong-Body": named(b"other")}
        assert await put(other, body) == (401, "auth.signature"), "and to be what was signed"
        assert await put(proof | {"X-Hutong-Body": stated}, b"y" * 3000) == (422, "file.part-digest")
        assert await put(proof | {"X-Hutong-Body": stated}, body) == (401, "auth.nonce-reused")
    assert (await world.call("T01", "file_status", named(body)))["ranges"] == []


async def test_another_content_than_the_name_says_leaves_nothing(world):
    body, name = RNG.randbytes(50_000), named(b"something else")
    assert (await world.part("T01", name, body[20_000:], 20_000, 50_000)).status == 202
    sent = await world.part("T01", name, body[:20_000], 0, 50_000)
    assert (sent.status, sent.code) == (422, "file.digest")
    assert sent.findings[0]["observed"] == named(body)
    assert world.lying() == [] and await world.call("T01", "file_status", name) is None
    sent = await world.part("T01", name, b"something else", 0, 14)
    assert sent.status == 201, "the right content still can come"


async def test_a_wrong_part_can_be_replaced_by_the_right_one(world):
    body = RNG.randbytes(50_000)
    name = named(body)
    await world.part("T01", name, b"\0" * 20_000, 0, 50_000)
    assert (await world.part("T01", name, body[:20_000], 0, 50_000)).status == 202
    assert (await world.part("T01", name, body[20_000:], 20_000, 50_000)).status == 201
    assert (await world.fetch("T01", name))[1] == body


async def test_two_members_and_two_threads_send_the_same_at_once(make_world):
    world = await make_world(file_piece=8192)
    body = RNG.randbytes(400_000)
    name = named(body)

    async def whole(owner, order):
        for start in order:
            sent = await world.part(owner, name, body[start : start + 100_000], start, len(body))
            assert sent.status in {200, 201, 202}, sent

    parts = [0, 100_000, 200_000, 300_000]
    await asyncio.gather(
        whole("T01", parts),
        whole("T01", parts[::-1]),
        whole("P01", parts),
        whole("D09", parts[2:] + parts[:2]),
    )
    for owner in ("T01", "P01", "D09"):
        assert (await world.fetch(owner, name))[1] == body
        assert (await world.call(owner, "file_status", name))["state"] == "there"
    assert len({(await world.call(one, "file_status", name))["hubId"] for one in ("T01", "P01", "D09")}) == 3
    await world.hub.files.tend()
    assert len(world.lying()) == 1, "the bytes lie there once"


async def test_what_lies_on_the_disk_tells_nothing_and_is_not_believed_when_changed(world):
    body = b"bidder: Gansu Example Ltd. " * 5000
    name = named(body)
    await world.part("T01", name, body, 0, len(body))
    (path,) = world.lying()
    raw = path.read_bytes()
    assert b"Gansu" not in raw and path.name == name.replace(":", "-")
    path.write_bytes(raw[:1000] + b"\0" + raw[1001:])
    with pytest.raises(Exception):  # noqa: B017 - the connection ends before its stated length
        await world.call("T01", "get_file", name, io.BytesIO())


async def test_the_client_goes_on_where_it_stopped(world, tmp_path):
    body = RNG.randbytes(900_000)
    path = tmp_path / "投标文件.bin"
    path.write_bytes(body)
    told = []

    class StopError(Exception):
        pass

    def stop(done, total):
        told.append(done)
        if len(told) == 3:
            raise StopError

    with pytest.raises(StopError):
        await world.call("T01", "put_file", path, part=100_000, told=stop)
    assert told == [100_000, 200_000, 300_000]
    await world.restart()
    told.clear()
    found = await world.call(
        "T01", "put_file", path, part=250_000, told=lambda done, total: told.append(done)
    )
    assert found["state"] == "there" and told == [550_000, 800_000, 900_000, 900_000]
    assert (await world.fetch("T01", named(body)))[1] == body
    empty = tmp_path / "empty"
    empty.write_bytes(b"")
    assert (await world.call("T01", "put_file", empty))["state"] == "there"
    path.write_bytes(b"PK\x03\x04 not an archive")
    with pytest.raises(SenderError) as caught:
        await world.call("T01", "put_file", path)
    assert caught.value.code == "file.archive-broken"
