"""The page on which somebody logs in, signs and seals by token or telephone, and what it asks besides.

Logging in is `hub.server.auth`'s; here is only the judging of what a token has signed or sealed. It answers
the browser that has been given a cookie for logging in, within the bounds of our own pages: whoever has much
to verify is a member and asks `/v1/ca/verify`. Nothing is written down.
"""

from __future__ import annotations

from typing import Any

from aiohttp import web

from hub.auth.refusing import refusal
from hub.ca.question import body_of
from hub.errors import SenderError
from hub.message import Finding
from hub.server.auth import COOKIE
from hub.server.context import Context
from hub.server.intake import JSON_MEDIA, Limits, check_density, check_media, read_body
from hub.server.pages import drawn
from hub.server.problem import document
from hub.server.routes import Asked

_MOST = 1 << 19
_COOKIE = 32
_KNOWN = frozenset({"kind", "signature", "data", "digest", "medium", "purpose"})
_KINDS = frozenset({"attached", "detached", "seal"})
# The component listens on the user's own machine; the page may call nobody else but us.
_CSP = (
    "default-src 'self'; img-src 'self' data:; connect-src 'self' http://127.0.0.1:*; "
    "frame-ancestors 'none'; form-action 'self'; base-uri 'none'"
)
PROVIDERS = (
    ("C04", "C04 无介质 CA", "C04 tokenless CA"),
    ("N05", "N05 全国共享证书", "N05 shared certificates"),
)


async def show(ctx: Context, asked: Asked) -> web.StreamResponse:
    page = drawn(ctx, asked, "use.html", {"providers": PROVIDERS})
    page.headers["Content-Security-Policy"] = _CSP
    return page


async def verify(ctx: Context, asked: Asked) -> web.StreamResponse:
    """`{kind: attached | detached | seal, signature, data? | digest?, medium?, purpose?}` -> the result."""
    request = asked.request
    wait = ctx.pages.wait(request.remote or "", ctx.ticks())
    if wait:
        raise SenderError("请求过于频繁", code="hub.rate", status=429, retry_after=wait)
    check_media(request, JSON_MEDIA)
    if len(request.cookies.get(COOKIE, "")) < _COOKIE:
        raise refusal("session.unknown")
    body = await read_body(request, Limits(_MOST, ctx.limits.seconds))
    check_density(body, 1000)
    return document({"code": "0000", **await ctx.hub.ca.verify("", _plain(body_of(body)))})


def _plain(value: Any) -> dict[str, Any]:
    """One question in texts: a browser has no files here to name, nor a thousand questions at once."""
    rows = value if isinstance(value, dict) else {"": value}
    wrong = [name for name, one in rows.items() if name not in _KNOWN or not isinstance(one, str)]
    wrong += [] if rows.get("kind") in _KINDS else ["kind"]
    if wrong:
        told = " ".join(sorted(_KNOWN)) + ";kind: " + " | ".join(sorted(_KINDS))
        finding = Finding("ca.request", f"/{wrong[0][:60]}", told, "", "改为页面所发的成员")
        raise SenderError("请求不成立 / not a question", code=finding.code, findings=(finding,))
    return dict(rows)
