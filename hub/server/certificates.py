"""The page that explains any certificate or signature to anybody.

Who asks is nobody we know, so visitors have bounds of their own: what a file may weigh, how often an
address may ask, and one question being judged at a time, so that members' documents never wait behind
more than one of theirs. As with every question nothing is written down.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from aiohttp import web

from certs.algorithms.digest import digest
from certs.cli.report import Report
from certs.identity import masked
from hub.ca.belief import Belief
from hub.ca.enclosing import looks as looks_of
from hub.ca.explaining import as_json
from hub.ca.judges import Judges
from hub.ca.question import Circumstances, Proof, body_of
from hub.ca.verifying import mode_of
from hub.console.explained import view
from hub.console.lists import rows
from hub.console.render import page
from hub.console.wording import sector
from hub.errors import HubError, SenderError
from hub.message import Finding
from hub.server.context import Context
from hub.server.intake import JSON_MEDIA, Limits, check_media, read_body
from hub.server.pages import drawn
from hub.server.problem import refusal, respond
from hub.server.routes import Asked

MOST_MIB = 8
_LIMIT = (MOST_MIB << 20) * 4 // 3 + 4096  # in base64, with the words around it
_KNOWN = frozenset({"file", "name", "data", "at", "purpose", "sector", "medium"})
_PURPOSES = (
    ("signing", "签名", "signing"),
    ("enciphering", "加密", "enciphering"),
    ("stamping", "签发时间戳", "time stamping"),
    ("anything", "不限", "anything"),
)


async def show(ctx: Context, asked: Asked) -> web.StreamResponse:
    """The page itself; what is asked with it comes to `judge`."""
    belief = await _believed(ctx)
    place = 1 if asked.request.query.get("lang") == "en" else 0
    sectors = [(one, sector(one, place)) for one in (belief.listed.sectors if belief is not None else ())]
    lists = rows(belief.listed, ctx.clock()) if belief is not None else []
    values = {"most": MOST_MIB, "purposes": _PURPOSES, "sectors": sectors, "lists": lists}
    return drawn(ctx, asked, "certificates.html", values)


async def _believed(ctx: Context) -> Belief | None:
    """Whoever opens this page is about to ask: what is judged by is read now, or made in a fresh sandbox."""
    try:
        return (await ctx.hub.ca.open()).belief
    except HubError:
        return None  # the page says so, and why it is stands in the log


async def judge(ctx: Context, asked: Asked) -> web.StreamResponse:
    """`{file, name?, data?, at?, purpose?, sector?, medium?}`, octets in base64 -> the report, drawn in both
    languages and as JSON. Refusals are answered here: not even a count of them is kept."""
    request = asked.request
    try:
        async with ctx.visitors.enter(request.remote or "", ctx.ticks()):
            check_media(request, JSON_MEDIA)
            value = _plain(body_of(await read_body(request, Limits(_LIMIT, ctx.settings.body_timeout))))
            async with ctx.visitors.turn:
                answer = await ctx.hub.ca.explain("", value, _shown)
    except HubError as error:
        return respond(refusal(error))
    return web.Response(
        body=answer, content_type="application/json", charset="utf-8", headers={"Cache-Control": "no-store"}
    )


def _plain(value: Any) -> dict[str, Any]:
    """Texts only: a visitor has no files here to name, and brings no revocation data of his own."""
    rows = value.items() if isinstance(value, dict) else ()
    wrong = [name for name, one in rows if name not in _KNOWN or not isinstance(one, str)]
    if not isinstance(value, dict) or wrong:
        at = f"/{wrong[0][:60]}" if wrong else ""
        finding = Finding("ca.request", at, " ".join(sorted(_KNOWN)), "", "改为页面所发的成员")
        raise SenderError("请求不成立 / not a question", code=finding.code, findings=(finding,))
    return dict(value)


def _shown(judges: Judges, made: Report, asked: Proof, about: Circumstances) -> bytes:
    """For a thread: drawn and written down."""
    looks, raw = looks_of(made, asked.signature), asked.signature
    mode, print_of = mode_of(judges, about).value, f"sm3:{digest(raw).hex()}"
    html = {
        lang: page("explained.html", lang, shown=view(made, mode, looks, lang, print_of))
        for lang in ("zh", "en")
    }
    octets = {"size": len(raw), "sm3": print_of[4:], "sha256": hashlib.sha256(raw).hexdigest()}
    report = _masked(as_json(judges, made, about)) | {"octets": octets}
    if looks is not None:
        report["looks"] = {"zh": looks.what[0], "en": looks.what[1]}
    text = json.dumps({"html": html, "report": report}, ensure_ascii=False)
    return text.encode("utf-8", "replace")  # a name in a certificate may hold half a character


def _masked(value: Any) -> Any:
    """What is saved shows no resident number whole either."""
    if isinstance(value, str):
        return masked(value)
    if isinstance(value, dict):
        return {name: _masked(one) for name, one in value.items()}
    return [_masked(one) for one in value] if isinstance(value, list | tuple) else value
