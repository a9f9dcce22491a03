"""Which part gets which: the one place where the hub's pieces are joined."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar

from hub.auth.asked import Asking, Speakers
from hub.auth.desk import AuthDesk
from hub.bids.making import make_bids, receipts
from hub.ca.answering import Answering
from hub.ca.desk import CaDesk
from hub.ca.envelopes import Envelopes
from hub.ca.gateways import Gateways
from hub.ca.platform import Keeper
from hub.ca.signers import Signers
from hub.ca.workshop import Workshop
from hub.catalogue import priorities
from hub.delivery.breakers import Breakers
from hub.delivery.dispatcher import Dispatcher
from hub.delivery.transport import Peers, Transport
from hub.evidence.authority import Authority
from hub.evidence.notary import Notary, authority_of
from hub.evidence.sealer import CHAIN, Sealer
from hub.evidence.stamper import Stamper
from hub.files.desk import Files
from hub.files.enclosed import Enclosures
from hub.files.name import Name
from hub.files.opening import open_files
from hub.files.reading import readable
from hub.ground import Ground, lay
from hub.index.port import FileRow
from hub.journal.writer import Writer
from hub.live import Live
from hub.making import Making
from hub.membership import FILE as MEMBERS
from hub.membership import Memberships
from hub.parts import Parts
from hub.pipeline.shares import Shares
from hub.polling.runner import Polling
from hub.ports import Dialect, Gateway
from hub.services.caching import load as load_rules
from hub.services.callbacks import Callbacks
from hub.services.callbacks import load as load_callbacks
from hub.services.chain import Chain
from hub.services.desk import checker
from hub.services.local import LocalFirst, Several
from hub.services.mediate import Asker
from hub.services.sources import Memory
from hub.services.tables import read_all
from hub.services.terms import load as load_terms
from hub.settings import Settings
from hub.sof.desk import SofDesk
from hub.tracing.spans import Tracer
from hub.wires import Wires, wires

C = TypeVar("C", bound=Chain)


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
    gateways: Mapping[str, Gateway] | None = None,
) -> Parts:
    """Open the data directory and join the parts; must run on the loop they will live on.

    Some need each other, so what is made later is reached through a function: `dispatcher`, `parts`.
    """
    ground = lay(settings, clock, rng)
    authority = authority_of(settings, clock, rng.randbytes)
    tracer = tracer or Tracer(rng.randbytes)
    memberships = Memberships(settings.data / MEMBERS)
    shares = Shares(memberships.allowance, ground.reading.index.usage)
    writer = Writer(
        ground.store,
        limit=settings.queue_limit,
        failpoints=ground.failpoints,
        woken=lambda who: dispatcher.wake(who),  # noqa: PLW0108 - made below
    )
    lines = wires(ground, dialects, peers, transport, writer, lambda: parts.live)
    dispatcher = Dispatcher(lines.lane, ground.reading, tracer)
    chain = _chain(LocalFirst, lines.callers.of, ground, lines)
    files, enclosures = _shelves(ground, writer, lambda: parts)
    lines.callers.enclosing = enclosures
    workshop = Workshop(settings.ca_threads, settings.ca_places)
    desk = CaDesk(lambda: parts.settings, clock, workshop, authority, enclosures)
    desk.gateways = _gateways(ground, lines, gateways or {}, desk)
    signers = Signers(keyring, desk)
    keeper = Keeper(lambda: parts.settings, clock)
    bids = make_bids(ground, lambda: parts.settings, desk, keeper, authority, writer, files)
    sof = SofDesk(lambda: parts.settings, clock, rng.randbytes, desk, keeper)
    make = _making(ground, signers, writer, shares, chain)
    live = make(1, settings, ground.systems)
    parts = Parts(
        live=live,
        make=make,
        clock=clock,
        store=ground.store,
        reading=ground.reading,
        sealing=ground.sealing,
        writer=writer,
        callers=lines.callers,
        breakers=lines.breakers,
        dispatcher=dispatcher,
        polling=Polling(lambda: parts.live.systems.by_id, lines.plan_of, lines.poll_lane),
        auth=_auth(ground, lines, lambda: parts),
        transport=lines.carrier,
        notary=_notary(ground, writer, authority, live),
        new_id=ground.new_id,
        tracer=tracer,
        members=ground.members,
        memberships=memberships,
        shares=shares,
        files=files,
        enclosures=enclosures,
        ca=desk,
        sof=sof,
        signers=signers,
        envelopes=Envelopes(desk, keeper, clock, enclosures, sof),
        bids=bids,
    )
    chain.own = Several((Answering(parts.ca, enclosures, clock), receipts(ground, bids)))
    return parts


def _shelves(ground: Ground, writer: Writer, parts: Callable[[], Parts]) -> tuple[Files, Enclosures]:
    """Files by themselves, and files inside messages, which a receiver has if it may read them."""
    index, rng = ground.reading.index, ground.rng
    files = open_files(
        ground.settings, index, writer, clock=ground.clock, fresh=rng.randbytes, new_id=ground.new_id,
        failpoints=ground.failpoints,
    )  # fmt: skip

    def read(who: str, name: Name) -> FileRow | None:
        return readable(index, parts().acceptance.standard, parts().kind_of, who, name)

    return files, Enclosures(files, read)


def _chain(kind: type[C], asker: Callable[[str], Asker | None], ground: Ground, lines: Wires) -> C:
    """How providers are asked, whoever speaks with them."""
    return kind(
        asker, lines.breakers.of, checker(ground.tables), time.monotonic,
        lambda: int(ground.clock().timestamp() * 1e6), ground.rng, ground.settings.delivery_parallel,
    )  # fmt: skip


def _gateways(ground: Ground, lines: Wires, spoken: Mapping[str, Gateway], desk: CaDesk) -> Gateways | None:
    """Who asks the gateways of CAs; None where no adapter for any is installed."""
    if not spoken:
        return None
    settings, clock, rng = ground.settings, ground.clock, ground.rng
    fuses = Breakers(settings.breaker_failures, settings.breaker_pause, lambda: clock().timestamp())
    return Gateways(
        spoken, lines.peers, lines.carrier, fuses, clock, lambda: rng.randbytes(16).hex(), time.monotonic,
        desk.work,
    )  # fmt: skip


def _making(ground: Ground, keyring: Signers, writer: Writer, shares: Shares, chain: Chain) -> Making:
    """What every `Live` is made with, the tables of the mediated services among it."""
    tables, tokens, asked = ground.tables, ground.tokens, read_all()
    terms = load_terms(tables, asked)
    return Making(
        tables, tokens, ground.ring, ground.clock, keyring, ground.reading, writer, ground.members.online,
        shares, ground.new_id, priorities.judge(priorities.load()), terms, load_rules(tables, asked), chain,
        Memory(), Callbacks(tables, tokens, terms, load_callbacks(tables, asked)),
    )  # fmt: skip


def _auth(ground: Ground, lines: Wires, parts: Callable[[], Parts]) -> AuthDesk:
    """Logins: whom they ask is asked without a shelf for files, and without being counted."""
    clock, rng, ring = ground.clock, ground.rng, ground.ring
    chain = _chain(Chain, Speakers(lines.callers.of), ground, lines)
    return AuthDesk(
        ground.settings.realm, clock, time.monotonic, rng.randbytes, lambda: parts().ca,
        Asking(chain, lambda: parts().live.services.terms, time.monotonic), ring.sign, ground.members.online,
    )  # fmt: skip


def _notary(ground: Ground, writer: Writer, authority: Authority | None, live: Live) -> Notary:
    """Who seals and stamps; stamps only where there is an authority to ask."""
    now, clock = ground.settings, ground.clock
    stamper = None
    if authority is not None:
        stamper = Stamper(authority, clock, time.monotonic, ground.rng, ground.failpoints, now.tsa_digest)
    return Notary(
        now.data,
        ground.ring,
        Sealer(ground.ring, clock, ground.rng.randrange, chained=CHAIN in live.kind_of),
        stamper,
        now.stamps_from,
        writer,
        ground.reading,
        ground.sealing,
        clock,
    )
