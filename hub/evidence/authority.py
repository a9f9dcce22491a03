"""Who gives time stamps: the port, and a service asked over HTTP (RFC 3161, 3.4).

One address, the one of the settings: no redirects, no proxy from the environment, a bounded answer.
What comes back is only bytes here; `stamper` judges them before anything is kept.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

import aiohttp

from certs.trust import Trust

MOST = 1 << 20  # a reply with chain and lists is a few kilobytes
_QUERY, _REPLY = "application/timestamp-query", "application/timestamp-reply"


class StampError(Exception):
    """No stamp this time; `code` is for logs and status, `detail` (English) what service or judge said."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code} {detail}".rstrip())
        self.code, self.detail = code, detail


class Authority(Protocol):
    """A time-stamp service and whom it has to be."""

    async def ask(self, request: bytes) -> bytes:
        """DER of TimeStampReq to DER of TimeStampResp; StampError when nothing came."""

    def trust(self, now: datetime) -> Trust:
        """Whom to believe at this moment; may read files: not on the loop. Raises StampError."""

    async def close(self) -> None: ...


class HttpAuthority:
    """The service at `url`; `belief` reads the anchors anew each time, so that lists can be renewed."""

    def __init__(self, url: str, timeout: float, belief: Callable[[], Trust]) -> None:
        self._url = url
        self._timeout = aiohttp.ClientTimeout(total=timeout)
        self._belief = belief
        self._session: aiohttp.ClientSession | None = None

    async def ask(self, request: bytes) -> bytes:
        try:
            async with self._open().post(
                self._url, data=request, headers={"Content-Type": _QUERY}, allow_redirects=False
            ) as reply:
                if reply.status != 200:
                    raise StampError("tsa.http", str(reply.status))
                if reply.content_type != _REPLY:
                    raise StampError("tsa.media")
                return await _bounded(reply)
        except TimeoutError as error:
            raise StampError("tsa.timeout") from error
        except (aiohttp.ClientError, OSError) as error:
            raise StampError("tsa.unreachable", type(error).__name__) from error

    def trust(self, now: datetime) -> Trust:
        return self._belief()

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession(
                timeout=self._timeout, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False
            )
        return self._session


async def _bounded(reply: aiohttp.ClientResponse) -> bytes:
    body = b""
    async for part in reply.content.iter_chunked(1 << 16):
        body += part
        if len(body) > MOST:
            raise StampError("tsa.large")
    return body
