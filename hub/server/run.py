"""Starts and stops one hub with its server; the only place that reads the real clock and randomness."""

from __future__ import annotations

import asyncio
import contextlib
import random
import secrets
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from aiohttp import web

from hub.clock import Clock
from hub.dialects import Found, find
from hub.engine import Hub
from hub.errors import SettingsError
from hub.keyring import Keyring, demo_keys
from hub.peers import Peers
from hub.reload.reloader import Reloader
from hub.server.app import build, inside
from hub.server.context import Context, Site, make_callers
from hub.server.front import Door, Inside
from hub.server.limiter import Limiter
from hub.server.listening import Listeners
from hub.server.sessions import Sessions
from hub.server.tls import CLOSE_SECONDS, HANDSHAKE_SECONDS, listener
from hub.server.wire_log import wire_log
from hub.server.withdrawn import Withdrawn
from hub.settings import Settings
from hub.tracing.otel import open_exporter
from hub.tracing.spans import Tracer

# How long a refused body is still taken off the wire, so that its sender can read the refusal.
_LINGER = 3.0


@dataclass(slots=True)
class Running:
    """A hub that answers at `url`. `stop` takes no more, lets work end, then closes."""

    url: str
    site: Site
    reloader: Reloader
    listeners: Listeners
    _watch: asyncio.Task[None]
    _follow: asyncio.Task[None]
    _runner: web.AppRunner
    _listening: asyncio.Server
    _inside: Inside

    @property
    def ctx(self) -> Context:
        return self.site.ctx

    async def stop(self) -> None:
        self._watch.cancel()
        self.ctx.edge.draining = True
        self._listening.close()
        self._follow.cancel()
        await self.listeners.close(self.ctx.settings.drain_seconds)
        await self._inside.close(self.ctx.settings.drain_seconds)
        await self._runner.cleanup()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self.ctx.settings.drain_seconds):
                await self.ctx.hub.drain()


async def start(
    settings: Settings,
    *,
    clock: Callable[[], datetime] | None = None,
    found: Found | None = None,
    again: Callable[[], Settings] | None = None,
) -> Running:
    """Open the hub, bind, answer. Raises SettingsError for what must be mended before a start.

    `again` reads the settings anew for a reload; without it they stay.
    """
    if settings.realm == "production" and (strangers := demo_keys(settings.keys_dir)):
        raise SettingsError(f"production 域拒绝演示密钥 / demo keys refused: {', '.join(strangers)}")
    # Work in threads gives the loop its turn after one millisecond, not after five: there are threads that
    # judge certificates all day, and a loop that waits for each of them is late for everybody.
    sys.setswitchinterval(0.001)
    tls = listener(
        settings.tls_cert, settings.tls_key, settings.tls_client_ca, settings.tls_client,
        settings.tls_client_crl,
    )  # fmt: skip
    ctx = await _context(settings, clock or Clock(), found or find())
    site = Site(ctx)
    runner = web.AppRunner(
        build(site),
        access_log=None,
        logger=wire_log(),
        auto_decompress=False,
        keepalive_timeout=75.0,
        lingering_time=_LINGER,
        shutdown_timeout=settings.drain_seconds,
        handler_cancellation=False,
    )
    await runner.setup()
    assert runner.server is not None  # noqa: S101 - set up above
    house = inside(site, runner.server)
    try:
        listening = await asyncio.get_running_loop().create_server(
            lambda: Door(house),
            settings.host,
            settings.port,
            backlog=1024,
            ssl=tls.context if tls else None,
            ssl_handshake_timeout=HANDSHAKE_SECONDS if tls else None,
            ssl_shutdown_timeout=CLOSE_SECONDS if tls else None,
        )
    except OSError as error:
        await runner.cleanup()
        await ctx.hub.drain()
        raise SettingsError(f"{settings.host}:{settings.port} {error.strerror}") from error
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    port = listening.sockets[0].getsockname()[1]
    reloader = _reloader(site, again or (lambda: settings))
    await reloader.begin()
    site.ctx = replace(site.ctx, reloader=reloader)
    watch = asyncio.get_running_loop().create_task(reloader.watch(), name="reload-watch")
    listeners = Listeners(site)
    await listeners.look()
    follow = asyncio.get_running_loop().create_task(listeners.watch(), name="listen-watch")
    return Running(
        f"{'https' if tls else 'http'}://{host}:{port}", site, reloader, listeners, watch, follow, runner,
        listening, house,
    )  # fmt: skip


def _reloader(site: Site, again: Callable[[], Settings]) -> Reloader:
    def taken() -> None:
        """The shell goes on with what the hub has taken up."""
        ctx, live = site.ctx, site.ctx.hub.live
        site.ctx = replace(ctx, settings=live.settings, systems=live.systems.by_id)
        ctx.limiter.renew(live.settings.member_rate)

    ctx = site.ctx
    return Reloader(ctx.hub, ctx.peers, ctx.keyring, again, ctx.clock, taken)


async def _context(settings: Settings, clock: Callable[[], datetime], found: Found) -> Context:
    keyring = Keyring(settings.keys_dir, realm=settings.realm)
    peers = Peers(settings.peers_file, realm=settings.realm)
    chance = random.SystemRandom()
    hub = await Hub.open(
        settings,
        clock=clock,
        rng=chance,
        dialects=found.loaded,
        gateways=found.gateways,
        keyring=keyring,
        peers=peers,
        tracer=Tracer(chance.randbytes, open_exporter(settings.trace_endpoint)),
    )
    return Context(
        hub=hub,
        settings=settings,
        keyring=keyring,
        peers=peers,
        dialects=found,
        systems=hub.live.systems.by_id,
        clock=clock,
        ticks=time.monotonic,
        token=lambda: secrets.token_urlsafe(24),
        callers=make_callers(clock, settings, hub),
        limiter=Limiter(settings.member_rate),
        sessions=Sessions(lambda: secrets.token_urlsafe(32), time.monotonic),
        withdrawn=_withdrawn(settings),
    )


def _withdrawn(settings: Settings) -> Withdrawn | None:
    lists, authorities = settings.tls_client_crl, settings.tls_client_ca
    return Withdrawn(lists, authorities) if lists is not None and authorities is not None else None


def ready_line(url: str) -> Mapping[str, Any]:
    return {"ready": True, "url": url}
