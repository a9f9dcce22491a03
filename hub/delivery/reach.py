"""Where a listed host name may lead: the answer of the name service is looked at before it is called.

A name is somebody else's to point anywhere, also at an address inside, and to another one the next
moment (DNS rebinding). So it is resolved once, what may not be called is taken out, and the
connection goes to what is left. An inner network (private, loopback, link-local with the metadata services
of clouds) may be reached only if the peer's row says so in `reach`; an address written out in `base` is
listed by being there.
"""

from __future__ import annotations

import socket
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from aiohttp.abc import AbstractResolver, ResolveResult

Network = IPv4Network | IPv6Network


class ForbiddenAddressError(OSError):
    """The name leads only to addresses that may not be called."""


def allowed(text: str, reach: tuple[Network, ...]) -> bool:
    """May this address be called? Addresses in disguise (IPv4 in IPv6) are judged as what they are."""
    address = _bare(ip_address(text.partition("%")[0]))
    return (address.is_global and not address.is_multicast) or any(address in network for network in reach)


def _bare(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    if isinstance(address, IPv4Address):
        return address
    return address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1] or address


class Guard(AbstractResolver):
    """A resolver that leaves out what may not be called; `lists` says per host name what may be besides."""

    def __init__(self, inner: AbstractResolver) -> None:
        self._inner = inner
        self.lists: dict[str, tuple[Network, ...]] = {}

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._inner.resolve(host, port, family)
        good = [row for row in found if allowed(row["host"], self.lists.get(host, ()))]
        if not good:
            raise ForbiddenAddressError(f"{host} leads inside")
        return good

    async def close(self) -> None:
        await self._inner.close()
