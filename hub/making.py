"""What a `Live` is made of: given once at the start, asked again with every reload."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from hub.bids.signups import SignUps
from hub.ca.signers import Signers
from hub.callbacks import Hearing
from hub.catalogue import Catalogue
from hub.evidence.ring import Ring
from hub.identifiers import effect_key
from hub.index.tokens import Tokens
from hub.journal.closing import Closing
from hub.journal.port import Reading
from hub.journal.writer import Writer
from hub.live import Live
from hub.pipeline import World
from hub.pipeline.acceptance import Acceptance
from hub.pipeline.ingress import Ingress
from hub.pipeline.people import closing, people_in_answer
from hub.pipeline.routing import Leg, notify, route
from hub.pipeline.shares import Shares
from hub.services.caching import Rule
from hub.services.callbacks import Callbacks
from hub.services.chain import Chain
from hub.services.desk import ServiceDesk
from hub.services.sources import Memory, Sources
from hub.services.terms import Terms
from hub.settings import Settings
from hub.standard import Standard

_ROUTES = 8192


@dataclass(frozen=True, slots=True)
class Making:
    """The parts that stay; `online` says who may send, `urgent` what goes first."""

    tables: Standard
    tokens: Tokens
    ring: Ring
    clock: Callable[[], datetime]
    keyring: Signers
    reading: Reading
    writer: Writer
    online: Callable[[str], bool]
    shares: Shares
    new_id: Callable[[], str]
    urgent: Callable[[Mapping[str, Any]], bool]
    terms: Mapping[str, Terms]
    rules: Mapping[str, Rule]
    chain: Chain
    memory: Memory
    callbacks: Callbacks

    def __call__(self, number: int, now: Settings, systems: Catalogue) -> Live:
        """What the hub works with under these settings and this catalogue."""
        kind_of = {row.id: row.kind for row in systems.systems}
        legs = _legs(self.tables, systems, kind_of)
        acceptance = Acceptance(
            self.tables, self.tokens, legs, kind_of, self.new_id, effect_key, self.urgent,
            _notified(self.tables, systems, kind_of), self.callbacks.asking,
        )  # fmt: skip
        own = self.ring.receipt_sign if now.receipt_signature == "hub-key" else None
        world = self._world(now, kind_of, acceptance)
        ingress = Ingress(world, acceptance, self.writer, self.clock, self.keyring.of, own, self.shares)
        hearing = Hearing(self.callbacks, ingress, self.memory.ears)
        return Live(number, now, systems, kind_of, acceptance, ingress, self._desk(now), hearing)

    def _world(self, now: Settings, kind_of: Mapping[str, str], acceptance: Acceptance) -> World:
        index, tokens = self.reading.index, self.tokens
        return World(
            realm=now.realm,
            window=timedelta(seconds=now.window_seconds),
            max_bytes=now.max_body,
            standard=self.tables,
            listed=kind_of.__contains__,
            online=self.online,
            key_of=self.keyring.key,
            known=lambda sender, msg_id: index.known(acceptance.known_key(sender, msg_id)),
            nonce_used=lambda key, nonce: index.nonce_used(tokens.of("nonce", key, nonce)),
        )

    def _desk(self, now: Settings) -> ServiceDesk:
        sources = Sources(
            self.chain, self.memory, self.callbacks, self.reading, self.clock, time.monotonic, effect_key,
            now.service_timeout,
        )  # fmt: skip
        return ServiceDesk(
            self.tables, self.tokens, self.terms, self.rules, sources, self.writer, self.reading, self.clock,
            self._closing_of, SignUps(self.tokens).noted,
        )  # fmt: skip

    def _closing_of(
        self, raw: bytes, told: Mapping[str, Any], asked: Mapping[str, Any], gates: tuple[int, ...]
    ) -> Closing:
        """How an answer is kept: whose values stand in it, and which gates it waits for."""
        head = asked["head"]
        service = self.tables.services[head["msgType"]]
        people = people_in_answer(raw, told, asked["body"]["fields"], service, head["from"])
        return closing(people, self.tokens, "", gates)


def _legs(
    tables: Standard, systems: Catalogue, kind_of: Mapping[str, str]
) -> Callable[[str, str, str, bool], tuple[Leg, ...]]:
    """Who gets a record of a stage: the same few questions again and again, so the answers are kept."""
    rows: dict[str, tuple[Any, ...]] = {}
    for row in systems.subscriptions:
        rows[row.stage] = (*rows.get(row.stage, ()), row)

    @lru_cache(_ROUTES)
    def legs(stage: str, sender: str, region: str, sealed: bool) -> tuple[Leg, ...]:
        return route(
            tables, stage, rows.get(stage, ()), sender=sender, region=region, sealed=sealed, kind_of=kind_of
        )

    return legs


def _notified(
    tables: Standard, systems: Catalogue, kind_of: Mapping[str, str]
) -> Callable[[str, str, str, bool], tuple[Leg, ...]]:
    """Who gets a message without a stage."""
    rows: dict[str, tuple[Any, ...]] = {}
    for row in systems.notices:
        rows[row.message] = (*rows.get(row.message, ()), row)

    def notified(message: str, sender: str, owner: str, sealed: bool) -> tuple[Leg, ...]:
        return notify(
            tables, tables.services[message], rows.get(message, ()), sender=sender, owner=owner,
            sealed=sealed, kind_of=kind_of,
        )  # fmt: skip

    return notified
