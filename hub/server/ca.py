"""Certificate services over HTTP: what is asked changes nothing, so nothing of it is written down.

No entry, count or log line follows a question: before an opening they would tell who is getting ready.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import msgspec
from aiohttp import web

from hub.ca.explaining import explained, words
from hub.ca.question import body_of
from hub.server.context import Context
from hub.server.intake import MOST_BATCH_PARTS, check_density
from hub.server.problem import document
from hub.server.routes import Asked

_encode = msgspec.json.Encoder().encode


async def recognise(ctx: Context, asked: Asked) -> web.StreamResponse:
    return _response(await recognised(ctx, asked.principal, asked.body))


async def recognised(ctx: Context, principal: str, body: bytes) -> bytes:
    """`{certificate, chain?, at?, purpose?, sector?, medium?, subject?, revocation?, crls?, ocsp?}`."""
    return _written(await ctx.hub.ca.recognise(principal, _read(body)))


async def verify(ctx: Context, asked: Asked) -> web.StreamResponse:
    return _response(await verified(ctx, asked.principal, asked.body))


async def verified(ctx: Context, principal: str, body: bytes) -> bytes:
    """`{kind?, signature, data? | digest?, certificate?, …}`, or `{"items": [...]}`."""
    return _written(await ctx.hub.ca.verify(principal, _read(body)))


async def stamp(ctx: Context, asked: Asked) -> web.StreamResponse:
    """`{data | digest, policy?, certificates?}` -> a token; `{token, data | digest}` -> whether it holds."""
    value = _value(asked)
    if isinstance(value, dict) and "token" in value:
        rest = {name: one for name, one in value.items() if name != "token"}
        question = {"kind": "timestamp", "signature": value["token"], **rest}
        return _answer(await ctx.hub.ca.verify(asked.principal, question))
    return _answer(await ctx.hub.ca.stamp(asked.principal, value))


async def explain(ctx: Context, asked: Asked) -> web.StreamResponse:
    """`{file, name?, data?, …}`: anything that holds certificates or signatures."""
    return _answer(await ctx.hub.ca.explain(asked.principal, _value(asked), explained))


async def reference(ctx: Context, asked: Asked) -> web.StreamResponse:
    """The words of the explaining page."""
    return document(words())


async def platform(ctx: Context, asked: Asked) -> web.StreamResponse:
    """Whom to seal to: `application` for secrets of the asker's, `encryption` for the centre's, `bids` for
    bids alone; and who signs for us."""
    return _answer(await ctx.hub.envelopes.platform(asked.principal))


async def seal(ctx: Context, asked: Asked) -> web.StreamResponse:
    """`{content, recipients, model?, cipher?, arc?, chain?}` -> `{envelope}`; files by digest."""
    return _answer(await ctx.hub.envelopes.seal(asked.principal, _value(asked)))


async def unseal(ctx: Context, asked: Asked) -> web.StreamResponse:
    """`{envelope, shares?, bound?}` -> the verdict, and the content if it opens."""
    return _answer(await ctx.hub.envelopes.open(asked.principal, _value(asked)))


async def trust_list(ctx: Context, asked: Asked) -> web.StreamResponse:
    """As the centre signed it: whoever has the centre's certificate can check it without us. `?have=` the
    digest of a list that was ours: what changed since (`certs.trustlist.delta`), if we still know it."""
    raw = await ctx.hub.ca.trust_list(asked.request.query.get("have", "")[:80])
    return web.Response(
        body=raw, content_type="application/json", charset="utf-8", headers={"Cache-Control": "no-store"}
    )


def _value(asked: Asked) -> Any:
    return _read(asked.body)


def _read(body: bytes) -> Any:
    check_density(body, MOST_BATCH_PARTS)
    return body_of(body)


def _written(said: Mapping[str, Any]) -> bytes:
    value = {"code": "0000", **said}
    try:
        return _encode(value)
    except (UnicodeEncodeError, OverflowError, TypeError):
        # A name in a certificate may hold half a character; showing it must not break the answer.
        return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")


def _answer(said: Mapping[str, Any]) -> web.Response:
    return _response(_written(said))


def _response(body: bytes) -> web.Response:
    return web.Response(
        body=body, content_type="application/json", charset="utf-8", headers={"Cache-Control": "no-store"}
    )
