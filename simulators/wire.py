"""One HTTP exchange as values, so that every foreign side can be tried without a socket."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl


@dataclass(frozen=True, slots=True)
class Request:
    """What came in. `path` begins after the system's prefix; header names are lower case.

    `base` is how the caller addressed us (a WSDL may have to quote it); `signed` the path and query
    as they stood on the wire, prefix and all, because that is what request signatures cover.
    """

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    base: str = ""
    signed: str = ""
    member: str = ""  # subject of the client certificate, where mutual TLS was spoken

    @property
    def target(self) -> str:
        return f"{self.path}?{self.query}" if self.query else self.path

    def asked(self) -> dict[str, str]:
        """The query as pairs; the last of a repeated name wins."""
        return dict(parse_qsl(self.query, keep_blank_values=True))


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes out."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @classmethod
    def text(cls, status: int, content_type: str, body: str) -> Reply:
        return cls(status, {"Content-Type": content_type}, body.encode("utf-8"))


NO_SUCH_PATH = Reply(404)
