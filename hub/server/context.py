"""Everything a handler may use, given once at start: the hub, the tables, the clocks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from aiohttp import web

from hub.catalogue import System
from hub.dialects import Found
from hub.engine import Hub
from hub.keyring import Keyring
from hub.peers import Peers
from hub.reload.reloader import Reloader
from hub.server.callers import Callers
from hub.server.intake import Limits
from hub.server.limiter import Limiter
from hub.server.sessions import Sessions
from hub.server.tls import Marks
from hub.server.visitors import Visitors
from hub.server.withdrawn import Withdrawn
from hub.settings import Settings

PAGE_RATE = 20.0  # questions a second from the pages of one address, which prove nothing about themselves
_SHELL = frozenset({"hub", "message", "batch", "body", "file", "upstream", "service"})


@dataclass(slots=True)
class Edge:
    """What the shell itself counts: refusals that no message can hide behind (5xx and transport)."""

    refused: dict[str, int] = field(default_factory=dict)
    draining: bool = False

    def note(self, status: int, code: str) -> None:
        """Anybody may read the counts, so none is of a room where nobody may learn that somebody was: bids,
        certificates, logins."""
        if code.partition(".")[0] in _SHELL and (status >= 500 or status in {408, 413, 415}):
            self.refused[code] = self.refused.get(code, 0) + 1


@dataclass(frozen=True, slots=True)
class Context:
    """`clock` is the wall clock (aware), `ticks` a monotonic one in seconds."""

    hub: Hub
    settings: Settings
    keyring: Keyring
    peers: Peers
    dialects: Found
    systems: Mapping[str, System]
    clock: Callable[[], datetime]
    ticks: Callable[[], float]
    token: Callable[[], str]
    callers: Callers
    limiter: Limiter
    sessions: Sessions
    pages: Limiter = field(default_factory=lambda: Limiter(PAGE_RATE))
    reloader: Reloader | None = None
    withdrawn: Withdrawn | None = None
    edge: Edge = field(default_factory=Edge)
    desk: asyncio.Lock = field(default_factory=asyncio.Lock)
    clinic: asyncio.Lock = field(default_factory=asyncio.Lock)
    visitors: Visitors = field(default_factory=Visitors)

    def bearer(self, shown: Marks | None) -> frozenset[str] | None:
        """The members a shown certificate stands for; None where none was shown."""
        if shown is None:
            return None
        if self.withdrawn is not None and self.withdrawn.holds(shown):
            return frozenset()
        return self.hub.memberships.owners(shown)

    @property
    def limits(self) -> Limits:
        return Limits(self.settings.max_body, self.settings.body_timeout)

    @property
    def batch_limits(self) -> Limits:
        return Limits(self.settings.max_batch_body, self.settings.body_timeout)


@dataclass(slots=True)
class Site:
    """The context that holds now: read once for each request, replaced whole when something is read again."""

    ctx: Context


def make_callers(clock: Callable[[], datetime], settings: Settings, hub: Hub) -> Callers:
    return Callers(hub.signers.key, clock, timedelta(seconds=settings.window_seconds), hub.use_nonce)


SITE: web.AppKey[Site] = web.AppKey("site", Site)
