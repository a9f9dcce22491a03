"""The hub: opens its store, joins the parts, and answers for them. Everything of substance is elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from hub.assembly import assemble
from hub.auth.desk import AuthDesk
from hub.bids.desk import BidDesk
from hub.ca.desk import CaDesk
from hub.ca.envelopes import Envelopes
from hub.ca.signers import Signers
from hub.ca.syncing import SYNC
from hub.catalogue import Catalogue
from hub.delivery.transport import Peers, Transport
from hub.errors import HubError, SenderError
from hub.examined import examined
from hub.files.desk import Files
from hub.files.enclosed import room
from hub.files.name import Name
from hub.files.reading import readable
from hub.gates import act_of
from hub.index.port import FileRow, MessageRow
from hub.index.tokens import hexed
from hub.index.views import CENTRE, allowed, may_see, outbox, trace
from hub.journal.entry import Kind
from hub.journal.port import Tx
from hub.live import Live
from hub.membership import Memberships
from hub.message import Key
from hub.operations import Filter, counts, faulty, matching, overview
from hub.parts import Parts
from hub.pipeline import Exchange
from hub.pipeline.facts import micros
from hub.pipeline.nonces import spend, used
from hub.ports import CALLBACK, Answer, Dialect, Gateway, Incoming
from hub.privacy.erasing import PrivacyDesk
from hub.privacy.subjects import Asked
from hub.proving import Proving
from hub.registry import Registry, inheritance
from hub.settings import Settings
from hub.sof.desk import SofDesk
from hub.timers import Timers
from hub.tracing.spans import Tracer, span, tell

WAITING = 1000  # deliveries that wait are counted this far
DRAINING = Answer(503, "hub.draining", "正在停机,不再接收", retry_after=10)


@dataclass(frozen=True, slots=True)
class Reader:
    """Who looks: a system id, `centre` or `public`."""

    principal: str


class Keys(Protocol):
    def key(self, key_id: str) -> Key | None: ...
    def of(self, owner: str) -> Key | None: ...


class Chance(Protocol):
    """`random.SystemRandom`, or a seeded one in tests."""

    def random(self) -> float: ...
    def randrange(self, stop: int, /) -> int: ...
    def randbytes(self, n: int, /) -> bytes: ...


def _tell(row: MessageRow | None) -> None:
    """Spans are of messages anybody may know of, and of nothing else."""
    if row is not None and not row.hidden:
        tell({"hutong.hub_id": row.hub_id, "hutong.stage": row.stage, "hutong.sender": row.sender})


class Hub:
    """One province's hub in one data directory. Made by `open`; every coroutine belongs to that loop."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._draining = False
        self.timers = Timers(parts)

    @classmethod
    async def open(
        cls,
        settings: Settings,
        *,
        clock: Callable[[], datetime],
        rng: Chance,
        dialects: Mapping[str, Dialect],
        keyring: Keys,
        peers: Peers,
        transport: Transport | None = None,
        tracer: Tracer | None = None,
        gateways: Mapping[str, Gateway] | None = None,
    ) -> Hub:
        """Open or make the data directory and take up all that was waiting.

        Raises SettingsError when the store cannot keep its promises.
        """
        parts = assemble(
            settings,
            clock=clock,
            rng=rng,
            dialects=dialects,
            keyring=keyring,
            peers=peers,
            transport=transport,
            tracer=tracer,
            gateways=gateways,
        )
        hub = cls(parts)
        await parts.notary.open()
        if settings.realm == "sandbox" and not parts.registry().records():
            await hub.record_event(*inheritance(parts.kind_of))
        parts.dispatcher.start()
        hub.timers.start()
        return hub

    # messages in

    async def submit(self, raw: bytes, bearer: frozenset[str] | None = None) -> Answer:
        """One native message; `bearer`: the members a certificate shown by the connection stands for."""
        if self._draining:
            return DRAINING
        live = self._parts.live
        exchange = await self._judged(live, raw, bearer)
        if exchange.answer is None and live.services.mediated(exchange.head["msgType"]):
            return Answer(422, "service.path", "该报文类型须即问即答,请用 /v1/services/{报文类型}")
        with span("hutong.commit"):
            answer, row = await live.ingress.settle(exchange)
        _tell(row)
        return answer

    async def _judged(self, live: Live, raw: bytes, bearer: frozenset[str] | None) -> Exchange:
        """After all steps; where its key is a certificate's nobody has judged yet, that comes first."""
        with span("hutong.checks"):
            exchange = live.ingress.native(raw, bearer)
        if exchange.answer is None or exchange.answer.code != "auth.key":
            return exchange
        try:
            known = await self._parts.signers.settle(exchange.head["sign"]["keyId"])
        except HubError as error:
            again = Answer(error.status, error.code, error.detail, retry_after=error.retry_after)
            return exchange._replace(answer=again)
        return live.ingress.native(raw, bearer) if known else exchange

    async def submit_foreign(self, system: str, incoming: Incoming) -> Answer:
        """One message of a foreign caller, after its dialect's own proof."""
        if self._draining:
            return DRAINING
        live = self._parts.live
        if not incoming.stage and incoming.op == CALLBACK:
            if self._asked_by_auth(system, incoming):
                said = await self._parts.auth.tickets.hear(system, incoming.fields)
                if said is not None:
                    return said
            return await live.hearing.hear(system, incoming)
        if not incoming.stage and live.services.mediated(incoming.message):
            return await self.service_foreign(system, incoming)
        if not incoming.stage and incoming.message == SYNC and not incoming.findings:
            return await self._parts.ca.syncing.take(
                system, incoming.fields, lambda: live.ingress.submit_foreign(system, incoming)
            )
        return await live.ingress.submit_foreign(system, incoming)

    async def service(self, raw: bytes, bearer: frozenset[str] | None = None) -> Answer:
        """One signed question; `data` of a good answer are the reply fields."""
        if self._draining:
            return DRAINING
        live = self._parts.live
        began = live.services.ticks()
        return await self._mediate(live, await self._judged(live, raw, bearer), began)

    async def service_foreign(self, system: str, incoming: Incoming) -> Answer:
        if self._draining:
            return DRAINING
        live = self._parts.live
        began = live.services.ticks()
        return await self._mediate(live, live.ingress.foreign(system, incoming), began)

    async def unpack(self, system: str, incoming: Incoming) -> Incoming:
        """A foreign call without the octets of its files, kept if it may be taken; raises HubError."""
        if self._asked_by_auth(system, incoming):
            return incoming  # a signature for a login is judged, and never laid on a shelf
        taken = incoming.authenticated and not incoming.findings and self._parts.members.online(system)
        return await self._parts.enclosures.incoming(system if taken else "", incoming)

    def _asked_by_auth(self, system: str, incoming: Incoming) -> bool:
        """Does a provider call back what a login asked of it? That goes no further than memory."""
        number = str(incoming.fields.get("requestNo", ""))
        known = incoming.op == CALLBACK and incoming.authenticated and self._parts.members.online(system)
        return known and self._parts.auth.tickets.awaits(system, number)

    async def pack(self, dialect: Dialect, system: str, incoming: Incoming, answer: Answer) -> Answer:
        """An answer with the octets that the caller's dialect writes out, of files the caller may read."""
        limit = room(dialect, system, incoming.message, incoming.stage)
        if not limit or not answer.data:
            return answer
        return replace(answer, data=await self._parts.enclosures.beside(system, answer.data, [limit]))

    async def _mediate(self, live: Live, exchange: Exchange, began: float) -> Answer:
        if exchange.answer is None and not live.services.mediated(exchange.head["msgType"]):
            told = Answer(422, "service.unknown", "该报文类型不是请求应答服务,请用 /v1/messages")
            exchange = exchange._replace(answer=told)
        elif exchange.answer is None:
            exchange = exchange._replace(answer=live.services.misstated(exchange.envelope))
        kept, row = await live.ingress.settle(exchange)
        _tell(row)
        return await live.services.answer(kept, row, began)

    @property
    def signers(self) -> Signers:
        return self._parts.signers

    @property
    def memberships(self) -> Memberships:
        return self._parts.memberships

    def pace(self, principal: str) -> int:
        """Seconds a proved caller must wait with a request that is no message, by what was agreed with it."""
        return self._parts.shares.pace(principal, self._now())

    # looking

    def trace(self, reader: Reader, hub_id: str) -> dict[str, Any] | None:
        """The whole story of a message; None when there is none for this reader."""
        row = self._parts.index.by_hub_id(hub_id)
        if row is None or not may_see(reader.principal, row):
            return None
        return trace(self._parts.index, row, reader.principal)

    def find(self, reader: Reader, sender: str, msg_id: str) -> dict[str, Any] | None:
        row = self._parts.index.known(self._parts.acceptance.known_key(sender, msg_id))
        return self.trace(reader, row.hub_id) if row is not None else None

    def outbox(self, reader: Reader, state: str | None) -> list[dict[str, Any]]:
        return outbox(self._parts.index, reader.principal, state)

    def proof(self, reader: Reader, hub_id: str) -> dict[str, Any] | None:
        """A proof that needs no hub to check; None for strangers, and before the first head over it."""
        return self._proving().proof(reader.principal, hub_id)

    def heads(self, since: int) -> dict[str, Any] | None:
        """Published tree heads after a size, with the proof that nothing before was changed."""
        return self._parts.notary.heads(since)

    def _proving(self) -> Proving:
        parts = self._parts
        return Proving(parts.index, parts.reading.journal, parts.notary, parts.live.ingress.provable)

    @property
    def files(self) -> Files:
        return self._parts.files

    def may_fetch(self, reader: Reader, name: Name) -> FileRow | None:
        """The file, if this reader may have it now."""
        parts = self._parts
        return readable(parts.index, parts.acceptance.standard, parts.kind_of, reader.principal, name)

    def examined(self, reader: Reader, *, after: int = 0, to: str = "") -> dict[str, Any]:
        """Records for the data-quality score, page by page; never what is sealed from this reader."""
        return examined(
            self._parts.reading, self._parts.acceptance.standard, reader.principal, after=after, to=to
        )

    def held_of(self, reader: Reader, asked: Asked) -> dict[str, Any]:
        """What is held of a person, without a value; a sender is told of its own records."""
        return self._privacy().held(asked, reader.principal)

    async def erase(self, reader: Reader, asked: Asked, ground: str) -> dict[str, Any]:
        """Destroy a person's keys, as far as no rule of evidence forbids it."""
        return await self._privacy().erase(asked, ground, reader.principal)

    def _privacy(self) -> PrivacyDesk:
        parts = self._parts
        tokens = parts.live.acceptance.tokens
        return PrivacyDesk(tokens, parts.writer, parts.reading, parts.clock, parts.new_id)

    def status(self) -> dict[str, Any]:
        """What anybody may know, sealed traffic left out."""
        parts = self._parts
        now = parts.clock().timestamp()
        troubled = faulty(parts.index, parts.dispatcher.avoided(now), int(now * 1e6))
        said = overview(parts.index, parts.registry(), tuple(parts.kind_of), troubled)
        return {**said, "stamps": parts.notary.shown(parts.settings)}

    def metrics(self) -> dict[str, float]:
        return counts(self._parts.index) | self._parts.notary.standing(self._parts.settings).gauges()

    def operation(self) -> dict[str, float]:
        """What operation needs; nothing that follows a message nobody may know of (`server/gauges.py`)."""
        parts = self._parts
        return {
            **self.timers.gauges(),
            "write_queue_tenths": float(min(parts.writer.depth * 10 // parts.settings.queue_limit, 10)),
            "breakers_open": float(len(parts.dispatcher.avoided(parts.clock().timestamp()))),
            "deliveries_waiting": float(parts.index.waiting_open(WAITING)),
        }

    def registry(self) -> Registry:
        return self._parts.registry()

    # doing

    async def retry(self, reader: Reader, ids: list[int]) -> int:
        """Give dead or waiting deliveries another life; returns how many."""
        wanted = [one for one in ids if isinstance(one, int)]
        return await self._requeue(reader, wanted, ("dead", "waiting"))

    async def replay(self, reader: Reader, filter: Mapping[str, Any]) -> int:
        """Send again what matches: dead letters, or with `state: delivered` what already arrived."""
        wanted = Filter.of(filter)
        return await self._requeue(reader, matching(self._parts.index, wanted), (wanted.state,))

    async def _requeue(self, reader: Reader, ids: list[int], states: tuple[str, ...]) -> int:
        def work(tx: Tx) -> int:
            chosen = allowed(self._parts.store.index, reader.principal, ids, states)
            for seq in {row.seq for row in map(self._parts.store.index.delivery, chosen) if row is not None}:
                self._parts.store.journal.require(seq)  # what cannot be read cannot be sent again
            if chosen:
                tx.append(Kind.REQUEUE, self._now(), {"deliveries": chosen, "by": reader.principal})
            return len(chosen)

        return await self._parts.writer.do(work, long=True)

    async def release(self, reader: Reader, hub_id: str) -> bool:
        """The centre lets a held amount (R04) go."""
        row = self._parts.index.by_hub_id(hub_id)
        if reader.principal != CENTRE or row is None or not may_see(CENTRE, row):
            return False
        seq = row.seq
        release = self._parts.acceptance.release
        return await self._parts.writer.do(lambda tx: release(tx, seq, self._now()), long=True)

    async def let_out(self, reader: Reader, event: str, said: Mapping[str, Any]) -> str:
        """The event has taken place that records of one sender wait for; the id of the act.

        Raises SenderError for what may not be, and never says whether anything waited.
        """
        act = act_of(reader.principal, event, said)
        if act.whose not in self._parts.kind_of or not self._may_act(reader.principal):
            raise SenderError("须由已上线的系统办理 / not online", code="member.not-online", status=403)
        hub_id, gate = self._parts.new_id(), hexed(act.gate(self._parts.acceptance.tokens))
        payload = {"step": "release", "gate": event, "about": gate, "by": act.by, "reason": act.reason}

        def work(tx: Tx) -> None:
            facts = {"hubId": hub_id, "event": "gate.release", "payload": payload}
            tx.append(Kind.EVENT, self._now(), facts)
            tx.append(Kind.GATE, self._now(), {"gates": [gate], "cause": "act", "act": hub_id})

        await self._parts.writer.do(work, long=True)
        return hub_id

    def _may_act(self, principal: str) -> bool:
        return principal == CENTRE or self._parts.registry().online(principal)

    async def record_event(self, kind: str, payload: dict[str, Any], *, own: bool = False) -> str:
        """Chain an event; the registry knows it when this returns. `own`: also when the queue is full."""
        hub_id = self._parts.new_id()
        facts = {"hubId": hub_id, "event": kind, "payload": payload}
        await self._parts.writer.do(lambda tx: tx.append(Kind.EVENT, self._now(), facts), own=own, long=True)
        self._parts.refresh_registry()
        return hub_id

    @property
    def ca(self) -> CaDesk:
        """Certificate services: no question put to them leaves a trace."""
        return self._parts.ca

    @property
    def sof(self) -> SofDesk:
        """The same services under the functions of GB/T 43694; as silent."""
        return self._parts.sof

    @property
    def auth(self) -> AuthDesk:
        """Logins and tickets: as silent as the certificate services."""
        return self._parts.auth

    @property
    def envelopes(self) -> Envelopes:
        """Digital envelopes, made and opened; as silent as the certificate services."""
        return self._parts.envelopes

    @property
    def bids(self) -> BidDesk:
        """Bids, sealed until their deadline: before it, every question about them is one about nothing."""
        return self._parts.bids

    @property
    def tracer(self) -> Tracer:
        return self._parts.tracer

    @property
    def live(self) -> Live:
        """What the hub works with now; whoever takes it keeps it for the whole of one piece of work."""
        return self._parts.live

    def renew(self, settings: Settings, systems: Catalogue) -> Live:
        """Go on with other settings and another catalogue, judged before (`hub.reload`)."""
        return self._parts.renew(settings, systems)

    async def use_nonce(self, key_id: str, nonce: str) -> bool:
        """Durably use up the nonce of a signed request without envelope; False when it was used before."""
        window = timedelta(seconds=self._parts.settings.window_seconds)
        kept = used(self._parts.acceptance.tokens, key_id, nonce, self._now(), window)
        return await self._parts.writer.do(lambda tx: spend(tx, kept))

    async def drain(self) -> None:
        """Take nothing new, let calls in flight end, seal, close."""
        if self._draining:
            return
        self._draining = True
        await self.timers.stop()
        await self._parts.close()

    def _now(self) -> int:
        return micros(self._parts.clock())

    @property
    def data(self) -> Path:
        return self._parts.settings.data
