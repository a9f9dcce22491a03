"""Bodies: how much, how fast and in what clothes they may come. Refused before they are held.

The limit counts what arrives, not what Content-Length claims; compressed bodies are not taken, so
nothing can grow on our side of the wire.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from hub.errors import OverloadError, SenderError
from hub.message import Finding, shown

CLAUSE, TOO_LARGE = "EX-TRN-01", "EX-LIM-01"
_PIECE = 65536
MOST_PARTS = 100_000
MOST_BATCH_PARTS = 1_000_000
JSON_MEDIA = frozenset({"application/json"})
XML_MEDIA = frozenset({"text/xml", "application/soap+xml"})


@dataclass(frozen=True, slots=True)
class Limits:
    """`size` in bytes, `seconds` for the whole body."""

    size: int
    seconds: float


def refuse(
    status: int, code: str, at: str, expected: str, observed: str, advice: str, clause: str = CLAUSE
) -> SenderError:
    """A refusal of the transport: one finding, and the same code for the whole."""
    finding = Finding(code, at, expected, shown(observed), advice, clause)
    return SenderError(advice, code=code, status=status, findings=(finding,))


def check_media(request: web.Request, allowed: frozenset[str]) -> None:
    """Media type and charset must be what the binding says; raises SenderError 415."""
    if request.content_type not in allowed:
        raise refuse(
            415,
            "body.media-type",
            "/headers/Content-Type",
            " | ".join(sorted(allowed)),
            request.headers.get("Content-Type", ""),
            "请按接口标准设置 Content-Type",
        )
    charset = (request.charset or "utf-8").lower().replace("_", "-").strip("\"'")
    if charset not in {"utf-8", "utf8"}:
        raise refuse(
            415, "body.charset", "/headers/Content-Type", "utf-8", charset, "报文一律使用 UTF-8 编码"
        )
    check_coding(request)


def check_coding(request: web.Request) -> None:
    coding = request.headers.get("Content-Encoding", "identity").lower()
    if coding != "identity":
        raise refuse(415, "body.coding", "/headers/Content-Encoding", "identity", coding, "请求体请勿压缩")


def check_density(body: bytes, most: int = MOST_PARTS) -> None:
    """Refuse a text of very many tiny parts before parsing: each becomes an object many times its size."""
    if len(body) <= most:
        return  # a part has a byte at least; this spares nearly every message the counting (2 us)
    parts = body.count(b",") + body.count(b"[") + body.count(b"{")
    if parts > most:
        raise refuse(400, "json.size", "", f"<= {most} 个成员或元素", str(parts), "请拆分报文")


def here(request: web.Request) -> bool:
    """Has the whole body come already, with the head? Most have, and nothing needs to be waited for."""
    return request.content.is_eof()


async def read_body(request: web.Request, limits: Limits) -> bytes:
    """The whole body, or SenderError 413 (too large), 408 (too slow), 400 (broken off)."""
    stated = request.content_length
    if stated is not None and stated > limits.size:
        raise too_large(limits.size, f"{stated} B")
    pieces: list[bytes] = []
    size = 0
    waiting = contextlib.nullcontext() if here(request) else asyncio.timeout(limits.seconds)
    try:
        async with waiting:
            async for piece in request.content.iter_chunked(_PIECE):
                size += len(piece)
                if size > limits.size:
                    raise too_large(limits.size, f"> {limits.size} B")
                pieces.append(piece)
    except TimeoutError:
        raise too_late(limits.seconds, f"{size} B") from None
    except (web.RequestPayloadError, HttpProcessingError, ConnectionError) as error:
        raise refuse(
            400, "body.broken", "", "完整的请求体", type(error).__name__, "请求体中断,请重发"
        ) from error
    return b"".join(pieces)


def too_late(seconds: float, observed: str = "") -> SenderError:
    advice = "请求体发送过慢,请检查网络"
    return refuse(408, "body.timeout", "", f"<= {seconds:g} s", observed, advice)


def too_large(limit: int, observed: str) -> SenderError:
    advice = "报文不携带附件内容,附件只写摘要"
    return refuse(413, "message.too-large", "", f"<= {limit} B", observed, advice, TOO_LARGE)


def too_many() -> OverloadError:
    """One connection too many, in all or from one address."""
    return OverloadError("连接数已达上限,请复用连接", code="hub.connections", retry_after=5)
