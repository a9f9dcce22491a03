"""One document and one answer over a raw socket, by each rule of where they end, and cut at every place."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from carrying import HOST, QUICK, place
from servers_kit import free_port
from tls_kit import Trusting, issue

from adapters.transports.tcp import Tcp
from hub.delivery.limits import Limits
from hub.delivery.secured import Contexts
from hub.delivery.transport import TransportError
from hub.ports import WireReply, WireRequest

ASKED = "<root><head><TransCode>3001</TransCode></head><body>嘉峪关</body></root>".encode("gb2312")
TOLD = b"<root><body><Result>1</Result></body></root>"
Bank = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@contextlib.asynccontextmanager
async def listening(bank: Bank, **more: Any) -> AsyncIterator[int]:
    async def met(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            await bank(reader, writer)
        writer.transport.abort() if writer.is_closing() else writer.close()

    server = await asyncio.start_server(met, HOST, 0, **more)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def carried(port: int, end: str = "", bounds: Limits = QUICK, **more: Any) -> WireReply:
    there = place(f"tcp://{more.pop('host', HOST)}:{port}", **more)
    return await Tcp().carry(there, WireRequest("TCP", "", {"end": end} if end else {}, ASKED), bounds)


async def failed(*asked: Any, **more: Any) -> tuple[str, bool]:
    with pytest.raises(TransportError) as caught:
        await carried(*asked, **more)
    return caught.value.code, caught.value.sent


async def test_a_bank_that_waits_for_our_half_to_close() -> None:
    got = []

    async def bank(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        got.append(await reader.read())
        writer.write(TOLD)

    async with listening(bank) as port:
        assert await carried(port) == WireReply(200, {}, TOLD)
        assert await failed(port, "eof", Limits(1.0)) == ("network.timeout", True), (
            "it waits for our half in vain"
        )
    assert got[0] == ASKED, "the bytes of the document and nothing else"


async def test_a_bank_that_takes_a_closed_half_for_a_hang_up() -> None:
    async def bank(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(len(ASKED))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(1):
                await reader.read(1)
                return
        writer.write(TOLD)

    async with listening(bank) as port:
        assert (await carried(port, "eof")).body == TOLD
        assert (await carried(port)).body == b""


async def test_a_bank_that_wants_our_half_closed_and_never_closes_its_own() -> None:
    async def bank(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.write(TOLD)
        await asyncio.sleep(3600)

    async with listening(bank) as port:
        assert (await carried(port, "half-close </root>")).body == TOLD


@pytest.mark.parametrize("sizes", [1, 7, 4096])
async def test_an_answer_ends_with_its_last_tag_in_any_case_and_any_pieces(sizes: int) -> None:
    told = TOLD.replace(b"</root>", b"</ROOT>")

    async def bank(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(len(ASKED))
        for start in range(0, len(told), sizes):
            writer.write(told[start : start + sizes])
            await writer.drain()
            await asyncio.sleep(0)
        writer.write(b"<root>another")
        await reader.read()

    async with listening(bank) as port:
        assert (await carried(port, "</root>")).body == told


async def test_what_is_cut_off_comes_as_far_as_it_came_and_a_reset_is_unknown() -> None:
    async def half(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(len(ASKED))
        writer.write(TOLD[:20])

    async def reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(len(ASKED))
        writer.write(TOLD[:20])
        await writer.drain()
        writer.transport.get_extra_info("socket").setsockopt(1, 13, b"\x01\0\0\0\0\0\0\0")  # linger 0: RST
        writer.transport.abort()

    async with listening(half) as port:
        assert (await carried(port, "</root>")).body == TOLD[:20]
    async with listening(reset) as port:
        assert await failed(port, "</root>") == ("network.reset", True)


async def test_limits_hold(caplog: pytest.LogCaptureFixture) -> None:
    async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            writer.write(b"x" * 65536)
            await writer.drain()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        await asyncio.sleep(3600)

    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.05)

    async with listening(flood) as port:
        assert await failed(port, bounds=Limits(60.0, 60.0, 100_000)) == ("receiver.answer-too-large", True)
    for bank in (silent, drip):
        async with listening(bank) as port:
            assert await failed(port, bounds=Limits(1.0)) == ("network.timeout", True)
    assert await failed(free_port()) == ("network.refused", False)
    assert "嘉峪关" not in caplog.text


async def test_a_rule_nobody_knows_is_refused_before_anything_is_sent() -> None:
    for end in ("length:4", "</a> </b>", "half-close length:4"):
        assert (await carried(free_port(), end)).status == 400


async def test_inside_tls_the_certificate_must_be_for_the_name_of_the_row(tmp_path: Any) -> None:
    ca, cert, key = issue(tmp_path, "bank.example")
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(cert, key)

    async def bank(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(len(ASKED))
        writer.write(TOLD)

    async with listening(bank, ssl=server) as port:
        for name, good in (("bank.example", True), ("other.example", False)):
            tls = Contexts().of(Trusting(ca), name)
            if good:
                assert (await carried(port, "</root>", host=name, tls=tls)).body == TOLD
            else:
                assert await failed(port, "</root>", host=name, tls=tls) == ("network.tls", False)
        mistrusting = Contexts().of(None, "bank.example")
        assert await failed(port, host="bank.example", tls=mistrusting) == ("network.tls", False)
