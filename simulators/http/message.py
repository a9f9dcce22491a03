"""Bytes of answers, the caller's trace told back, and what of a request the wire decides."""

from __future__ import annotations

import re
from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import unquote

from simulators.http.dispatch import Found
from simulators.wire import Reply, Request

MAX_BODY = 32 * 2**20
MAX_HEAD = 64 * 2**10
_TRACE = re.compile(r"00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}", re.ASCII)
_LINES = {status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n" for status in HTTPStatus}
_BODILESS = frozenset({204, 304})


def trace_of(headers: Mapping[str, str]) -> str:
    """The caller's trace context told back, so that a run can be followed to here (W3C Trace Context)."""
    given = headers.get("traceparent", "")
    return given if given and _TRACE.fullmatch(given) else ""


def request_of(
    method: str, target: str, found: Found, headers: Mapping[str, str], body: bytes, origin: str, member: str
) -> Request:
    """`target` is the path and query as they stood on the wire; `origin` is `scheme://host`."""
    _, _, query = target.partition("?")
    base = origin + found.prefix
    return Request(method, found.rest, query, headers, body, base, target, member)


def path_of(target: str) -> str:
    """The decoded path of a request target."""
    path = target.partition("?")[0]
    return unquote(path) if "%" in path else path


def head(reply: Reply, trace: str, keep: bool, length: int) -> bytes:
    """Status line and headers. A system that names its own length (a lie, perhaps) is let do so."""
    lines = [_LINES.get(reply.status) or f"HTTP/1.1 {reply.status} \r\n"]
    names = {name.lower() for name in reply.headers}
    lines += [f"{name}: {value}\r\n" for name, value in reply.headers.items()]
    if trace:
        lines.append(f"traceparent: {trace}\r\n")
    if "content-length" not in names and reply.status not in _BODILESS:
        lines.append(f"Content-Length: {length}\r\n")
    if not keep:
        lines.append("Connection: close\r\n")
    lines.append("\r\n")
    return "".join(lines).encode("utf-8", "surrogateescape")


def whole(reply: Reply, trace: str, keep: bool, *, bodiless: bool = False) -> bytes:
    """An answer as bytes; to HEAD without its body."""
    told = head(reply, trace, keep, len(reply.body))
    return told if bodiless or reply.status in _BODILESS else told + reply.body


def beginning(reply: Reply, keep: int) -> bytes:
    """The first bytes of an answer that breaks off."""
    told = f"HTTP/1.1 {reply.status} OK\r\nContent-Length: {len(reply.body)}\r\n\r\n"
    return told.encode("ascii") + reply.body[:keep]
