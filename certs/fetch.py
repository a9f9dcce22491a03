"""The one file of `certs` with a network: HTTP to an address from the settings, and to nowhere else.

No redirects, no proxies from the environment, no name taken from what is examined: a certificate that
points at an internal service shall not make us ask it. Size and time of an answer are bounded as a whole, so
a peer that sends one byte a minute does not hold a thread.
"""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from urllib.parse import urlsplit

LARGEST_ANSWER = 48 << 20
_CHUNK = 1 << 16


class FetchError(Exception):
    """Nothing usable came; `kind` is unreachable, slow, large, tls, forbidden or status (then `status`)."""

    def __init__(self, kind: str, status: int = 0) -> None:
        super().__init__(f"{kind} {status}" if status else kind)
        self.kind, self.status = kind, status

    @property
    def passing(self) -> bool:
        """May the same question be answered a moment later?"""
        return self.kind == "unreachable" or self.status in (502, 503, 504)


@dataclass(frozen=True, slots=True)
class Peer:
    """Whom one may ask: `base` is scheme, host, port and leading path; `ca` a file of PEM certificates.

    `allows` looks at each address a name leads to, once, and the connection goes to what it lets pass: a name
    is somebody else's to point anywhere, also inside, and to another place the next moment.
    """

    base: str
    timeout: float
    ca: str = ""
    allows: Callable[[str], bool] | None = None

    def context(self) -> ssl.SSLContext:
        """Raises OSError for a `ca` that cannot be read."""
        context = ssl.create_default_context(cafile=self.ca or None)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        return context


class Connection:
    """One kept connection to one peer; not for several threads at once."""

    def __init__(self, peer: Peer) -> None:
        url = urlsplit(peer.base)
        self._peer, self._path = peer, url.path
        host, port = url.hostname or "", url.port
        self._http = (
            http.client.HTTPSConnection(host, port, timeout=peer.timeout, context=peer.context())
            if url.scheme == "https"
            else http.client.HTTPConnection(host, port, timeout=peer.timeout)
        )
        if peer.allows is not None:
            self._http._create_connection = partial(_to, peer.allows)  # type: ignore[attr-defined]

    def post(self, path: str, body: bytes, headers: Mapping[str, str]) -> bytes:
        """The body of a 200; raises FetchError."""
        return self._ask("POST", path, body, headers)

    def get(self, path: str, headers: Mapping[str, str]) -> bytes:
        """The same without a body."""
        return self._ask("GET", path, None, headers)

    def _ask(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> bytes:
        expired = threading.Event()
        alarm = threading.Timer(self._peer.timeout, self._hang_up, (expired,))
        alarm.daemon = True
        alarm.start()
        try:
            self._http.request(method, self._path + path, body=body, headers=dict(headers))
            answer = self._http.getresponse()
            data = self._read(answer)
        except (OSError, http.client.HTTPException, FetchError) as error:
            self.close()
            raise _failure(error, expired.is_set()) from None
        finally:
            alarm.cancel()
        if expired.is_set():  # headers cut off look like headers that ended
            self.close()
            raise FetchError("slow")
        if answer.status != http.client.OK:
            raise FetchError("status", answer.status)
        return data

    def _hang_up(self, expired: threading.Event) -> None:
        """A time-out of the socket begins anew with every byte; this one does not."""
        expired.set()
        open_socket = self._http.sock
        if open_socket is not None:
            with contextlib.suppress(OSError):
                open_socket.shutdown(socket.SHUT_RDWR)

    def _read(self, answer: http.client.HTTPResponse) -> bytes:
        parts, size = [], 0
        while chunk := answer.read1(_CHUNK):
            parts.append(chunk)
            size += len(chunk)
            if size > LARGEST_ANSWER:
                raise FetchError("large")
        if answer.length:
            raise http.client.IncompleteRead(b"")
        answer.close()  # what was read is all; the connection stays
        return b"".join(parts)

    def close(self) -> None:
        self._http.close()


def _to(
    allows: Callable[[str], bool], place: tuple[str, int], timeout: float, source: object = None
) -> socket.socket:
    """A connection to one of the addresses that may be called."""
    rows = socket.getaddrinfo(*place, type=socket.SOCK_STREAM)
    good = list(dict.fromkeys(str(row[4][0]) for row in rows if allows(str(row[4][0]))))
    for last, address in enumerate(good, 1):
        try:
            return socket.create_connection((address, place[1]), timeout)
        except OSError:
            if last == len(good):
                raise
    raise FetchError("forbidden")


def _failure(error: Exception, expired: bool) -> FetchError:
    if expired or isinstance(error, TimeoutError):
        return FetchError("slow")
    if isinstance(error, FetchError):
        return error
    return FetchError("tls" if isinstance(error, ssl.SSLError) else "unreachable")
