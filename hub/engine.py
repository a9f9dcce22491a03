"""The hub: opens its store, joins the parts, and answers for them. Everything of substance is elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from hub.acts import Acts
from hub.assembly import assemble
from hub.catalogue import Catalogue
from hub.delivery.transport import Peers, Transport
from hub.examined import examined
from hub.files.name import Name
from hub.files.reading import readable
from hub.index.port import FileRow
from hub.index.views import may_see, outbox, trace
from hub.intake import Intake
from hub.live import Live
from hub.message import Key
from hub.operations import counts, faulty, overview
from hub.parts import Parts
from hub.ports import Answer, Dialect, Gateway, Incoming
from hub.privacy.erasing import PrivacyDesk
from hub.privacy.subjects import Asked
from hub.proving import Proving
from hub.registry import Registry, inheritance
from hub.settings import Settings
from hub.timers import Timers
from hub.tracing.spans import Tracer

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


class Hub:
    """One province's hub in one data directory. Made by `open`; every coroutine belongs to that loop."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._intake, self._acts = Intake(parts), Acts(parts)
        self._draining = False
        self.timers = Timers(parts)
        self.tracer = parts.tracer
        self.memberships = parts.memberships
        self.files = parts.files
        # No question put to these leaves a trace.
        self.ca, self.sof, self.auth = parts.ca, parts.sof, parts.auth
        self.signers, self.envelopes = parts.signers, parts.envelopes
        # Sealed until their deadline: before it, every question about a bid is one about nothing.
        self.bids = parts.bids

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
        return DRAINING if self._draining else await self._intake.message(raw, bearer)

    async def service(self, raw: bytes, bearer: frozenset[str] | None = None) -> Answer:
        """One signed question; `data` of a good answer are the reply fields."""
        return DRAINING if self._draining else await self._intake.question(raw, bearer)

    async def submit_foreign(self, system: str, incoming: Incoming) -> Answer:
        """One message or question of a foreign caller, after its dialect's own proof."""
        return DRAINING if self._draining else await self._intake.foreign(system, incoming)

    async def unpack(self, system: str, incoming: Incoming) -> Incoming:
        """A foreign call without the octets of its files, kept if it may be taken; raises HubError."""
        return await self._intake.unpack(system, incoming)

    async def pack(self, dialect: Dialect, system: str, incoming: Incoming, answer: Answer) -> Answer:
        """An answer with the octets that the caller's dialect writes out, of files the caller may read."""
        return await self._intake.pack(dialect, system, incoming, answer)

    def pace(self, principal: str) -> int:
        """Seconds a proved caller must wait with a request that is no message, by what was agreed with it."""
        return self._parts.shares.pace(principal, self._parts.now())

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
        told = await self._privacy().erase(asked, ground, reader.principal)
        await self.files.erase()
        return told

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
        return await self._acts.retry(reader.principal, ids)

    async def replay(self, reader: Reader, filter: Mapping[str, Any]) -> int:
        """Send again what matches: dead letters, or with `state: delivered` what already arrived."""
        return await self._acts.replay(reader.principal, filter)

    async def release(self, reader: Reader, hub_id: str) -> bool:
        """The centre lets a held amount (R04) go."""
        return await self._acts.release(reader.principal, hub_id)

    async def let_out(self, reader: Reader, event: str, said: Mapping[str, Any]) -> str:
        """The event has taken place that records of one sender wait for; raises SenderError."""
        return await self._acts.let_out(reader.principal, event, said)

    async def record_event(self, kind: str, payload: dict[str, Any], *, own: bool = False) -> str:
        """Chain an event; the registry knows it when this returns. `own`: also when the queue is full."""
        return await self._acts.record_event(kind, payload, own=own)

    async def use_nonce(self, key_id: str, nonce: str) -> bool:
        """Durably use up the nonce of a signed request without envelope; False when it was used before."""
        return await self._acts.use_nonce(key_id, nonce)

    @property
    def live(self) -> Live:
        """What the hub works with now; whoever takes it keeps it for the whole of one piece of work."""
        return self._parts.live

    def renew(self, settings: Settings, systems: Catalogue) -> Live:
        """Go on with other settings and another catalogue, judged before (`hub.reload`)."""
        return self._parts.renew(settings, systems)

    async def drain(self) -> None:
        """Take nothing new, let calls in flight end, seal, close."""
        if self._draining:
            return
        self._draining = True
        await self.timers.stop()
        await self._parts.close()

    @property
    def data(self) -> Path:
        return self._parts.settings.data
