"""The transport of the delivery: HTTP itself, every other wire by the carrier its address asks for.

What holds for HTTP holds for all: the list of peers is the list of targets; in production a name leads
only where its row allows; nobody hangs longer than the papers say. The name is looked up here, once, and a
carrier gets the addresses that are left, so that none can forget the guard.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import urlsplit

from hub.delivery.limits import Limits
from hub.delivery.reach import allowed
from hub.delivery.secured import Contexts
from hub.delivery.transport import Peer, Peers, Transport, TransportError
from hub.errors import DriverMissingError
from hub.faults import place as where
from hub.ports import Bounds, Carrier, CarrierMaker, Place, WireReply, WireRequest

log = logging.getLogger(__name__)
OTHER = frozenset({"TCP", "ROWS", "FILES", "STEPS"})
GRACE = 2.0  # a carrier that does not keep its time is cut off this much later


@dataclass(slots=True)
class Chooser:
    """`maker` finds a carrier by scheme or, for what is made of several (`STEPS`), by method."""

    peers: Peers
    http: Transport
    maker: Callable[[str], CarrierMaker]
    strict: bool = False
    _made: dict[str, Carrier] = field(default_factory=dict)
    _contexts: Contexts = field(default_factory=Contexts)

    async def send(self, system: str, request: WireRequest, limits: Limits) -> WireReply:
        peer = self.peers.get(system)
        if peer is None or not peer.base:
            raise TransportError("peer.unlisted", sent=False)
        base = peer.base
        if request.method == "FILES":  # papers of a system with two places name the second as a credential
            base = peer.files or peer.credentials.get("files", "") or base
        scheme = urlsplit(base).scheme
        if scheme in {"http", "https"}:
            if request.method in OTHER:
                raise TransportError("peer.scheme", sent=False, detail=f"{request.method}: {scheme}")
            return await self.http.send(system, request, limits)
        carrier = self._carrier(request.method if request.method == "STEPS" else scheme)
        if request.method not in carrier.methods:
            raise TransportError("peer.scheme", sent=False, detail=f"{request.method}: {scheme}")
        return await self._carried(carrier, system, peer, base, request, limits)

    async def close(self) -> None:
        await self.http.close()
        for carrier in self._made.values():
            await carrier.close()

    async def _carried(
        self, carrier: Carrier, system: str, peer: Peer, base: str, request: WireRequest, limits: Limits
    ) -> WireReply:
        there = await self._place(system, peer, base, limits)
        try:
            async with asyncio.timeout(limits.total + GRACE):
                return await carrier.carry(there, request, limits)
        except TransportError:
            raise
        except TimeoutError as error:
            raise TransportError("network.timeout", sent=True) from error
        except Exception as error:  # what a carrier did not foresee says nothing of the effect
            log.error("carrier for %s: %s", system, where(error))
            raise TransportError("network.reset", sent=True) from error

    def _carrier(self, name: str) -> Carrier:
        if name not in self._made:
            try:
                self._made[name] = self.maker(name)(self._onward)
            except DriverMissingError as error:
                log.error("%s", error.detail)
                raise TransportError(error.code, sent=False, detail=error.detail) from error
        return self._made[name]

    async def _onward(self, system: str, request: WireRequest, bounds: Bounds) -> WireReply:
        return await self.send(system, request, Limits(bounds.total, bounds.connect, bounds.answer))

    async def _place(self, system: str, peer: Peer, base: str, limits: Limits) -> Place:
        host = urlsplit(base).hostname or ""
        addresses = await self._addresses(host, peer, limits) if host else ()
        try:
            tls = self._contexts.of(peer.tls, host) if peer.tls is not None else None
        except OSError as error:
            raise TransportError("network.tls", sent=False, detail="tls: ca, cert, key") from error
        return Place(system, base, addresses, peer.credentials, tls)

    async def _addresses(self, host: str, peer: Peer, limits: Limits) -> tuple[str, ...]:
        """Where the name leads and may lead; an address written out is listed by being there."""
        try:
            return (str(ip_address(host)),)
        except ValueError:
            pass
        try:
            async with asyncio.timeout(limits.connect):
                rows = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
        except (OSError, TimeoutError) as error:
            raise TransportError("network.refused", sent=False) from error
        found = tuple(dict.fromkeys(str(row[4][0]) for row in rows))
        good = tuple(one for one in found if not self.strict or allowed(one, tuple(peer.reach)))
        if not good:
            raise TransportError("peer.forbidden-address", sent=False)
        return good
