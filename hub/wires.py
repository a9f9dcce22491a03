"""How the others are reached: one speaker, one breaker and one lane for each, whoever calls whom."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from hub.delivery.breakers import Breakers
from hub.delivery.callers import Callers
from hub.delivery.chooser import Chooser
from hub.delivery.lane import Lane
from hub.delivery.limits import Limits
from hub.delivery.transport import HttpTransport, Peers, Transport
from hub.ground import Ground
from hub.journal.writer import Writer
from hub.live import Live
from hub.polling.lane import PollLane
from hub.ports import Dialect, Plan, Polls
from hub.transports import maker


@dataclass(frozen=True, slots=True)
class Wires:
    """`live` is what holds now: a reload changes it under lanes that stay."""

    ground: Ground
    dialects: Mapping[str, Dialect]
    peers: Peers
    carrier: Transport
    callers: Callers
    breakers: Breakers
    writer: Writer
    live: Callable[[], Live]

    def lane(self, receiver: str) -> Lane | None:
        """Deliveries to one receiver; None for one nobody can speak with."""
        speaker = self.callers.of(receiver)
        if speaker is None:
            return None
        ground, now, fuse = self.ground, self.live().settings, self.breakers.of(receiver)
        return Lane(
            receiver, speaker, fuse.breaker, self.writer, ground.reading, ground.clock, ground.rng,
            now.retry_schedule, ground.tables, shown=fuse.shown, parallel=now.delivery_parallel,
        )  # fmt: skip

    def plan_of(self, system: str) -> Plan | None:
        """How often a system's tables or folders are looked at."""
        peer = self.peers.get(system)
        return peer.poll if peer is not None else None

    def poll_lane(self, system: str) -> PollLane | None:
        """Looks at one system; None for one that calls by itself."""
        row, peer = self.live().systems.by_id[system], self.peers.get(system)
        dialect = self.dialects.get(row.dialect)
        if peer is None or peer.poll is None or not isinstance(dialect, Polls):
            return None
        speaker = self.callers.of(system)
        bounds = speaker.limits if speaker is not None else Limits(peer.poll.patience)
        poller = dialect.poller(
            system, row.variant, peer.credentials, peer.poll.source,
            lambda request: self.carrier.send(system, request, bounds),
        )  # fmt: skip
        ground = self.ground
        return PollLane(
            system, poller, lambda: self.plan_of(system), ground.members.online, self.breakers.of(system),
            self.writer, ground.reading, self.live, ground.clock, ground.rng, ground.failpoints,
            self.callers.enclosing,
        )  # fmt: skip


def wires(
    ground: Ground,
    dialects: Mapping[str, Dialect],
    peers: Peers,
    transport: Transport | None,
    writer: Writer,
    live: Callable[[], Live],
) -> Wires:
    """`transport`: used for everything in place of real wires."""
    now = ground.settings
    strict = now.realm == "production"
    carrier = transport or Chooser(
        peers, HttpTransport(peers, per_host=now.delivery_parallel, strict=strict), maker, strict
    )
    callers = Callers(
        ground.systems, dialects, carrier, peers, ground.clock, ground.rng, ground.failpoints,
        now.delivery_timeout,
    )  # fmt: skip
    breakers = Breakers(now.breaker_failures, now.breaker_pause, lambda: ground.clock().timestamp())
    return Wires(ground, dialects, peers, carrier, callers, breakers, writer, live)
