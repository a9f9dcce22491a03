"""The same over aiohttp, where httptools is not installed: slower, and nothing else."""

from __future__ import annotations

from aiohttp import web

from simulators.http.dispatch import Dispatch
from simulators.http.message import MAX_BODY, beginning, path_of, request_of, trace_of
from simulators.serving import serve
from simulators.wire import Reply


class AiohttpShell:
    """A low-level aiohttp handler over a dispatch table."""

    def __init__(self, dispatch: Dispatch) -> None:
        self._dispatch = dispatch

    async def handle(self, call: web.BaseRequest) -> web.StreamResponse:
        found = self._dispatch.find(path_of(call.raw_path))
        if found is None:
            return web.Response(status=404)
        if call.content_length is not None and call.content_length > MAX_BODY:
            return web.Response(status=413)
        body = await _read(call)
        if body is None:
            return web.Response(status=413)
        headers = {name.lower(): _text(value) for name, value in call.headers.items()}
        origin = f"{call.scheme}://{headers.get('host', '')}"
        request = request_of(call.method, call.raw_path, found, headers, body, origin, _member(call))
        reply, act = await serve(found.system, request, found.clock)
        if act.cut or reply is None:
            return _cut(call, reply, act.cut_after)
        trace = trace_of(headers)
        told = {**reply.headers, **({"traceparent": trace} if trace else {})}
        return web.Response(status=reply.status, headers=told, body=reply.body)


async def _read(call: web.BaseRequest) -> bytes | None:
    chunks, size = [], 0
    async for chunk in call.content.iter_any():
        size += len(chunk)
        if size > MAX_BODY:
            return None
        chunks.append(chunk)
    return b"".join(chunks)


def _member(call: web.BaseRequest) -> str:
    certificate = call.get_extra_info("peercert")
    if not certificate:
        return ""
    return ",".join(f"{n}={v}" for part in certificate.get("subject", ()) for n, v in part)


def _text(value: str) -> str:
    """A header value that can be encoded again, whatever bytes it came as."""
    return value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _cut(call: web.BaseRequest, reply: Reply | None, keep: int) -> web.StreamResponse:
    """Send the first bytes of an answer, if any are wanted, and close without the rest."""
    transport = call.transport
    if transport is not None:
        if keep and reply is not None:
            transport.write(beginning(reply, keep))
            transport.close()
        else:
            transport.abort()
    return web.Response(status=500)
