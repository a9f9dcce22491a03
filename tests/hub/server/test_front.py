"""The door: the plain message is answered there, all else by aiohttp; nobody can tell which by the answer."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest

from hub.server import front
from hub.server.asking import ANSWERS
from hub.server.front import QUESTIONS, Plain, plain
from hub.server.intake import Limits
from hub.server.routes import Who
from hub.server.table import ROUTES
from tests.hub.server.ca_kit import b64, ca, folder, pki
from tests.rows import each

__all__ = ["ca", "folder"]

HOST = b"Host: h\r\n"


def head(*fields: bytes, line: bytes = b"POST /v1/messages HTTP/1.1") -> bytes:
    return b"\r\n".join((line, b"Host: h", *fields, b"", b""))


def test_the_plain_request_is_known() -> None:
    assert plain(head(b"Content-Type: application/json", b"Content-Length: 12")) == Plain(12, True)
    assert plain(
        head(b"content-type:application/json; charset=UTF-8", b"CONTENT-LENGTH:0", b"Connection: close")
    ) == Plain(0, False)
    assert plain(
        head(
            b"Accept: */*", b"User-Agent: x/1 (y; z)", b"Content-Length: 3", b"Content-Type: application/json"
        )
    )


@each(
    "fields",
    [
        (b"Content-Type: application/json",),
        (b"Content-Type: text/plain", b"Content-Length: 2"),
        (b"Content-Type: application/json; charset=gbk", b"Content-Length: 2"),
        (b"Content-Type: application/json", b"Content-Length: 2", b"Content-Length: 2"),
        (b"Content-Type: application/json", b"Content-Length: 2", b"Transfer-Encoding: chunked"),
        (b"Content-Type: application/json", b"Content-Length: +2"),
        (b"Content-Type: application/json", b"Content-Length: 2, 2"),
        (b"Content-Type: application/json", b"Content-Length : 2"),
        (b"Content-Type: application/json", b"Content-Length: 2", b" folded"),
        (b"Content-Type: application/json", b"Content-Length: 2", b"Expect: 100-continue"),
        (b"Content-Type: application/json", b"Content-Length: 2", b"Content-Encoding: gzip"),
        (b"Content-Type: application/json", b"Content-Length: 2", b"Upgrade: h2c"),
        (b"Content-Type: application/json", b"Content-Length: 2", b"Connection: upgrade"),
        (b"Content-Type: application/json", b"Content-Length: 2", b"X: \x00"),
        (b"Content-Type: application/json", b"Content-Length: 2", b"Host: twice"),
        (b"Content-Type: application/json", b"Content-Length: 123456789012"),
    ],
)
def test_anything_unusual_is_not(fields: tuple[bytes, ...]) -> None:
    assert plain(head(*fields)) is None


@pytest.mark.parametrize(
    "line",
    [
        b"GET /v1/messages HTTP/1.1",
        b"POST /v1/messages?x=1 HTTP/1.1",
        b"POST /v1/messages HTTP/1.0",
        b"POST /v1/messages:batch HTTP/1.1",
        b"POST  /v1/messages HTTP/1.1",
        b"POST http://h/v1/messages HTTP/1.1",
    ],
)
def test_nor_is_another_line(line: bytes) -> None:
    fields = (b"Content-Type: application/json", b"Content-Length: 2")
    assert plain(head(*fields, line=line)) is None
    assert plain(head(*fields).replace(b"Host: h\r\n", b"")) is None


class Wire:
    """A raw connection to the hub."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def answer(self) -> tuple[int, dict[str, str], dict[str, Any]]:
        status = int((await self.reader.readline()).split()[1])
        fields = {}
        while (line := await self.reader.readline()) != b"\r\n":
            name, _, value = line.decode().partition(":")
            fields[name.lower()] = value.strip()
        body = await self.reader.readexactly(int(fields["content-length"]))
        return status, fields, json.loads(body)


async def dialled(world: Any) -> Wire:
    address, _, port = world.url.removeprefix("http://").partition(":")
    return Wire(*await asyncio.open_connection(address, int(port)))


@pytest.fixture
async def wire(world: Any) -> Any:
    made = []

    async def dial() -> Wire:
        made.append(await dialled(world))
        return made[-1]

    yield dial
    for one in made:
        one.writer.close()


def request(body: bytes, *more: bytes) -> bytes:
    return head(b"Content-Type: application/json", b"Content-Length: %d" % len(body), *more) + body


def raw(world: Any, **head: Any) -> bytes:
    return json.dumps(world.signed(**head), ensure_ascii=False).encode()


UNUSUAL = b"TE: trailers"  # makes the same request aiohttp's


def bodies(world: Any) -> Iterator[bytes]:
    yield raw(world, realm="production")
    yield raw(world, sender="D01", key=world.keys["P01"])
    yield b"{}"
    yield b"\xff\xfe"
    yield b""
    yield b"[" * 5000
    yield b'{"head":{},"body":{},"x":"\\ud800"}'
    yield b"[" + b"1," * 150_000 + b"1]"
    yield json.dumps(world.signed() | {"extra": 1}).encode()


async def test_both_doors_answer_alike(world: Any, wire: Any) -> None:
    """Status, fields and body; what differs is the date and aiohttp's own name."""
    for body in bodies(world):
        seen = []
        for more in ((), (UNUSUAL,)):
            line = await wire()
            line.writer.write(request(body, *more))
            status, fields, told = await line.answer()
            fields.pop("date", None)
            fields.pop("server", None)
            seen.append((status, fields, told))
        assert seen[0] == seen[1], body[:80]
        assert seen[0][0] >= 400


def test_questions_at_the_door_are_questions_of_the_table() -> None:
    rows = {one.path: one.who for one in ROUTES if one.method == "POST"}
    assert set(ANSWERS) == QUESTIONS
    assert {rows[path] for path in QUESTIONS} == {Who.QUESTION}


def question(path: str, body: bytes, proof: dict[str, str], *more: bytes) -> bytes:
    fields = [f"{name}: {value}".encode() for name, value in proof.items()]
    stated = (b"Content-Type: application/json", b"Content-Length: %d" % len(body))
    return head(*stated, *fields, *more, line=f"POST {path} HTTP/1.1".encode()) + body


async def test_both_doors_answer_questions_alike(ca: Any) -> None:
    """Good, bad and impossible questions, with every fault of their proof; a proof counts once at both."""
    key = pki().vendors["C01"].message_signer("builder")
    said = {"kind": "raw", "certificate": b64(key.certificate), "data": b64(b"x")}
    good = json.dumps(said | {"signature": b64(key.sign(b"x")), "at": "2026-07-01T00:00:00+08:00"}).encode()
    bad = json.dumps(said | {"signature": b64(key.sign(b"y")), "at": "2026-07-01T00:00:00+08:00"}).encode()
    verify, recognise, wrong = "/v1/ca/verify", "/v1/ca/recognise", {"X-Hutong-Sign": b64(b"no")}
    asked: list[tuple[str, bytes, bytes, dict[str, str], int]] = [
        (verify, good, good, {}, 200), (verify, bad, bad, {}, 200), (verify, b"{}", b"{}", {}, 422),
        (verify, b"[1,1]", b"[1,1]", {}, 422), (verify, b"\xff", b"\xff", {}, 422),
        (verify, b"", b"", {}, 422),
        (verify, b'{"items":[%b,{}]}' % good, b'{"items":[%b,{}]}' % good, {}, 200),
        (recognise, b'{"certificate":"AAAA"}', b'{"certificate":"AAAA"}', {}, 200),
        (verify, good, bad, {}, 401), (verify, good, good, wrong, 401), (recognise, good, good, {}, 422),
        (verify, good, good, {"X-Hutong-Key": "nobody"}, 401),
        (verify, good, good, {"X-Hutong-Alg": ""}, 401),
        (verify, good, good, {"X-Hutong-Time": "2020-01-01T00:00:00+08:00"}, 401),
    ]  # fmt: skip
    for path, sent, signed, other, status in asked:
        seen = []
        for more in ((), (UNUSUAL,)):
            line = await dialled(ca)
            proof = {**ca.proof("T01", "POST", path, signed), **other}
            for times in range(2):
                line.writer.write(question(path, sent, proof, *more))
                got, fields, told = await line.answer()
                fields.pop("date", None)
                fields.pop("server", None)
                if times and status != 401:
                    assert (got, told["code"]) == (401, "auth.nonce-reused")
                elif not times:
                    for one in told.get("findings", ()):
                        one.pop("observed")  # what is quoted may be of this very proof
                        one.pop("expected")
                    seen.append((got, fields.keys(), told))
            line.writer.close()
        assert seen[0][0] == status, (path, sent[:60], other, seen[0][2])
        assert seen[0] == seen[1], (path, sent[:60], other)


async def test_a_question_whose_body_comes_later_waits_only_for_known_keys(ca: Any) -> None:
    body = b'{"certificate":"AAAA"}'
    line = await dialled(ca)
    proof = ca.proof("T01", "POST", "/v1/ca/recognise", body)
    whole = question("/v1/ca/recognise", body, proof)
    line.writer.write(whole[:-5])
    await line.writer.drain()
    line.writer.write(whole[-5:] + whole)
    assert [(await line.answer())[0] for _ in range(2)] == [200, 401]
    line.writer.write(question("/v1/ca/recognise", body, {**proof, "X-Hutong-Key": "nobody"})[:-5])
    async with asyncio.timeout(20):  # the rest never comes, and is not waited for
        status, _, told = await line.answer()
    assert (status, told["code"]) == (401, "auth.key")
    line.writer.close()


async def test_a_message_drop_by_drop_then_two_at_once_then_another_path(world: Any, wire: Any) -> None:
    line = await wire()
    for byte in request(raw(world)):
        line.writer.write(bytes((byte,)))
    status, _, told = await line.answer()
    assert (status, told["code"]) == (202, "0000")
    line.writer.write(request(raw(world)) + request(raw(world)))
    assert [(await line.answer())[0] for _ in range(2)] == [202, 202]
    line.writer.write(b"GET /v1/status HTTP/1.1\r\nHost: h\r\n\r\n")
    status, _, told = await line.answer()
    assert status == 200
    assert told
    line.writer.write(request(raw(world)))  # this connection is aiohttp's now, and it serves all paths
    assert (await line.answer())[0] == 202


async def test_who_asks_to_close_is_closed(world: Any, wire: Any) -> None:
    line = await wire()
    line.writer.write(request(raw(world), b"Connection: close"))
    status, fields, _ = await line.answer()
    assert (status, fields["connection"]) == (202, "close")
    assert await line.reader.read() == b""


async def test_who_sends_a_head_drop_by_drop_loses_the_place(
    world: Any, wire: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(front, "HEAD_SECONDS", 0.2)
    silent, slow = await wire(), await wire()
    slow.writer.write(b"POST /v1/messages HTTP/1.1\r\nHost: h\r\n")
    async with asyncio.timeout(60):
        assert await silent.reader.read() == b""
        assert await slow.reader.read() == b""


async def test_a_body_that_does_not_come_is_answered(world: Any, wire: Any) -> None:
    line = await wire()
    ctx = world.running.ctx
    object.__setattr__(world.running._inside, "limits", lambda: Limits(4 * 2**20, 0.2))
    line.writer.write(request(b"x" * 100)[:-50])
    async with asyncio.timeout(60):
        status, fields, told = await line.answer()
    assert (status, told["code"], fields["connection"]) == (408, "body.timeout", "close")
    assert ctx.edge.refused["body.timeout"] == 1


async def test_a_body_too_large_is_refused_before_it_is_held(world: Any, wire: Any) -> None:
    line = await wire()
    line.writer.write(head(b"Content-Type: application/json", b"Content-Length: 99999999"))
    status, _, told = await line.answer()
    assert (status, told["code"]) == (413, "message.too-large")


async def test_what_was_begun_is_answered_when_the_hub_stops(world: Any, wire: Any) -> None:
    idle, busy = await wire(), await wire()
    busy.writer.write(request(raw(world)))
    await asyncio.sleep(0)
    stopping = asyncio.ensure_future(world.running.stop())
    status, _, _ = await busy.answer()
    assert status in {202, 503}
    await stopping
    assert await idle.reader.read() == b""
    assert await busy.reader.read() == b""
