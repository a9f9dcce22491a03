"""Systems that call in over TCP: a port for each, by `listen` in `peers.toml`; one document a connection.

Whoever may not speak as that system is hung up on before it has said anything. What it says is judged as it
is at `/in/{systemId}` (`foreign.py`), and is bounded in connections, bytes and time. Which ports are
open follows the file of peers while the hub runs; a call under way ends as it began.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from dataclasses import dataclass, field

from hub.faults import place
from hub.peers import Listen
from hub.ports import Dialect, Framed, WireRequest
from hub.server.context import Context, Site
from hub.server.foreign import answer_bytes, judged, speaker
from hub.server.intake import check_density, too_large, too_late

log = logging.getLogger(__name__)
MOST_TALKS = 64  # at a time with one system
ANSWERING = 10.0
LOOK = 0.5
_PIECE = 65536


@dataclass(slots=True)
class Listeners:
    """`look` again and again; `close` when the hub stops."""

    site: Site
    _open: dict[str, tuple[Listen, asyncio.Server]] = field(default_factory=dict)
    _talks: dict[str, set[asyncio.Task[None]]] = field(default_factory=dict)
    _failed: dict[str, Listen] = field(default_factory=dict)

    def port(self, system: str) -> int | None:
        """Where a system is listened for, None where it is not."""
        held = self._open.get(system)
        return held[1].sockets[0].getsockname()[1] if held is not None and held[1].sockets else None

    async def watch(self) -> None:
        """Until cancelled: follow the list of peers."""
        while True:
            try:
                await self.look()
            except Exception as error:
                log.error("listening: %s", place(error))
            await asyncio.sleep(LOOK)

    async def look(self) -> None:
        """Close what is wanted no more, open what is new."""
        ctx = self.site.ctx
        wanted = {
            system: peer.listen
            for system in ctx.peers.systems()
            if (peer := ctx.peers.get(system)) is not None and peer.listen is not None
        }
        for system, (listen, server) in list(self._open.items()):
            if wanted.get(system) != listen:
                server.close()
                del self._open[system]
        for system, listen in wanted.items():
            if system not in self._open:
                await self._listen(system, listen)

    async def close(self, seconds: float) -> None:
        """Take no more calls; those under way have so many seconds."""
        for _, server in self._open.values():
            server.close()
        self._open.clear()
        talks = [task for tasks in self._talks.values() for task in tasks]
        if talks:
            _, late = await asyncio.wait(talks, timeout=seconds)
            for task in late:
                task.cancel()
            await asyncio.gather(*talks, return_exceptions=True)

    async def _listen(self, system: str, listen: Listen) -> None:
        async def met(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await self._met(system, reader, writer)

        try:
            server = await asyncio.start_server(met, listen.host, listen.port, backlog=MOST_TALKS)
        except OSError as error:
            if self._failed.get(system) != listen:  # once, not twice a second
                log.error("cannot listen for %s on %s:%d: %s", system, listen.host, listen.port, error.errno)
            self._failed[system] = listen
            return
        self._failed.pop(system, None)
        self._open[system] = (listen, server)
        log.info("listening for %s on %s:%s", system, listen.host, self.port(system))

    async def _met(self, system: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talks = self._talks.setdefault(system, set())
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - runs as one
        remote = (writer.get_extra_info("peername") or ("",))[0]
        try:
            peer = self.site.ctx.peers.get(system)
            if peer is not None and peer.admits(remote) and len(talks) < MOST_TALKS:
                talks.add(task)
                await self._talk(system, reader, writer)
        except OSError:
            pass  # broken off or too slow to listen; a line for it would tell when a bank called
        except Exception as error:
            log.error("call of %s: %s", system, place(error))
        finally:
            talks.discard(task)
            if not writer.is_closing():
                writer.transport.abort()

    async def _talk(self, system: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ctx = self.site.ctx
        found = speaker(ctx, system)
        if found is None or ctx.edge.draining:
            return
        dialect, call = found

        async def arriving() -> WireRequest:
            body = await _document(ctx, reader, dialect)
            check_density(body)
            return WireRequest("TCP", "", {}, body)

        answer, incoming = await judged(ctx, system, dialect, call, arriving())
        async with asyncio.timeout(ANSWERING):
            writer.write(answer_bytes(dialect, answer, incoming, call))
            await writer.drain()
            if writer.can_write_eof():
                writer.write_eof()
            # Bytes nobody read would make the system's end break the answer off.
            with suppress(TimeoutError):
                async with asyncio.timeout(1.0):
                    while await reader.read(_PIECE):
                        pass
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


async def _document(ctx: Context, reader: asyncio.StreamReader, dialect: Dialect) -> bytes:
    """All until the caller's half is closed, or until its dialect says that this is all."""
    framed = dialect if isinstance(dialect, Framed) else None
    read, limits = bytearray(), ctx.limits
    try:
        async with asyncio.timeout(limits.seconds):
            while piece := await reader.read(_PIECE):
                read += piece
                if len(read) > limits.size:
                    raise too_large(limits.size, f"> {limits.size} B")
                if framed is not None and framed.whole(read):
                    break
    except TimeoutError:
        raise too_late(limits.seconds, f"{len(read)} B") from None
    return bytes(read)
