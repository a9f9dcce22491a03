"""A document sealed on the page: prepared here, its digest sealed by token or telephone, put together here.

The file goes through memory twice and stays nowhere. It is a stranger's like one dropped on the page that
explains, so it has that page's bounds; the cookie of logging in is asked for besides.
"""

from __future__ import annotations

import base64
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from hub.auth.refusing import refusal as refused
from hub.ca.question import MEDIA, Reading, body_of
from hub.ca.sealing import finished, place_of, prepared
from hub.errors import HubError
from hub.server.auth import COOKIE
from hub.server.certificates import MOST_MIB
from hub.server.context import Context
from hub.server.intake import JSON_MEDIA, Limits, check_media, read_body
from hub.server.problem import document, refusal, respond
from hub.server.routes import Asked

_LIMIT = (MOST_MIB << 20) * 4 // 3 + (1 << 19)  # in base64, with a certificate or a seal beside it
_COOKIE = 32
_PREPARE = frozenset({"file", "certificate", "seal", "place"})
_SEAL = frozenset({"prepared", "signature", "medium"})
Work = Callable[[Context, Any], Awaitable[dict[str, Any]]]


def _visited(work: Work) -> Callable[[Context, Asked], Awaitable[web.StreamResponse]]:
    async def handle(ctx: Context, asked: Asked) -> web.StreamResponse:
        request = asked.request
        try:
            async with ctx.visitors.enter(request.remote or "", ctx.ticks()):
                check_media(request, JSON_MEDIA)
                if len(request.cookies.get(COOKIE, "")) < _COOKIE:
                    raise refused("session.unknown")
                value = body_of(await read_body(request, Limits(_LIMIT, ctx.settings.body_timeout)))
                async with ctx.visitors.turn:
                    return document({"code": "0000", **await work(ctx, value)})
        except HubError as error:
            return respond(refusal(error))  # here, because the edge counts what it refuses

    return handle


async def _prepare(ctx: Context, value: Any) -> dict[str, Any]:
    """`{file, certificate?, seal?, place?}` -> `{kind, digest, prepared}`; place: `"page left top"`, mm."""
    ca = ctx.hub.ca

    def work() -> dict[str, Any]:
        reading = Reading(value, _PREPARE)
        raw, certificate = reading.octets("file", needed=True), reading.octets("certificate")
        seal, place = reading.octets("seal"), reading.text("place")
        reading.refuse()
        kind, made = prepared(raw or b"", certificate, ctx.clock(), place_of(place, seal))
        return {"kind": kind, "digest": f"sm3:{made.imprint.hex()}", "prepared": _text(made.data)}

    return await ca.work(work, slow=True)


async def _seal(ctx: Context, value: Any) -> dict[str, Any]:
    """`{prepared, signature, medium?}` -> the result object, and the file unless it is plainly wrong."""
    ca = ctx.hub.ca

    def work() -> tuple[dict[str, Any], str]:
        reading = Reading(value, _SEAL)
        raw, seal = reading.octets("prepared", needed=True), reading.octets("signature", needed=True)
        medium = reading.choice("medium", MEDIA)
        reading.refuse()
        kind, whole = finished(raw or b"", seal or b"")
        text = _text(whole)
        asked = {"kind": kind, "signature": text, "purpose": "sealing"}
        return asked | ({"medium": medium} if medium else {}), text

    asked, text = await ca.work(work, slow=True)
    result = await ca.verify("", asked)
    return {"result": result} | ({"file": text} if result["result"] != "invalid" else {})


def _text(octets: bytes) -> str:
    return base64.b64encode(octets).decode("ascii")


prepare, seal = _visited(_prepare), _visited(_seal)
