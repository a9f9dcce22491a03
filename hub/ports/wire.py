"""Bytes to a peer and back: what is carried, to which place, by whom."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from ssl import SSLContext


@dataclass(frozen=True, slots=True)
class WireRequest:
    """One HTTP request: `path` is relative to the peer's base address and holds the query.

    Where the wire is another, `method` names what is carried (`TCP`, `ROWS`, `FILES`, `STEPS`) and `headers`
    are words to the carrier that never go out (`adapters/transports/README.md`).
    """

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class WireReply:
    """One HTTP answer as it came; header names are lower case."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


class Bounds(Protocol):
    """Seconds for the whole exchange and for its connection; bytes of the answer."""

    @property
    def total(self) -> float: ...
    @property
    def connect(self) -> float: ...
    @property
    def answer(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Place:
    """Where one peer is, looked up and judged by the hub: a carrier goes to `addresses` and nowhere else.

    They are numeric, best first; none for a path on this machine. `tls` is there when the peer's row wants
    it, and checks the certificate against the name in `base`, whatever address is called.
    """

    system: str
    base: str
    addresses: tuple[str, ...] = ()
    credentials: Mapping[str, str] = field(default_factory=dict, repr=False)
    tls: SSLContext | None = field(default=None, repr=False)


class Carrier(Protocol):
    """Brings one request to one peer on a wire that is not HTTP; `methods` are what it can carry.

    What the other side *said* comes back as a WireReply, also a refusal, with the HTTP status nearest in
    meaning, so that the codec words it. Where nobody said anything it raises
    `hub.delivery.transport.TransportError`, `sent` False only if the request certainly had no effect.
    """

    methods: frozenset[str]

    async def carry(self, place: Place, request: WireRequest, bounds: Bounds) -> WireReply: ...
    async def close(self) -> None: ...


# A request to a named system by whatever carrier its address asks for; the same with the system fixed.
Onward = Callable[[str, WireRequest, Bounds], Awaitable[WireReply]]

Carry = Callable[[WireRequest], Awaitable[WireReply]]


class CarrierMaker(Protocol):
    """What the entry-point group `hutong.transports` holds, by scheme (or by method, in capitals).

    Raises `hub.errors.DriverMissingError`, saying what to install, where a library is not there.
    """

    def __call__(self, onward: Onward) -> Carrier: ...
