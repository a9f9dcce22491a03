"""The first seat: whoever calls the system's inbound, export and control.

Thin on purpose: it sends exactly the bytes it is given and brings back exactly what came.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from certs.algorithms.digest import digest
from conformance.record import Exchange, Record
from conformance.verdict import SystemUnreachable
from hub.message import Key, parse, sign_request

TIMEOUT = aiohttp.ClientTimeout(total=10)
MAX_ANSWER = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer; header names are lower case. `json` is None where the body is no JSON object."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, Any] | None:
        value = parse(self.body).value
        return value if isinstance(value, dict) else None

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    @property
    def accepted(self) -> bool:
        """Taken: a 2xx whose own code says so."""
        return self.ok and self.json is not None and self.json.get("code") == "0000"

    @property
    def refused(self) -> bool:
        """Not taken, and said so: by status, or at least by a code of its own.

        That the status has to be an error is a clause of its own (EX-ERR-01), so that one mistake
        of a system is one finding and not twenty.
        """
        code = (self.json or {}).get("code")
        return 400 <= self.status < 500 or (self.ok and isinstance(code, str) and code not in ("", "0000"))

    @property
    def receipt(self) -> dict[str, Any]:
        found = (self.json or {}).get("receipt")
        return found if isinstance(found, dict) else {}

    @property
    def finding_codes(self) -> list[str]:
        found = (self.json or {}).get("findings")
        rows = found if isinstance(found, list) else []
        return [str(row.get("code", "")) for row in rows if isinstance(row, dict)]

    @property
    def codes(self) -> set[str]:
        """The problem's own code and those of its findings."""
        return {str((self.json or {}).get("code", "")), *self.finding_codes} - {""}

    def said(self) -> str:
        """Status and body for "observed"."""
        return f"HTTP {self.status}\n{self.body[:2000].decode('utf-8', 'backslashreplace')}"


class Client:
    """Sends to one system and writes everything into the current record."""

    def __init__(self, *, ca: Path | None = None, rate: float = 0) -> None:
        self._pause = 1 / rate if rate else 0.0
        self._free_at = 0.0
        self._tls = ssl.create_default_context(cafile=str(ca)) if ca else None
        self._session: aiohttp.ClientSession | None = None
        self.record = Record()

    async def __aenter__(self) -> Client:
        self._session = aiohttp.ClientSession(timeout=TIMEOUT, auto_decompress=True)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._session is not None:
            await self._session.close()

    async def send(
        self,
        method: str,
        url: str,
        *,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        note: str = "",
    ) -> Reply:
        """One request; raises SystemUnreachable when no complete answer comes."""
        if self._session is None:
            raise RuntimeError("the client is used inside `async with`")
        sent = dict(headers or {})
        await self._keep_pace()
        begun = monotonic()
        try:
            async with self._session.request(
                method,
                url,
                data=body if body else None,
                headers=sent,
                allow_redirects=False,
                ssl=self._tls if self._tls is not None else True,
            ) as answer:
                content = await _bounded(answer)
                reply = Reply(answer.status, {k.lower(): v for k, v in answer.headers.items()}, content)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            self._keep(method, url, sent, body, Reply(0, {}, repr(error).encode()), begun, note)
            raise SystemUnreachable(f"{method} {url}: {type(error).__name__} {error}") from error
        self._keep(method, url, sent, body, reply, begun, note)
        return reply

    async def _keep_pace(self) -> None:
        """Not faster than the vendor declared its system can take."""
        wait = self._free_at - monotonic()
        if wait > 0:
            await asyncio.sleep(wait)
        self._free_at = monotonic() + self._pause

    def _keep(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes,
        reply: Reply,
        begun: float,
        note: str,
    ) -> None:
        millis = round((monotonic() - begun) * 1000)
        self.record.add(
            Exchange(
                "suite", method, url, headers, body, reply.status, reply.headers, reply.body, millis, note
            )
        )


async def _bounded(answer: aiohttp.ClientResponse) -> bytes:
    """The body up to the limit; what is longer is cut, never collected."""
    content = bytearray()
    async for chunk in answer.content.iter_chunked(65536):
        content += chunk
        if len(content) >= MAX_ANSWER:
            break
    return bytes(content[:MAX_ANSWER])


def signed_headers(
    method: str, url: str, key: Key, now: datetime, nonce: Callable[[], str], body: bytes = b""
) -> dict[str, str]:
    """Headers of a request without envelope: method, path, query and (if any) the body's digest."""
    parts = urlsplit(url)
    target = f"{parts.path}?{parts.query}" if parts.query else parts.path
    body_digest = f"sm3:{digest(body).hex()}" if body else ""
    headers = sign_request(method, target, key, now=now, nonce=nonce(), body_digest=body_digest)
    return {**headers, "Content-Type": "application/json"} if body else headers
