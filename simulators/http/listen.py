"""Opening a port for a dispatch table, with whichever HTTP is installed."""

from __future__ import annotations

import asyncio
import importlib.util
import ssl
from typing import TYPE_CHECKING, Protocol

from aiohttp import web

from simulators.http.dispatch import Dispatch

if TYPE_CHECKING:
    from simulators.http.protocol import HttpProtocol


class HttpPort(Protocol):
    """An open port."""

    port: int

    async def close(self) -> None: ...


class _Own:
    def __init__(self, server: asyncio.Server, connections: set[HttpProtocol]) -> None:
        self._server, self._connections = server, connections
        self.port: int = server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        self._server.close()
        for connection in list(self._connections):
            connection.close()
        await self._server.wait_closed()


class _Aiohttp:
    def __init__(self, runner: web.ServerRunner) -> None:
        self._runner = runner
        self.port = int(runner.addresses[0][1])

    async def close(self) -> None:
        await self._runner.cleanup()


def fast() -> bool:
    """Is httptools there?"""
    return importlib.util.find_spec("httptools") is not None


async def listen(
    dispatch: Dispatch, host: str, port: int = 0, tls: ssl.SSLContext | None = None, engine: str = ""
) -> HttpPort:
    """`engine` is `httptools` or `aiohttp`; by default the faster one that is installed."""
    if (engine or ("httptools" if fast() else "aiohttp")) == "httptools":
        from simulators.http.protocol import HttpProtocol

        scheme = "https" if tls else "http"
        open_ones: set[HttpProtocol] = set()

        def made() -> HttpProtocol:
            return HttpProtocol(dispatch, scheme, open_ones)

        loop = asyncio.get_running_loop()
        return _Own(await loop.create_server(made, host, port, ssl=tls, backlog=1024), open_ones)
    from simulators.http.shell import AiohttpShell

    runner = web.ServerRunner(web.Server(AiohttpShell(dispatch).handle, access_log=None))
    await runner.setup()
    await web.TCPSite(runner, host, port, ssl_context=tls).start()
    return _Aiohttp(runner)
