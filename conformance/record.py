"""What was sent and received, kept as it was seen on the wire, secrets masked when written down.

A PASS without an exchange is worth nothing; the driver asks this record before it believes one.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from certs.algorithms.digest import digest

SHOWN, SHOWN_SHORT = 6000, 1200
SECRET_HEADERS = frozenset({"authorization", "x-hutong-sign", "cookie"})


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer. `by` says who asked: `suite` or `system` (at the witness)."""

    by: str
    method: str
    url: str
    request_headers: Mapping[str, str]
    request: bytes
    status: int
    response_headers: Mapping[str, str]
    response: bytes
    millis: int
    note: str = ""

    def public(self, hide: tuple[str, ...] = (), limit: int = SHOWN) -> dict[str, Any]:
        """The form of reports: bounded texts, digests of the full bytes, secrets masked."""
        return {
            "by": self.by,
            "note": self.note,
            "request": {
                "method": self.method,
                "url": self.url,
                "headers": _headers(self.request_headers),
                **_body(self.request, hide, limit),
            },
            "response": {
                "status": self.status,
                "headers": _headers(self.response_headers),
                **_body(self.response, hide, limit),
            },
            "millis": self.millis,
        }


@dataclass(slots=True)
class Record:
    """The exchanges of one case, in order."""

    exchanges: list[Exchange] = field(default_factory=list)

    def add(self, exchange: Exchange) -> None:
        self.exchanges.append(exchange)


def _headers(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: "…" if name.lower() in SECRET_HEADERS else value for name, value in headers.items()}


def _body(data: bytes, hide: tuple[str, ...], limit: int) -> dict[str, Any]:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = "base64:" + base64.b64encode(data[:limit]).decode("ascii")
    for secret in hide:
        text = text.replace(secret, "…")
    text = re.sub(r"[\x00\ud800-\udfff]", "\ufffd", text)
    shown = text if len(text) <= limit else f"{text[:limit]}…"
    return {"body": shown, "bytes": len(data), "sm3": digest(data).hex()}
