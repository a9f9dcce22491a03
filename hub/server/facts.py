"""What anybody may know: systems, standard, life signs and metrics. Sealed traffic is in none of them.

Requests are not counted per route or member: the number of POSTs before an opening would be the
number of bidders. What is exported is what the hub says of unsealed traffic, the process itself,
and refusals that carry no message.
"""

from __future__ import annotations

import resource
import sys
from typing import Any

from aiohttp import web

from hub import standard as tables
from hub.clock import Clock
from hub.server.context import Context
from hub.server.gauges import operation
from hub.server.problem import document, respond, say
from hub.server.routes import Asked

VERSION = "0.1.0"
_STEP = 128 << 20
_COUNTED = ("_total", "_bucket", "_sum", "_count")


async def systems(ctx: Context, asked: Asked) -> web.StreamResponse:
    registry = ctx.hub.registry()
    rows = [
        {
            "id": row.id,
            "zh": row.zh,
            "en": row.en,
            "tier": row.tier,
            "kind": row.kind,
            "dialect": row.dialect,
            "state": registry.member_state(row.id),
        }
        for row in ctx.systems.values()
    ]
    return document({"count": len(rows), "systems": rows})


async def status(ctx: Context, asked: Asked) -> web.StreamResponse:
    return document(ctx.hub.status())


async def standard(ctx: Context, asked: Asked) -> web.StreamResponse:
    return document(standard_stats())


def standard_stats() -> dict[str, Any]:
    loaded = tables.load()
    return {
        "version": loaded.version,
        "stages": len(loaded.stages),
        "fields": sum(len(stage.fields) for stage in loaded.stages),
        "code_lists": len(loaded.code_lists),
        "services": len(loaded.services),
        "ids": [stage.id for stage in loaded.stages],
    }


async def stage(ctx: Context, asked: Asked) -> web.StreamResponse:
    """One stage with its fields as the tables hold them."""
    found = tables.load().by_id.get(asked.request.match_info["stage"])
    if found is None:
        return respond(say(404, "standard.stage", "标准中没有这个环节 / no such stage"))
    return document(plain(found))


def plain(value: Any) -> Any:
    """Frozen tables as JSON values."""
    slots = getattr(type(value), "__slots__", None)
    if isinstance(value, str | int | float | bool) or value is None:
        return value
    if hasattr(value, "items"):
        return {str(name): plain(member) for name, member in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(member) for member in value]
    if slots is not None:
        return {name: plain(getattr(value, name)) for name in slots if name not in _INDEXES}
    return str(value)


# Look-ups beside the rows they look up: the same twice.
_INDEXES = frozenset({"by_name"})


async def healthz(ctx: Context, asked: Asked) -> web.StreamResponse:
    return document({"alive": True, "version": VERSION, "realm": ctx.settings.realm})


async def readyz(ctx: Context, asked: Asked) -> web.StreamResponse:
    """Ready to take messages; while draining the answer is no, with the reason."""
    if ctx.edge.draining:
        return respond(say(503, "hub.draining", "正在停机,不再接收", retry_after=10))
    return document(
        {
            "ready": True,
            "dialects": sorted(ctx.dialects.loaded),
            "disabled": sorted(ctx.dialects.broken),
            "peersStale": bool(ctx.peers.error),
        }
    )


async def metrics(ctx: Context, asked: Asked) -> web.StreamResponse:
    lines = [*_exposed("hutong", ctx.hub.metrics() | operation(ctx)), *_process()]
    lines.append("# TYPE hutong_edge_refused_total counter")
    gap = ctx.clock.gap if isinstance(ctx.clock, Clock) else 0.0
    lines[-1:-1] = ["# TYPE hutong_clock_gap_seconds gauge", f"hutong_clock_gap_seconds {gap:.0f}"]
    for code, count in sorted(ctx.edge.refused.items()):
        lines.append(f'hutong_edge_refused_total{{code="{code}"}} {count}')
    text = "\n".join(lines) + "\n"
    return web.Response(
        body=text.encode("utf-8"),
        headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8", "Cache-Control": "no-store"},
    )


def _exposed(prefix: str, values: dict[str, float]) -> list[str]:
    lines = []
    for name, value in sorted(values.items()):
        bare = name.split("{", 1)[0]
        full = name if name.startswith(f"{prefix}_") else f"{prefix}_{name}"
        kind = "counter" if bare.endswith(_COUNTED) else "gauge"
        full_bare = full.split("{", 1)[0]
        if f"# TYPE {full_bare} {kind}" not in lines:
            lines.append(f"# TYPE {full_bare} {kind}")
        lines.append(f"{full} {value:g}" if value != int(value) else f"{full} {int(value)}")
    return lines


def _process() -> list[str]:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    unit = 1 if sys.platform == "darwin" else 1024
    # In coarse steps: memory to the byte would follow traffic that must not be seen. For the same reason
    # there is no number of threads here: the first file, the first bid, start some.
    peak = -(-usage.ru_maxrss * unit // _STEP) * _STEP
    return [
        "# TYPE process_resident_memory_max_bytes gauge",
        f"process_resident_memory_max_bytes {peak}",
    ]
