"""Which part gets which: the one place where the hub's pieces are joined."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from hub import catalogue, standard
from hub.ca.answering import Answering
from hub.ca.desk import CaDesk
from hub.ca.workshop import Workshop
from hub.catalogue import priorities
from hub.catalogue.papers import Papers
from hub.chance import Portions
from hub.delivery.attempt import Caller
from hub.delivery.breakers import Breakers
from hub.delivery.chooser import Chooser
from hub.delivery.dispatcher import Dispatcher
from hub.delivery.lane import Lane
from hub.delivery.limits import Limits, limits
from hub.delivery.transport import HttpTransport, Peers, Transport
from hub.durable import settle_folder
from hub.evidence.notary import Notary, authority_of
from hub.evidence.ring import open_ring
from hub.evidence.sealer import CHAIN, Sealer
from hub.evidence.stamper import Stamper
from hub.failpoints import FailPoints
from hub.files.desk import Files
from hub.files.enclosed import Enclosures
from hub.files.opening import open_files
from hub.files.reading import readable
from hub.identifiers import make_hub_id
from hub.index.questions import SqliteIndex
from hub.index.tokens import open_tokens
from hub.journal.port import Reading
from hub.journal.sqlite import FILE, SqliteReading, SqliteStore
from hub.journal.vault import open_vault
from hub.journal.writer import Writer
from hub.live import Live
from hub.making import Making
from hub.membership import FILE as MEMBERS
from hub.membership import Memberships
from hub.pipeline.acceptance import Acceptance
from hub.pipeline.shares import Shares
from hub.polling.lane import PollLane
from hub.polling.runner import Polling
from hub.ports import Dialect, Plan, Polls
from hub.registry import Registry
from hub.services.caching import load as load_rules
from hub.services.callbacks import Callbacks
from hub.services.callbacks import load as load_callbacks
from hub.services.desk import Memory, checker
from hub.services.local import LocalFirst
from hub.services.tables import read_all
from hub.services.terms import load as load_terms
from hub.settings import Settings
from hub.tracing.spans import Tracer
from hub.transports import maker


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

    def registry(self) -> Registry:
        return self.members.current

    def refresh_registry(self) -> None:
        self.members.refresh()

    async def close(self) -> None:
        """Calls in flight end and are recorded, what is new is sealed, then everything shuts."""
        await self.polling.close()
        await self.dispatcher.close()
        await self.live.services.memory.flights.close()
        await self.files.close()
        await self.ca.close()
        await self.notary.seal()
        await self.notary.close()
        await self.writer.close()
        await self.transport.close()
        await asyncio.to_thread(self.tracer.close)
        self.reading.close()
        self.sealing.close()
        self.store.checkpoint()
        self.store.close()


class Members:
    """The registry in memory, looked at for every message and renewed with every event."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self.current = Registry(reading.index.members())

    def online(self, system: str) -> bool:
        return self.current.online(system)

    def refresh(self) -> None:
        self.current = Registry(self._reading.index.members())


def assemble(
    settings: Settings,
    *,
    clock: Callable[[], datetime],
    rng: Any,
    dialects: Mapping[str, Dialect],
    keyring: Any,
    peers: Peers,
    transport: Transport | None,
    tracer: Tracer | None = None,
) -> Parts:
    """Open the data directory and join the parts; must run on the loop they will live on."""
    settings.data.mkdir(parents=True, exist_ok=True)
    settle_folder(settings.data.parent)
    tables, systems = standard.load(), catalogue.installed(settings.data)
    tokens = open_tokens(settings.data / "index.key", rng.randbytes)
    ring = open_ring(settings.data, realm=settings.realm)
    authority = authority_of(settings, clock, rng.randbytes)
    tracer = tracer or Tracer(rng.randbytes)
    failpoints = FailPoints(settings.failpoints, realm=settings.realm)
    store = _open_store(settings, rng, failpoints)
    reading, sealing = store.reader(), store.reader()
    members = Members(reading)
    memberships = Memberships(settings.data / MEMBERS)
    shares = Shares(memberships.allowance, reading.index.usage)
    strict = settings.realm == "production"
    carrier = transport or Chooser(
        peers, HttpTransport(peers, per_host=settings.delivery_parallel, strict=strict), maker, strict
    )
    callers = Callers(systems, dialects, carrier, peers, clock, rng, failpoints, settings.delivery_timeout)
    writer = Writer(
        store,
        limit=settings.queue_limit,
        failpoints=failpoints,
        woken=lambda who: dispatcher.wake(who),  # noqa: PLW0108 - made below
    )

    def lane(receiver: str) -> Lane | None:
        speaker = callers.of(receiver)
        if speaker is None:
            return None
        now = parts.settings
        fuse = breakers.of(receiver)
        return Lane(
            receiver, speaker, fuse.breaker, writer, reading, clock, rng, now.retry_schedule, tables,
            shown=fuse.shown, parallel=now.delivery_parallel,
        )  # fmt: skip

    dispatcher = Dispatcher(lane, reading, tracer)
    breakers = Breakers(settings.breaker_failures, settings.breaker_pause, lambda: clock().timestamp())

    def plan_of(system: str) -> Plan | None:
        peer = peers.get(system)
        return peer.poll if peer is not None else None

    def poll_lane(system: str) -> PollLane | None:
        row, peer = parts.live.systems.by_id[system], peers.get(system)
        dialect = dialects.get(row.dialect)
        if peer is None or peer.poll is None or not isinstance(dialect, Polls):
            return None
        speaker = callers.of(system)
        bounds = speaker.limits if speaker is not None else Limits(peer.poll.patience)
        poller = dialect.poller(
            system, row.variant, peer.credentials, peer.poll.source,
            lambda request: carrier.send(system, request, bounds),
        )  # fmt: skip
        return PollLane(
            system, poller, lambda: plan_of(system), members.online, breakers.of(system), writer, reading,
            lambda: parts.live, clock, rng, failpoints, callers.enclosing,
        )  # fmt: skip

    asked = read_all()
    terms, rules, memory = load_terms(tables, asked), load_rules(tables, asked), Memory()
    chain = LocalFirst(
        callers.of, breakers.of, checker(tables), time.monotonic, lambda: int(clock().timestamp() * 1e6), rng,
        settings.delivery_parallel,
    )  # fmt: skip
    portions = Portions(rng.randbytes)
    new_id = lambda: make_hub_id(clock, portions)  # noqa: E731

    make = Making(
        tables, tokens, ring, clock, keyring, reading, writer, members.online, shares, new_id,
        priorities.judge(priorities.load()), terms, rules, chain, memory,
        Callbacks(tables, tokens, terms, load_callbacks(tables, asked)),
    )  # fmt: skip
    live = make(1, settings, systems)
    files = open_files(
        settings,
        reading.index,
        writer,
        clock=clock,
        fresh=rng.randbytes,
        new_id=new_id,
        failpoints=failpoints,
    )
    callers.enclosing = Enclosures(
        files, lambda who, name: readable(reading.index, parts.acceptance.standard, parts.kind_of, who, name)
    )
    parts = Parts(
        live=live,
        make=make,
        clock=clock,
        store=store,
        reading=reading,
        sealing=sealing,
        writer=writer,
        callers=callers,
        breakers=breakers,
        dispatcher=dispatcher,
        polling=Polling(lambda: parts.live.systems.by_id, plan_of, poll_lane),
        transport=carrier,
        notary=Notary(
            settings.data,
            ring,
            Sealer(ring, clock, rng.randrange, chained=CHAIN in live.kind_of),
            Stamper(authority, clock, time.monotonic, rng, failpoints, settings.tsa_digest)
            if authority is not None
            else None,
            settings.stamps_from,
            writer,
            reading,
            sealing,
            clock,
        ),
        new_id=new_id,
        tracer=tracer,
        members=members,
        memberships=memberships,
        shares=shares,
        files=files,
        enclosures=callers.enclosing,
        ca=CaDesk(
            lambda: parts.settings,
            clock,
            Workshop(settings.ca_threads, settings.ca_places),
            authority,
            callers.enclosing,
        ),
    )
    chain.own = Answering(parts.ca, parts.enclosures, clock)
    return parts


def _renewed(lane: Lane, callers: Callers, now: Settings) -> None:
    """A lane goes on under other terms; what is in flight ends under those it began with."""
    lane.caller = callers.of(lane.receiver) or lane.caller
    lane.schedule = now.retry_schedule


@dataclass(slots=True)
class Callers:
    """One speaker for each system, made when first needed; they keep sessions, so there is only one."""

    systems: catalogue.Catalogue
    dialects: Mapping[str, Dialect]
    carrier: Transport
    peers: Peers
    clock: Callable[[], datetime]
    rng: Any
    failpoints: FailPoints
    ceiling: float
    enclosing: Enclosures | None = None
    _made: dict[str, Caller] = field(default_factory=dict)

    def of(self, system: str) -> Caller | None:
        """None for a system that is not listed or whose dialect nobody speaks."""
        if system not in self._made:
            row = self.systems.by_id.get(system)
            dialect = self.dialects.get(row.dialect) if row else None
            if row is None or dialect is None:
                return None
            self._made[system] = Caller(
                row, dialect, self.carrier, self.peers, self.clock, lambda: self.rng.randbytes(16).hex(),
                self.failpoints, limits=limits(_stated(self.systems, row.dialect), self.ceiling),
                enclosing=self.enclosing,
            )  # fmt: skip
        return self._made[system]

    def renew(self, systems: catalogue.Catalogue, ceiling: float) -> None:
        """Those for whom nothing changed keep their sessions, the others are made anew when needed."""
        same = ceiling == self.ceiling
        self._made = {
            name: made
            for name, made in self._made.items()
            if same and systems.by_id.get(name) == self.systems.by_id.get(name)
        }
        self.systems, self.ceiling = systems, ceiling


def _open_store(settings: Settings, rng: Any, failpoints: FailPoints) -> SqliteStore:
    journal = settings.data / FILE
    portions = Portions(rng.randbytes)
    vault = open_vault(settings.data / "journal.key", portions, new=not journal.exists())
    return SqliteStore(journal, salt=portions, vault=vault, failpoints=failpoints)


def _stated(systems: catalogue.Catalogue, dialect: str) -> Mapping[str, Any]:
    """The limits in a dialect's papers; none where no papers are issued."""
    if dialect not in systems.with_papers():
        return {}
    stated: Mapping[str, Any] = Papers.load(dialect).facts.get("limits", {})
    return stated
