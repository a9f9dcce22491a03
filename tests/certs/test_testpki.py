"""The sandbox PKI really carries mutual TLS, and a stranger's certificate does not get in."""

import asyncio
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from certs.testpki import Pki, make


def server_context(pki: Pki) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(pki.ca))
    context.load_cert_chain(pki.certificate("server"), pki.key("server"))
    context.verify_mode = ssl.CERT_REQUIRED
    return context


def client_context(trusting: Pki, showing: Pki | None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(trusting.ca))
    if showing:
        context.load_cert_chain(showing.certificate("client"), showing.key("client"))
    return context


async def greet(server: ssl.SSLContext, client: ssl.SSLContext) -> bytes:
    async def hello(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.readexactly(2))
        await writer.drain()
        writer.close()

    listening = await asyncio.start_server(hello, "127.0.0.1", 0, ssl=server)
    async with listening:
        port = listening.sockets[0].getsockname()[1]
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=client)
        writer.write(b"hi")
        await writer.drain()
        answer = await asyncio.wait_for(reader.read(2), 60)
        writer.close()
        return answer


@pytest.mark.parametrize("algorithm", ["ec", "rsa"])
async def test_both_sides_believe_each_other(tmp_path: Path, algorithm: str) -> None:
    pki = make(tmp_path, now=datetime.now(UTC), algorithm=algorithm)
    assert await greet(server_context(pki), client_context(pki, pki)) == b"hi"


async def test_a_client_of_another_root_or_without_certificate_is_turned_away(tmp_path: Path) -> None:
    ours = make(tmp_path / "ours", now=datetime.now(UTC))
    theirs = make(tmp_path / "theirs", now=datetime.now(UTC))
    for showing in (theirs, None):
        try:
            answer = await greet(server_context(ours), client_context(ours, showing))
        except (ssl.SSLError, ConnectionError):
            answer = b""
        assert answer == b""


async def test_an_expired_server_is_not_believed(tmp_path: Path) -> None:
    old = make(tmp_path, now=datetime.now(UTC) - timedelta(days=90))
    with pytest.raises(ssl.SSLError, match="expired"):
        await greet(server_context(old), client_context(old, old))


def test_keys_are_readable_by_the_owner_only(tmp_path: Path) -> None:
    pki = make(tmp_path, now=datetime.now(UTC))
    assert pki.key("client").stat().st_mode & 0o077 == 0
