"""The trading desk of one third-party system: starts tenders, keeps them, several at once."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from datetime import datetime, timedelta

import aiohttp

from hub.standard import Standard
from hub.standard.sample import Project
from simulators.trading.tender import Tender
from simulators.trading.voice import Voice, Wire

PAST = timedelta(days=70)
PATIENCE = 5.0


class TradingDesk:
    """Tenders of one system against one hub."""

    def __init__(
        self,
        ident: str,
        voice: Voice,
        hub: str,
        standard: Standard,
        clock: Callable[[], datetime],
        trust: ssl.SSLContext | bool = True,
    ) -> None:
        self._ident = ident
        self._voice = voice
        self._hub = hub.rstrip("/")
        self._standard = standard
        self._clock = clock
        self._trust = trust
        self._session: aiohttp.ClientSession | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.tenders: dict[str, Tender] = {}

    def plan(self, seed: int, region: str | None) -> Project:
        """The tender's facts: all of it lies in the past, with the gaps the law wants."""
        today = self._clock().replace(hour=9, minute=0, second=0, microsecond=0)
        project = Project(seed, today - PAST, region, standard=self._standard)
        over = project.times.contract - (today - timedelta(days=1))
        if over > timedelta(0):
            project = Project(
                seed, project.start - timedelta(days=over.days + 1), region, standard=self._standard
            )
        return project

    def start(self, project: Project, *, pace: float = 0.0, pause_before: str = "") -> Tender:
        """Begin; raises ValueError for a seed that has a tender already, or without a hub."""
        ident = f"{self._ident}-{project.seed}"
        if ident in self.tenders:
            raise ValueError(f"{ident} exists already")
        if not self._hub:
            raise ValueError("no hub: start with --hub")
        stamp = f"{project.seed}-{int(self._clock().timestamp()):x}"
        tender = Tender(ident, project, self._voice, self._post, self._clock, stamp, pace, pause_before)
        self.tenders[ident] = tender
        task = asyncio.get_running_loop().create_task(tender.run())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return tender

    async def _post(self, wire: Wire) -> tuple[int, bytes] | None:
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=PATIENCE))
        try:
            async with self._session.post(
                self._hub + wire.path, data=wire.body, headers=dict(wire.headers), ssl=self._trust
            ) as reply:
                return reply.status, await reply.read()
        except (aiohttp.ClientError, TimeoutError, OSError):
            return None

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()
