"""The desk over HTTP: who may take which step is the table's matter, what is chained the hub's."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aiohttp import web

from hub.errors import SenderError
from hub.message import canonical, parse
from hub.onboarding.decide import Ask, decide, event
from hub.onboarding.directory import listing
from hub.onboarding.report import digest_of, gist
from hub.onboarding.steps import CENTRE, STEPS, VENDOR, State, open_to
from hub.server.context import Context
from hub.server.problem import NOT_FOUND, document, problem, respond, say
from hub.server.routes import Asked

_FORM = 65536


def record_of(ctx: Context, system: str) -> dict[str, Any]:
    """The desk's entry of a system; {} when nobody ever asked for it.

    A system taken over at the first start has a state and no application.
    """
    return ctx.hub.registry().record(system) or {}


def filed(ctx: Context) -> list[dict[str, Any]]:
    """All entries with an application, as the desk left them."""
    return [record for record in ctx.hub.registry().records() if record.get("application")]


def actor_of(asked: Asked, system: str) -> str | None:
    """In which part the caller stands before this application; None: it is none of its business."""
    if asked.principal == "centre":
        return CENTRE
    return VENDOR if asked.principal == system else None


async def apply(ctx: Context, asked: Asked) -> web.StreamResponse:
    if len(asked.body) > _FORM:
        return respond(say(413, "message.too-large", f"申请不超过 {_FORM} 字节,材料只写摘要"))
    form = _strict(asked.body)
    system = str(form.get("system", ""))
    if system != asked.principal or system not in ctx.systems:
        return respond(say(422, "onboard.system", "申请中的 system 须为本系统编号,并在系统目录中"))
    bare = {name: value for name, value in form.items() if name != "system"}
    return await _take(ctx, asked, system, "apply", application=bare)


async def applications(ctx: Context, asked: Asked) -> web.StreamResponse:
    return document({"applications": [view(ctx, record, CENTRE) for record in filed(ctx)]})


async def show(ctx: Context, asked: Asked) -> web.StreamResponse:
    system = asked.request.match_info["system"]
    actor, record = actor_of(asked, system), record_of(ctx, system)
    if actor is None or not record:
        return respond(NOT_FOUND)
    return document(view(ctx, record, actor))


async def step(ctx: Context, asked: Asked) -> web.StreamResponse:
    """`report` carries the report itself; the others `{"cause": "…"}` or nothing."""
    system, name = asked.request.match_info["system"], asked.request.match_info["step"]
    if name not in STEPS or name in {"apply", "inherit"} or actor_of(asked, system) is None:
        return respond(NOT_FOUND)
    if name != "report":
        value = _strict(asked.body) if asked.body else {}
        return await _take(ctx, asked, system, name, cause=str(value.get("cause", "")))
    value, kept = await asyncio.to_thread(_read_report, asked.body)
    await asyncio.to_thread(_keep, ctx.settings.data / "reports", value, asked.body)
    return await _take(ctx, asked, system, name, report=kept)


async def _take(ctx: Context, asked: Asked, system: str, name: str, **given: Any) -> web.Response:
    """Decide and record under one lock: two officers cannot both be first."""
    actor = actor_of(asked, system) or ""
    async with ctx.desk:
        record = record_of(ctx, system)
        ask = Ask(name, actor, asked.principal, **given)
        decision = decide(
            record,
            ask,
            system=system,
            realm=ctx.settings.realm,
            now=ctx.clock(),
            has_key=ctx.keyring.of(system) is not None,
        )
        if decision.record is None:
            status = 409 if any(f.code == "onboard.state" for f in decision.findings) else 422
            refused = say(status, "onboard.refused", f"{STEPS[name].zh}未通过", findings=decision.findings)
            return document(problem(refused), status=status, media="application/problem+json")
        hub_id = await ctx.hub.record_event(f"onboarding.{name}", event(record, ask, decision.record))
    warnings = [finding.public() for finding in decision.findings]
    return document(
        {"code": "0000", "hubId": hub_id, "findings": warnings, **view(ctx, decision.record, actor)}
    )


async def directory(ctx: Context, asked: Asked) -> web.StreamResponse:
    return document({"directory": public_listing(ctx)})


def public_listing(ctx: Context) -> list[dict[str, Any]]:
    names = {row.id: row.zh for row in ctx.systems.values()}
    return listing(filed(ctx), names)


def view(ctx: Context, record: Mapping[str, Any], actor: str) -> dict[str, Any]:
    """An application with what may be done next and, for approval, everything still missing."""
    state = State(record.get("state", State.NONE))
    system = str(record["system"])
    lacking = decide(
        record,
        Ask("approve", CENTRE, "centre"),
        system=system,
        realm=ctx.settings.realm,
        now=ctx.clock(),
        has_key=ctx.keyring.of(system) is not None,
    ).findings
    waiting = state in STEPS["approve"].sources
    return {
        "application": dict(record),
        "next": list(open_to(state, actor)),
        "approval": [finding.public() for finding in lacking] if waiting else [],
    }


def _strict(body: bytes) -> dict[str, Any]:
    """What is going to be chained must be as unambiguous as any message."""
    parsed = parse(body)
    if parsed.findings or not isinstance(parsed.value, dict):
        code = parsed.findings[0].code if parsed.findings else "json.malformed"
        raise SenderError("请求体不是合格的 JSON 对象", code=code, findings=parsed.findings)
    return parsed.value


def _read_report(body: bytes) -> tuple[dict[str, Any], dict[str, Any]]:
    """The report (which may hold numbers a message may not) and its gist, which is going to be chained."""
    try:
        value = json.loads(body)
        if not isinstance(value, dict):
            raise TypeError(type(value).__name__)
        kept = gist(value)
        return value, _strict(canonical(kept))
    except (ValueError, TypeError, RecursionError) as error:
        raise SenderError("报告不是合格的 JSON 对象", code="json.malformed") from error


def _keep(folder: Path, report: dict[str, Any], raw: bytes) -> None:
    """The report whole, under the digest computed here; the chained event names it."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{digest_of(report).replace(':', '-')}.json"
    if not path.exists():
        path.write_bytes(raw)
