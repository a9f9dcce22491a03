"""The wire: dispatch by exact prefix, and the only place where faults are carried out."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping
from datetime import datetime

from aiohttp import web

from simulators.system import System
from simulators.wire import Reply, Request

MAX_BODY = 32 * 2**20
_TRACE = re.compile(r"00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}", re.ASCII)


class FleetServer:
    """`/<ID>/rest/of/path` goes to system ID; everything else is nobody's (404)."""

    def __init__(self, systems: Mapping[str, System], clock: Callable[[], datetime], alone: str = "") -> None:
        self._systems = systems
        self._clock = clock
        self._alone = alone

    async def handle(self, call: web.BaseRequest) -> web.StreamResponse:
        """`alone` is the one system of a listener of its own, whose addresses have no prefix."""
        ident, _, rest = call.path.lstrip("/").partition("/")
        if self._alone:
            ident, rest = self._alone, call.path.lstrip("/")
        system = self._systems.get(ident)
        if system is None:
            return web.Response(status=404)
        if call.content_length is not None and call.content_length > MAX_BODY:
            return web.Response(status=413)
        try:
            request = await _read(call, ident, rest)
        except ValueError:
            return web.Response(status=413)
        return await self._serve(call, system, request)

    async def _serve(self, call: web.BaseRequest, system: System, request: Request) -> web.StreamResponse:
        name, act = system.faults.next(request)
        if act.before:
            await asyncio.sleep(act.before)
        now = self._clock()
        reply = system.answer(request, now, act)
        system.note(now, request, None if act.cut else reply, name)
        if act.after:
            await asyncio.sleep(act.after)
        if act.cut or reply is None:
            return _cut(call, reply, act.cut_after)
        headers = {**reply.headers, **_trace(call)}
        return web.Response(status=reply.status, headers=headers, body=reply.body)


def _trace(call: web.BaseRequest) -> dict[str, str]:
    """The caller's trace context told back, so that a run can be followed to here (W3C Trace Context)."""
    given = call.headers.get("traceparent", "")
    return {"traceparent": given} if _TRACE.fullmatch(given) else {}


async def _read(call: web.BaseRequest, ident: str, rest: str) -> Request:
    chunks, size = [], 0
    async for chunk in call.content.iter_any():
        size += len(chunk)
        if size > MAX_BODY:
            raise ValueError("body over limit")
        chunks.append(chunk)
    certificate = call.get_extra_info("peercert")
    member = ""
    if certificate:
        member = ",".join(f"{n}={v}" for part in certificate.get("subject", ()) for n, v in part)
    return Request(
        call.method,
        f"/{rest}",
        call.query_string,
        {name.lower(): _text(value) for name, value in call.headers.items()},
        b"".join(chunks),
        f"{call.scheme}://{call.host}/{ident}",
        call.path_qs if not call.rel_url.raw_path else call.rel_url.raw_path_qs,
        member,
    )


def _text(value: str) -> str:
    """A header value that can be encoded again, whatever bytes it came as."""
    return value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _cut(call: web.BaseRequest, reply: Reply | None, keep: int) -> web.StreamResponse:
    """Send the first bytes of an answer, if any are wanted, and close without the rest."""
    transport = call.transport
    if transport is not None:
        if keep and reply is not None:
            head = f"HTTP/1.1 {reply.status} OK\r\nContent-Length: {len(reply.body)}\r\n\r\n"
            transport.write(head.encode("ascii") + reply.body[:keep])
            transport.close()
        else:
            transport.abort()
    return web.Response(status=500)
