"""A hub in a temp directory that speaks a made-up dialect to made-up receivers: nothing real but the hub."""

from __future__ import annotations

import asyncio
import json
import random
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from hub import catalogue, standard
from hub.delivery.limits import Limits
from hub.delivery.transport import TransportError
from hub.engine import Hub, Reader
from hub.message import CST, Key, canonical, sign, wall
from hub.ports import Answer, Call, Incoming, Kind, Outcome, Outgoing, Session, WireReply, WireRequest
from hub.settings import Settings

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=CST)
CENTRE = Reader("centre")
STANDARD = standard.load()


class Clock:
    """Moves when told."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def on(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


class Keys:
    def __init__(self, *owners: str) -> None:
        self.keys = {
            f"{owner}-1": Key(f"{owner}-1", owner, "hmac-sm3", owner.encode() * 11) for owner in owners
        }

    def key(self, key_id: str) -> Key | None:
        return self.keys.get(key_id)

    def of(self, owner: str) -> Key | None:
        return self.keys.get(f"{owner}-1")


@dataclass(frozen=True)
class FakePeer:
    base: str = "http://127.0.0.1:9"
    credentials: Mapping[str, str] = field(default_factory=dict)
    tls: None = None
    poll: Any = None


class FakePeers:
    def get(self, system: str) -> FakePeer | None:
        return FakePeer()


class FakeDialect:
    """Says everything as JSON. With `keyless` the receiver cannot tell a repetition and must be asked."""

    name = "fake"

    def __init__(self, *, keyless: bool = False) -> None:
        self.keyless = keyless

    def login(self, call: Call) -> WireRequest | None:
        return None

    def session(self, reply: WireReply, call: Call) -> Session | Outcome:
        raise AssertionError("no login, no session")

    def encode(self, outgoing: Outgoing, call: Call) -> WireRequest:
        said = {
            "message": outgoing.message, "stage": outgoing.stage, "key": call.key, "nonce": call.nonce,
            "record": outgoing.key, "version": outgoing.version, "fields": dict(outgoing.fields),
        }  # fmt: skip
        return WireRequest("POST", "/put", {}, json.dumps(said).encode())

    def decode(self, reply: WireReply, outgoing: Outgoing, call: Call) -> Outcome:
        told = json.loads(reply.body)
        return Outcome(
            Kind(told["kind"]),
            told.get("code", "ok"),
            foreign=told.get("foreign", ""),
            data=told.get("data", {}),
        )

    def ask(self, outgoing: Outgoing, call: Call) -> WireRequest | None:
        return (
            WireRequest("POST", "/ask", {}, json.dumps({"key": call.key}).encode()) if self.keyless else None
        )

    def asked(self, reply: WireReply, outgoing: Outgoing, call: Call) -> bool | None:
        return json.loads(reply.body)["there"]

    def accept(self, request: WireRequest, call: Call) -> Incoming:
        raise AssertionError("not used")

    def reply(self, answer: Answer, incoming: Incoming, call: Call) -> WireReply:
        raise AssertionError("not used")


class FakeTransport:
    """The receivers: what each got, and what each does next (a reply, an error, a pause)."""

    def __init__(self) -> None:
        self.got: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
        self.asked: dict[str, list[str]] = {}
        self.effects: dict[tuple[str, str], int] = {}
        self.behave: dict[str, Callable[[dict[str, Any]], Any]] = {}

    async def send(self, system: str, request: WireRequest, limits: Limits) -> WireReply:
        said = json.loads(request.body)
        if request.path == "/ask":
            self.asked.setdefault(system, []).append(said["key"])
            return WireReply(200, {}, json.dumps({"there": (system, said["key"]) in self.effects}).encode())
        self.got[system].append(said)
        todo = self.behave.get(system)
        told = todo(said) if todo else {"kind": "delivered"}
        if asyncio.iscoroutine(told):
            told = await told
        if isinstance(told, TransportError):
            raise told
        if told["kind"] in {"delivered", "unknown"} or told.get("effect"):
            self.effects[(system, said["key"])] = self.effects.get((system, said["key"]), 0) + 1
        return WireReply(200, {}, json.dumps(told).encode())

    async def close(self) -> None:
        return None

    def stages(self, system: str) -> list[str]:
        return [said["stage"] or said["message"] for said in self.got.get(system, [])]


DIALECTS = tuple(catalogue.load().dialects)


class Bench:
    """One data directory, opened as often as a test likes."""

    def __init__(self, data: Path, **settings: Any) -> None:
        self.clock, self.keys, self.transport = Clock(), Keys("T01", "T03", "D01", "F01"), FakeTransport()
        self.dialects: dict[str, Any] = {name: FakeDialect() for name in DIALECTS}
        wanted: dict[str, Any] = {
            "head_interval": 3600.0, "head_pulse": 3600.0, "retry_schedule": (0.02, 0.02, 0.02), **settings,
        }  # fmt: skip
        self.settings = Settings(data=data, **wanted)
        self.chance = random.Random(7)
        self.peers: Any = FakePeers()
        self._numbers = 0

    async def open(self, *admitted: str, by_hand: bool = False) -> Hub:
        """With `by_hand` the hub's own timers stand still: the test moves them, and nothing beside it does.

        Otherwise, on a slow machine, they do in the middle of a test what it is about to do and to count.
        """
        hub = await Hub.open(
            self.settings,
            clock=self.clock,
            rng=self.chance,
            dialects=self.dialects,
            keyring=self.keys,
            peers=self.peers,
            transport=self.transport,
        )
        if by_hand:
            await hub.timers.stop()
        for system in admitted:
            await hub.record_event("onboarding.approve", {"system": system, "state": "online"})
        return hub

    def record(
        self, stage: str, *, sender: str = "T01", seed: int = 1, op: str = "insert", **more: Any
    ) -> dict[str, Any]:
        """A sample record dated before the bench's clock, its head fresh; `fields` overlays its fields."""
        start = NOW - timedelta(days=200)
        sample = STANDARD.sample(
            stage, seed, sender=sender, start=start, op=op, bidder=more.pop("bidder", None)
        )
        fields = more.pop("fields", {})
        body = {**sample["body"], **{name: more.pop(name) for name in ("version", "key") if name in more}}
        body["fields"] = {**body["fields"], **fields}
        return {"head": {**sample["head"], **self.circumstance(), **more}, "body": body}

    def circumstance(self) -> dict[str, Any]:
        self._numbers += 1
        return {"time": wall(self.clock()), "nonce": f"nonce-{self._numbers:08d}"}

    def signed(self, envelope: dict[str, Any]) -> bytes:
        key = self.keys.of(envelope["head"]["from"])
        assert key is not None
        return canonical(sign(envelope, key))

    async def send(self, hub: Hub, stage: str, **more: Any) -> Answer:
        return await hub.submit(self.signed(self.record(stage, **more)))


async def until(what: Callable[[], Any], *, seconds: float = 60.0) -> Any:
    """Wait for something to become true; fails by name of nothing but time."""
    async with asyncio.timeout(seconds):
        while not (found := what()):
            await asyncio.sleep(0.005)
        return found


async def quiet(hub: Hub, receiver: str) -> None:
    """Until its lane has looked, the clock as it stands now, and what it then began is recorded.

    Before a clock is moved: what is under way is written down at the old time, whatever the machine.
    Before "nothing was sent": the lane has provably looked since.
    """
    lane = await until(lambda: hub._parts.dispatcher._lanes.get(receiver))
    lane.wake()
    await until(lambda: not lane._wake.is_set() and not lane._flying)
