"""Files in and out: parts read as they come, ranges written as they are asked for.

A digest nobody knows, one that is sealed and one that belongs to others are the same 404; a PUT of what
somebody else has sent already takes every byte, as if it were new.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from hub.engine import Reader
from hub.errors import OverloadError, SenderError
from hub.files.name import Name
from hub.files.offer import Offer, Progress
from hub.server.callers import STATED
from hub.server.context import Context
from hub.server.intake import check_coding, refuse, too_late
from hub.server.problem import NOT_FOUND, document, respond
from hub.server.routes import Asked

CLAUSE = "EX-FIL-03"
_PIECE = 65536
_SLOWEST = 8192  # bytes a second
_PART = re.compile(r"bytes ([0-9]{1,15})-([0-9]{1,15})/([0-9]{1,15})")
_RANGE = re.compile(r"bytes=([0-9]{1,15})-([0-9]{0,15})|bytes=-([0-9]{1,15})")


async def put_part(ctx: Context, asked: Asked) -> web.StreamResponse:
    """One part, or a whole small file: 202 while something is missing, 201 when it is all there now."""
    request = asked.request
    _member(ctx, asked.principal)
    if ctx.edge.draining:
        raise OverloadError("正在停机,不再接收", code="hub.draining", retry_after=10)
    name = Name.of(request.match_info["digest"])
    if name is None:
        raise refuse(
            404, "file.name", "/path/digest", "sm3:<64 位十六进制> | sha256:<…>",
            request.match_info["digest"], "路径写附件的摘要", "EX-FIL-02",
        )  # fmt: skip
    check_coding(request)
    offer = _offer(request, asked.principal, name)
    found = await ctx.hub.files.receive(offer, _body(request, ctx.settings.body_timeout))
    status = (201 if found.first else 200) if found.hub_id else 202
    return document(found.public(), status=status)


async def seen(ctx: Context, asked: Asked) -> web.StreamResponse:
    """The same as `?status`, in headers."""
    found = _progress(ctx, asked)
    if found is None:
        return respond(NOT_FOUND)
    ranges = ",".join(f"{start}-{stop - 1}" for start, stop in found.ranges)
    headers = {
        "Cache-Control": "no-store",
        "X-Hutong-File-State": str(found.public()["state"]),
        "X-Hutong-File-Size": str(found.total),
        "X-Hutong-File-Ranges": ranges,
    }
    return web.Response(headers=headers)


async def fetch(ctx: Context, asked: Asked) -> web.StreamResponse:
    if "status" in asked.request.query:
        found = _progress(ctx, asked)
        return respond(NOT_FOUND) if found is None else document(found.public())
    _member(ctx, asked.principal)
    name = Name.of(asked.request.match_info["digest"])
    row = ctx.hub.may_fetch(Reader(asked.principal), name) if name is not None else None
    if name is None or row is None:
        return respond(NOT_FOUND)
    start, stop, status = _wanted(asked.request.headers.get("Range", ""), row.size)
    with ctx.hub.files.stream(asked.principal):
        return await _send(ctx, asked.request, name, (start, stop, row.size), status)


def _progress(ctx: Context, asked: Asked) -> Progress | None:
    """How far the caller's own sending is, or that a file it may fetch is there."""
    _member(ctx, asked.principal)
    name = Name.of(asked.request.match_info["digest"])
    if name is None:
        return None
    own = ctx.hub.files.progress(asked.principal, name)
    row = ctx.hub.may_fetch(Reader(asked.principal), name)
    if own is not None or row is None:
        return own
    return Progress(name, row.size, ((0, row.size),) if row.size else (), (), row.hub_id)


async def _send(
    ctx: Context, request: web.Request, name: Name, wanted: tuple[int, int, int], status: int
) -> web.StreamResponse:
    start, stop, _ = wanted
    files = ctx.hub.files
    opened = await files.run(files.shelf.open, name)
    try:
        response = web.StreamResponse(status=status, headers=_dress(name, wanted, status))
        response.content_length = stop - start
        await response.prepare(request)
        pieces = opened.pieces(start, stop)
        while piece := await files.run(_next, pieces):
            async with asyncio.timeout(ctx.settings.body_timeout):
                await response.write(piece)
        await response.write_eof()
    finally:
        opened.close()
    return response


def _dress(name: Name, wanted: tuple[int, int, int], status: int) -> dict[str, str]:
    """Whatever it is, a browser shall neither guess nor show it."""
    start, stop, size = wanted
    headers = {
        "Content-Type": "application/octet-stream",
        "Content-Disposition": "attachment",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
        "Accept-Ranges": "bytes",
        "ETag": f'"{name.file}"',
    }
    return headers | ({"Content-Range": f"bytes {start}-{stop - 1}/{size}"} if status == 206 else {})


def _next(pieces: Iterator[bytes]) -> bytes:
    return next(pieces, b"")


def _member(ctx: Context, principal: str) -> None:
    """Files are between members that are online; said before anything is looked up."""
    if not ctx.hub.registry().online(principal):
        raise SenderError("仅在线成员可收发附件", code="member.not-online", status=403)


def _offer(request: web.Request, owner: str, name: Name) -> Offer:
    stated = request.headers[STATED]
    text = request.headers.get("Content-Range")
    length = request.content_length
    if length is None:
        raise refuse(
            411, "file.length", "/headers/Content-Length", "请求体字节数", "", "写明 Content-Length", CLAUSE
        )
    if text is None:
        return Offer(owner, name, 0, length, length, stated)
    found = _PART.fullmatch(text)
    first, last, total = (int(part) for part in found.groups()) if found else (1, 0, 0)
    if not first <= last < total or last - first + 1 != length:
        raise refuse(
            400, "file.range", "/headers/Content-Range", "bytes 首-末/总长,与请求体等长", text,
            "按 RFC 9110 书写 Content-Range", CLAUSE,
        )  # fmt: skip
    return Offer(owner, name, first, last + 1, total, stated)


def _wanted(text: str, size: int) -> tuple[int, int, int]:
    """First, behind the last, status. One range; whatever else is written asks for the whole."""
    found = _RANGE.fullmatch(text)
    if found is None:
        return 0, size, 200
    if found[3] is not None:
        start, stop = max(0, size - int(found[3])), size
    else:
        start, stop = int(found[1]), min(size, int(found[2]) + 1) if found[2] else size
    if start >= stop:
        raise refuse(416, "file.range", "/headers/Range", f"0-{size - 1}", text, "范围须在附件之内", CLAUSE)
    return start, stop, 206


async def _body(request: web.Request, seconds: float) -> AsyncIterator[bytes]:
    """The body as it comes, at no less than the slowest rate: a slow line is served, a dripping one is not.

    Only the time spent waiting for the sender counts.
    """
    size, waited, pieces = 0, 0.0, request.content.iter_chunked(_PIECE)
    ticks = asyncio.get_running_loop().time
    try:
        while True:
            begun = ticks()
            async with asyncio.timeout(seconds + size / _SLOWEST - waited):
                piece = await anext(pieces, b"")
            waited += ticks() - begun
            if not piece:
                return
            size += len(piece)
            yield piece
    except TimeoutError:
        raise too_late(seconds, f"{size} B") from None
    except (web.RequestPayloadError, HttpProcessingError, ConnectionError) as error:
        raise refuse(
            400, "body.broken", "", "完整的请求体", type(error).__name__, "请求体中断,请重发"
        ) from error
