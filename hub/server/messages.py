"""Messages in, traces and proofs out: the native JSON binding.

The body goes to the hub as the bytes that came. What is not there and what is not yours get one and
the same answer, decided by the hub; nothing here looks twice.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from hub.engine import Reader
from hub.errors import SenderError
from hub.message import parse
from hub.ports import Answer
from hub.server.context import Context
from hub.server.diagnosis import explained
from hub.server.intake import JSON_MEDIA, MOST_BATCH_PARTS, check_density, check_media, read_body
from hub.server.problem import NOT_FOUND, as_document, document, refusal, respond, say
from hub.server.routes import Asked
from hub.server.tls import marks
from hub.tracing.context import HEADER
from hub.tracing.context import Context as Trace
from hub.tracing.context import parse as parse_context

_FROM = re.compile(rb'"from"\s*:\s*"([A-Z][0-9]{2}|centre)"')


def throttle(ctx: Context, remote: str | None, body: bytes, cost: int = 1) -> Answer | None:
    """The rate answer, or None to go on.

    A message's sender is only claimed at this point, so the share belongs to claim and address
    together: nobody can use up another member's by naming it.
    """
    if not ctx.limiter.on:
        return None
    wait = ctx.limiter.wait(f"{claimed_sender(body)}@{remote}", ctx.ticks(), cost)
    if not wait:
        return None
    return say(429, "hub.rate", "请求过于频繁,请按 Retry-After 稍后重试", retry_after=wait)


def claimed_sender(body: bytes) -> str:
    match = _FROM.search(body[:4096])
    return match[1].decode("ascii") if match else ""


async def submit(ctx: Context, asked: Asked) -> web.StreamResponse:
    check_media(asked.request, JSON_MEDIA)
    body = await read_body(asked.request, ctx.limits)
    return respond(await taken(ctx, asked.request.remote, body, bearer(ctx, asked.request)))


def bearer(ctx: Context, request: web.Request) -> frozenset[str] | None:
    """The members for whom the connection's certificate stands, if it showed one."""
    return ctx.bearer(marks(request.transport))


async def taken(ctx: Context, remote: str | None, body: bytes, borne: frozenset[str] | None) -> Answer:
    """The answer to one message, from whichever door it came; raises HubError."""
    check_density(body)
    limited = throttle(ctx, remote, body)
    return limited or await explained(ctx, body, await ctx.hub.submit(body, borne))


async def service(ctx: Context, asked: Asked) -> web.StreamResponse:
    """The path names the service a caller means; the signed message must mean the same."""
    check_media(asked.request, JSON_MEDIA)
    body = await read_body(asked.request, ctx.limits)
    check_density(body)
    wanted = asked.request.match_info["message_type"]
    limited = throttle(ctx, asked.request.remote, body)
    refused = limited or mismatch(body, wanted)
    borne = bearer(ctx, asked.request)
    return respond(refused or await explained(ctx, body, await ctx.hub.service(body, borne)))


def mismatch(body: bytes, wanted: str) -> Answer | None:
    """A message of another type than the path says is a mistake of the caller's routing."""
    value = parse(body).value
    head = value.get("head") if isinstance(value, dict) else None
    stated = head.get("msgType") if isinstance(head, dict) else None
    if stated is None or stated == wanted:
        return None  # whatever else is wrong with it, the hub tells
    return say(422, "service.path", f"路径中的服务 {wanted} 与报文 msgType {stated} 不一致")


async def batch(ctx: Context, asked: Asked) -> web.StreamResponse:
    """`{"messages": [envelope, …]}` or one envelope a line (application/x-ndjson): a result for each.

    In a JSON batch each message is judged by its canonical bytes, in an ndjson batch by its line as
    it came. One message's fault never stops the others.
    """
    check_media(asked.request, JSON_MEDIA | {"application/x-ndjson"})
    body = await read_body(asked.request, ctx.batch_limits)
    check_density(body, MOST_BATCH_PARTS)
    # Splitting a large batch takes its time; the others' messages must not wait for it.
    parts, refused = await asyncio.to_thread(_parts, body, asked.request.content_type)
    if refused is not None:
        return respond(refused)
    if len(parts) > ctx.settings.max_batch:
        advice = f"一批不超过 {ctx.settings.max_batch} 条,本批 {len(parts)} 条"
        return respond(say(413, "batch.too-long", advice))
    limited = throttle(ctx, asked.request.remote, body, cost=len(parts))
    if limited:
        return respond(limited)
    borne = bearer(ctx, asked.request)
    # Together, so that one group commit carries many; started in their order, answered in their order.
    given = parse_context(asked.request.headers.get(HEADER))
    answers = await asyncio.gather(*(_one(ctx, part, borne, given) for part in parts))
    return document({"results": [{"status": answer.status, **as_document(answer)} for answer in answers]})


async def _one(ctx: Context, part: bytes, borne: frozenset[str] | None, given: Trace | None) -> Answer:
    """Each has spans of its own: one that may be known must not carry out those of one that may not."""
    try:
        check_density(part)
    except SenderError as error:
        return refusal(error)
    with ctx.hub.tracer.request("hutong.receive", given):
        return await ctx.hub.submit(part, borne)


def _parts(body: bytes, media: str) -> tuple[list[bytes], Answer | None]:
    if media == "application/x-ndjson":
        return [line for line in body.split(b"\n") if line.strip()], None
    try:
        value = json.loads(body, object_pairs_hook=_Pairs)
    except (ValueError, RecursionError):
        return [], say(422, "json.malformed", "批量请求体不是 JSON", findings=parse(body).findings)
    members = dict(value) if isinstance(value, _Pairs) else {}
    messages = members.get("messages")
    if not isinstance(messages, list):
        return [], say(422, "batch.shape", '批量请求体应为 {"messages": [报文, …]}')
    try:
        return [_again(message).encode("utf-8", "surrogatepass") for message in messages], None
    except RecursionError:
        return [], say(422, "json.depth", "嵌套层数过多", findings=parse(body).findings)


class _Pairs(list[tuple[str, Any]]):
    """An object with its members as they came, doubled ones too: the hub must see what was sent."""


def _again(value: Any) -> str:
    if isinstance(value, _Pairs):
        inner = ",".join(f"{json.dumps(name, ensure_ascii=False)}:{_again(member)}" for name, member in value)
        return "{" + inner + "}"
    if isinstance(value, list):
        return "[" + ",".join(_again(member) for member in value) + "]"
    return json.dumps(value, ensure_ascii=False)


async def trace(ctx: Context, asked: Asked) -> web.StreamResponse:
    found = ctx.hub.trace(Reader(asked.principal), asked.request.match_info["hub_id"])
    return _or_not_found(found)


async def find(ctx: Context, asked: Asked) -> web.StreamResponse:
    query = asked.request.query
    sender, msg_id = query.get("from", ""), query.get("msgId", "")
    if not sender or not msg_id:
        return respond(say(400, "query.incomplete", "查询须带 from 与 msgId"))
    return _or_not_found(ctx.hub.find(Reader(asked.principal), sender, msg_id))


async def proof(ctx: Context, asked: Asked) -> web.StreamResponse:
    found = ctx.hub.proof(Reader(asked.principal), asked.request.match_info["hub_id"])
    return _or_not_found(found)


def _or_not_found(found: Mapping[str, Any] | None) -> web.Response:
    return respond(NOT_FOUND) if found is None else document(found)
