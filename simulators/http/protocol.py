"""An asyncio protocol over llhttp (httptools): most calls are answered before the loop turns.

Only a call whose fault wants it to wait becomes a task; those behind it on the same connection then wait in
order. What the systems see is the same as through aiohttp, at about a third of the processor's time.
"""

from __future__ import annotations

import asyncio
import importlib
import logging
from collections import deque
from typing import Any

from simulators.faults.act import AS_USUAL, Act
from simulators.http.dispatch import Dispatch, Found
from simulators.http.message import MAX_BODY, MAX_HEAD, beginning, path_of, request_of, trace_of, whole
from simulators.serving import met, serve
from simulators.wire import Reply, Request

httptools: Any = importlib.import_module("httptools")
IDLE = 75.0
_log = logging.getLogger(__name__)


class HttpProtocol(asyncio.Protocol):
    """One connection."""

    def __init__(self, dispatch: Dispatch, scheme: str, open_ones: set[HttpProtocol]) -> None:
        self._dispatch, self._scheme, self._open = dispatch, scheme, open_ones
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._parser: Any = httptools.HttpRequestParser(self)
        self._waiting: deque[tuple[Found, Request, bool]] = deque()
        self._task: asyncio.Task[None] | None = None
        self._member = ""
        self._last = self._loop.time()
        self._timer: asyncio.TimerHandle | None = None
        self.on_message_begin()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]
        self._open.add(self)
        certificate = transport.get_extra_info("peercert")
        if certificate:
            parts = (f"{n}={v}" for part in certificate.get("subject", ()) for n, v in part)
            self._member = ",".join(parts)
        self._timer = self._loop.call_later(IDLE, self._tire)

    def connection_lost(self, _error: Exception | None) -> None:
        self._transport = None
        self._open.discard(self)
        if self._timer is not None:
            self._timer.cancel()
        if self._task is not None:
            self._task.cancel()

    def pause_writing(self) -> None:
        if self._transport is not None:
            self._transport.pause_reading()

    def resume_writing(self) -> None:
        if self._transport is not None and self._task is None:
            self._transport.resume_reading()

    def data_received(self, data: bytes) -> None:
        self._last = self._loop.time()
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._refuse(400)
        except (httptools.HttpParserError, UnicodeError):
            self._refuse(400)

    def on_message_begin(self) -> None:
        self._target = b""
        self._headers: dict[str, str] = {}
        self._parts: list[bytes] = []
        self._size = self._head = 0

    def on_url(self, url: bytes) -> None:
        self._target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self._head += len(name) + len(value)
        if self._head > MAX_HEAD:
            self._refuse(431)
        self._headers[name.decode("latin-1").lower()] = value.decode("utf-8", "replace")

    def on_headers_complete(self) -> None:
        if self._headers.get("content-length", "0").isdigit():
            self._over(int(self._headers.get("content-length", "0")))
        if self._headers.get("expect", "").lower() == "100-continue" and self._transport is not None:
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, body: bytes) -> None:
        self._size += len(body)
        if not self._over(self._size):
            self._parts.append(body)

    def _over(self, size: int) -> bool:
        if size > MAX_BODY:
            self._refuse(413)
        return size > MAX_BODY

    def on_message_complete(self) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        keep = self._parser.should_keep_alive()
        target = self._target.decode("ascii", "replace")
        if "://" in target[:8]:
            target = "/" + target.split("/", 3)[-1]
        found = self._dispatch.find(path_of(target))
        method = self._parser.get_method().decode("ascii")
        if found is None:
            self._write(Reply(404), "", keep, method)
            return
        origin = f"{self._scheme}://{self._headers.get('host', '')}"
        body = self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
        request = request_of(method, target, found, self._headers, body, origin, self._member)
        if self._task is not None:
            self._waiting.append((found, request, keep))
            return
        self._meet(found, request, keep)

    def _meet(self, found: Found, request: Request, keep: bool) -> None:
        """Answer at once, or begin a task for a call that has to wait."""
        system = found.system
        name, act = drawn = system.faults.next(request)
        if act.before or act.after:
            if self._transport is not None:
                self._transport.pause_reading()
            self._task = self._loop.create_task(self._later(found, request, keep, drawn))
            return
        try:
            reply = met(system, request, found.clock(), name, act)
        except Exception:
            _log.exception("%s %s", system.desk.id, request.path)
            reply, act = Reply(500), AS_USUAL
        self._send(request, reply, act, keep)

    async def _later(self, found: Found, request: Request, keep: bool, drawn: tuple[str, Act]) -> None:
        reply, act = await serve(found.system, request, found.clock, drawn)
        self._send(request, reply, act, keep)
        self._task = None
        while self._waiting and self._task is None:
            self._meet(*self._waiting.popleft())
        if self._task is None and self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()

    def _send(self, request: Request, reply: Reply | None, act: Act, keep: bool) -> None:
        if self._transport is None:
            return
        if reply is not None and not act.cut:
            self._write(reply, trace_of(request.headers), keep, request.method)
        elif act.cut_after and reply is not None:
            self._transport.write(beginning(reply, act.cut_after))
            self._transport.close()
        else:
            self._transport.abort()

    def _write(self, reply: Reply, trace: str, keep: bool, method: str) -> None:
        if self._transport is not None:
            self._transport.write(whole(reply, trace, keep, bodiless=method == "HEAD"))
            if not keep:
                self._transport.close()

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def _refuse(self, status: int) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(whole(Reply(status), "", False))
            self._transport.close()

    def _tire(self) -> None:
        """Close a connection on which nothing came for IDLE seconds, unless its answer is still waiting."""
        idle = self._loop.time() - self._last
        if self._task is None and idle >= IDLE and self._transport is not None:
            self._transport.close()
        else:
            self._timer = self._loop.call_later(max(1.0, IDLE - idle), self._tire)
