"""What a hub consists of, and in which order it shuts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from hub import catalogue
from hub.auth.desk import AuthDesk
from hub.bids.desk import BidDesk
from hub.ca.desk import CaDesk
from hub.ca.envelopes import Envelopes
from hub.ca.signers import Signers
from hub.delivery.breakers import Breakers
from hub.delivery.callers import Callers
from hub.delivery.dispatcher import Dispatcher
from hub.delivery.lane import Lane
from hub.delivery.transport import Transport
from hub.evidence.notary import Notary
from hub.files.desk import Files
from hub.files.enclosed import Enclosures
from hub.ground import Members
from hub.index.questions import SqliteIndex
from hub.journal.sqlite import SqliteReading, SqliteStore
from hub.journal.writer import Writer
from hub.live import Live
from hub.membership import Memberships
from hub.pipeline.acceptance import Acceptance
from hub.pipeline.facts import micros
from hub.pipeline.shares import Shares
from hub.polling.runner import Polling
from hub.registry import Registry
from hub.settings import Settings
from hub.sof.desk import SofDesk
from hub.tracing.spans import Tracer


@dataclass(slots=True)
class Parts:
    """Everything a hub consists of. `reading` belongs to the loop, `sealing` to the sealer."""

    live: Live
    make: Callable[[int, Settings, catalogue.Catalogue], Live]
    clock: Callable[[], datetime]
    store: SqliteStore
    reading: SqliteReading
    sealing: SqliteReading
    writer: Writer
    callers: Callers
    breakers: Breakers
    dispatcher: Dispatcher
    polling: Polling
    auth: AuthDesk
    transport: Transport
    notary: Notary
    new_id: Callable[[], str]
    tracer: Tracer
    members: Members
    memberships: Memberships
    shares: Shares
    files: Files
    enclosures: Enclosures
    ca: CaDesk
    sof: SofDesk
    signers: Signers
    envelopes: Envelopes
    bids: BidDesk

    @property
    def settings(self) -> Settings:
        return self.live.settings

    @property
    def acceptance(self) -> Acceptance:
        return self.live.acceptance

    @property
    def kind_of(self) -> Mapping[str, str]:
        return self.live.kind_of

    def renew(self, settings: Settings, systems: catalogue.Catalogue) -> Live:
        """Go on with these; on the loop and without a pause, so that nobody sees half of it."""
        self.live = self.make(self.live.number + 1, settings, systems)
        self.callers.renew(systems, settings.delivery_timeout)
        self.writer.limit = settings.queue_limit
        self.breakers.renew(settings.breaker_failures, settings.breaker_pause)
        self.dispatcher.renew(lambda lane: _renewed(lane, self.callers, settings))
        return self.live

    @property
    def index(self) -> SqliteIndex:
        return self.reading.index

    def now(self) -> int:
        """Microseconds, as entries and rows have them."""
        return micros(self.clock())

    def registry(self) -> Registry:
        return self.members.current

    def refresh_registry(self) -> None:
        self.members.refresh()

    async def close(self) -> None:
        """Calls in flight end and are recorded, what is new is sealed, then everything shuts."""
        await self.polling.close()
        await self.dispatcher.close()
        await self.live.services.sources.memory.flights.close()
        await self.bids.close()
        await self.files.close()
        await self.ca.close()
        await asyncio.to_thread(self.sof.close)
        await self.notary.seal()
        await self.notary.close()
        await self.writer.close()
        await self.transport.close()
        await asyncio.to_thread(self.tracer.close)
        self.reading.close()
        self.sealing.close()
        self.store.checkpoint()
        self.store.close()


def _renewed(lane: Lane, callers: Callers, now: Settings) -> None:
    """A lane goes on under other terms; what is in flight ends under those it began with."""
    lane.caller = callers.of(lane.receiver) or lane.caller
    lane.schedule = now.retry_schedule
