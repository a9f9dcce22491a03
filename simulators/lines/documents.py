"""A document line: TCP, one request document and one answer document for each connection (a bank)."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from typing import Any, cast

from simulators.listening import Address, Talking
from simulators.serving import Clock, serve
from simulators.system import System
from simulators.wire import Reply, Request

MAX_DOCUMENT = 2**20
PATIENCE = 30.0


class DocumentLine:
    """One port for one system, because a document does not say whom it is for."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()

    async def start(self, system: System, host: str) -> Address:
        async def met(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            self._open.add(writer)
            try:
                async with asyncio.timeout(PATIENCE):
                    await self._talk(system, reader, writer)
            except (TimeoutError, OSError):
                writer.transport.abort()
            finally:
                self._open.discard(writer)
                writer.close()

        self._server = await asyncio.start_server(met, host, 0)
        hub = f"{host}:{_free_port(host)}"
        system.desk.switches["hub_tcp"] = hub
        return Address(f"tcp://{host}:{self._server.sockets[0].getsockname()[1]}", row={"listen": hub})

    async def _talk(self, system: System, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        document, ended = await _document(reader, cast(Talking, system.side))
        if not document:
            return
        caller = writer.get_extra_info("peername")
        base = f"tcp://{caller[0]}:{caller[1]}" if caller else ""
        reply, act = await serve(system, Request("TCP", "/", base=base, body=document), self._clock)
        if act.cut or reply is None:
            if act.cut_after and reply is not None:
                writer.write(reply.body[: act.cut_after])
                await writer.drain()
            else:
                writer.transport.abort()
            return
        if reply.headers.get("after") == "eof" and not ended:
            await reader.read()
        await _write(writer, reply)

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            for writer in list(self._open):
                writer.transport.abort()
            await self._server.wait_closed()
            self._server = None

    def wake(self) -> None:
        """Nothing lies here: what is sent is sent by a sender."""

    async def snapshot(self) -> Any:
        return None

    async def restore(self, kept: Any) -> None:
        """Nothing lies here."""


def _free_port(host: str) -> int:
    """A port at which the hub may listen for this system: free now, and rarely anybody else's soon."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


async def _document(reader: asyncio.StreamReader, side: Talking) -> tuple[bytes, bool]:
    """The document, and whether the caller has closed its half. More than MAX_DOCUMENT is not waited for."""
    received = b""
    while len(received) < MAX_DOCUMENT:
        part = await reader.read(65536)
        received += part
        if not part:
            return received, True
        if side.whole(received):
            return received, False
    return received, False


async def _write(writer: asyncio.StreamWriter, reply: Reply) -> None:
    """Whole, or in pieces a moment apart so that they arrive apart."""
    size = int(reply.headers.get("pieces", "0")) or max(1, len(reply.body))
    for at in range(0, len(reply.body), size):
        if at:
            await asyncio.sleep(0.005)
        writer.write(reply.body[at : at + size])
        with contextlib.suppress(ConnectionError):
            await writer.drain()
