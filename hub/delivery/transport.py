"""Bytes to a listed peer and back over HTTP; other wires are carried by `hutong.transports` (`chooser.py`).

The list of peers is the list of targets: whatever path a codec makes, host and scheme are the peer's, and
in production a name leads only where its row allows (`reach.py`). Redirects are not followed, answers are
bounded, and nothing of a body is logged.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import aiohttp
from yarl import URL

from hub.delivery.limits import Limits
from hub.delivery.reach import ForbiddenAddressError, Guard, Network
from hub.delivery.secured import Contexts
from hub.ports import Plan, WireReply, WireRequest
from hub.tracing.context import HEADER, current

TOO_LARGE = "receiver.answer-too-large"


class TransportError(Exception):
    """`sent` False: the request certainly had no effect. True: nobody knows. `detail` is for the operator."""

    def __init__(self, code: str, *, sent: bool, detail: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.sent = sent
        self.detail = detail


class Tls(Protocol):
    """Paths of PEM files."""

    @property
    def ca(self) -> object: ...
    @property
    def cert(self) -> object: ...
    @property
    def key(self) -> object: ...


class Peer(Protocol):
    """A row of `peers.toml`."""

    @property
    def base(self) -> str: ...
    @property
    def files(self) -> str: ...
    @property
    def credentials(self) -> Mapping[str, str]: ...
    @property
    def tls(self) -> Tls | None: ...
    @property
    def poll(self) -> Plan | None: ...
    @property
    def reach(self) -> Sequence[Network]: ...


class Peers(Protocol):
    def get(self, system: str) -> Peer | None: ...


class Transport(Protocol):
    """Carries one request; raises TransportError when there is no answer."""

    async def send(self, system: str, request: WireRequest, limits: Limits) -> WireReply: ...
    async def close(self) -> None: ...


def _traced(headers: Mapping[str, str]) -> dict[str, str]:
    """With the trace context of what is being done, if the receiver may know it; a codec's own one stays."""
    context = current.get()
    if context is None or any(name.lower() == HEADER for name in headers):
        return dict(headers)
    return {**headers, HEADER: context.header}


@dataclass(slots=True)
class HttpTransport:
    """One connection pool for all peers, few connections to each."""

    peers: Peers
    per_host: int = 8
    strict: bool = False
    _guard: Guard | None = None
    _session: aiohttp.ClientSession | None = None
    _contexts: Contexts = field(default_factory=Contexts)

    async def send(self, system: str, request: WireRequest, limits: Limits) -> WireReply:
        peer = self.peers.get(system)
        if peer is None or not peer.base:
            raise TransportError("peer.unlisted", sent=False)
        url = URL(peer.base.rstrip("/") + "/" + request.path.lstrip("/"), encoded=True)
        home = URL(peer.base)
        if (url.scheme, url.host, url.port) != (home.scheme, home.host, home.port):
            raise TransportError("peer.foreign-target", sent=False)
        session = self._open()
        if self._guard is not None:
            self._guard.lists[home.host or ""] = tuple(peer.reach)
        try:
            async with session.request(
                request.method,
                url,
                headers=_traced(request.headers),
                data=request.body or None,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=limits.total, connect=limits.connect),
                ssl=self._contexts.of(peer.tls) if home.scheme == "https" else True,
            ) as reply:
                body = await reply.content.read(limits.answer + 1)
                while len(body) <= limits.answer and (more := await reply.content.read(limits.answer)):
                    body += more
                if len(body) > limits.answer:
                    raise TransportError(TOO_LARGE, sent=True)
                headers = {name.lower(): value for name, value in reply.headers.items()}
                return WireReply(reply.status, headers, body)
        except (aiohttp.ClientConnectorCertificateError, aiohttp.ClientConnectorSSLError) as error:
            raise TransportError("network.tls", sent=False) from error
        except aiohttp.ClientConnectorError as error:
            if isinstance(error.os_error, ForbiddenAddressError):
                raise TransportError("peer.forbidden-address", sent=False) from error
            raise TransportError("network.refused", sent=False) from error
        except aiohttp.ConnectionTimeoutError as error:
            raise TransportError("network.refused", sent=False) from error
        except TimeoutError as error:
            raise TransportError("network.timeout", sent=True) from error
        except (aiohttp.ClientError, OSError) as error:
            raise TransportError("network.reset", sent=True) from error

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None or self._session.closed:
            self._guard = Guard(aiohttp.DefaultResolver()) if self.strict else None
            connector = aiohttp.TCPConnector(
                limit=0, limit_per_host=self.per_host, keepalive_timeout=15, resolver=self._guard
            )
            self._session = aiohttp.ClientSession(
                connector=connector, cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=True
            )
        return self._session
