"""Looks at plan, network, clocks and credentials before a run: most failures of test beds are configuration.

Nothing here is a verdict on the system; every row says what to change.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from conformance.plan import Plan
from conformance.seats.client import Reply
from conformance.sut import COMMANDS, Sut
from conformance.verdict import SystemUnreachable, Text
from hub.message import WINDOW

SECRET_BYTES = 16
NOTHING = Text("", "")
CLOCK_GRAIN = timedelta(seconds=2)  # an HTTP Date has whole seconds, and the answer took a while


@dataclass(frozen=True, slots=True)
class Check:
    """One row: `ok` None means it could not be found out."""

    name: str
    ok: bool | None
    detail: str
    advice: Text = NOTHING

    def public(self, lang: str) -> dict[str, Any]:
        return {"check": self.name, "ok": self.ok, "detail": self.detail, "advice": self.advice.say(lang)}


async def examine(sut: Sut) -> list[Check]:
    """All rows, in the order a newcomer should mend them."""
    checks = [*plan_checks(sut.plan, {stage.id for stage in sut.standard.stages})]
    replies: dict[str, Reply] = {}
    for name, url in sut.plan.endpoints.items():
        try:
            replies[name] = await sut.client.send("GET", url, note=f"doctor {name}")
            checks.append(Check(f"reach.{name}", True, f"{url} -> HTTP {replies[name].status}"))
        except SystemUnreachable as error:
            advice = Text("核对地址、端口、防火墙和证书", "Check address, port, firewall and certificate")
            checks.append(Check(f"reach.{name}", False, str(error), advice))
    checks += [clock(replies.values(), sut.now)] if replies else []
    if not sut.plan.dialect:
        checks += await _signed(sut, replies)
    return checks


def plan_checks(plan: Plan, stages: set[str]) -> list[Check]:
    """What the plan alone can tell."""
    unknown = sorted(set(plan.stages) - stages)
    checks = [
        Check("plan.stages", not unknown, f"{len(plan.stages)} stages" if not unknown else ", ".join(unknown),
              Text("环节编号不在标准内", "these stages are not in the standard") if unknown else NOTHING)
    ]  # fmt: skip
    for name, key, owner in (
        ("hub_key", plan.hub_key, "centre"),
        ("system_key", plan.system_key, plan.system),
    ):
        if key is None:
            continue
        fits = key.owner == owner and len(key.secret) >= SECRET_BYTES
        advice = Text(
            f"{name} 应属于 {owner},不少于 {SECRET_BYTES} 字节",
            f"{name} must be {owner}'s, {SECRET_BYTES} bytes or more",
        )
        detail = f"{key.key_id} of {key.owner}, {key.alg}, {len(key.secret)} bytes"
        checks.append(Check(f"credentials.{name}", fits, detail, NOTHING if fits else advice))
    if plan.dialect:
        advice = Text("方言接入须给出 [credentials] token", "a dialect needs [credentials] token")
        found = (True, "set", NOTHING) if plan.token else (False, "missing", advice)
        checks.append(Check("credentials.token", *found))
    missing = [name for name in ("export", "control") if name not in plan.endpoints and not plan.dialect]
    if missing:
        advice = Text("缺少的端点所涉用例将标为未能检验", "cases that need them will be skipped")
        checks.append(Check("plan.endpoints", None, f"no {', '.join(missing)}", advice))
    return checks


def clock(replies: Any, now: Callable[[], datetime]) -> Check:
    """How far the system's clock is from ours, by its Date header."""
    for reply in replies:
        stated = reply.headers.get("date", "")
        try:
            offset = parsedate_to_datetime(stated) - now()
        except (TypeError, ValueError):
            continue
        fits = abs(offset) <= WINDOW - CLOCK_GRAIN
        advice = NOTHING if fits else Text("校准时钟(对接标准时间源)", "Synchronise the clock")
        return Check("clock", fits, f"{offset.total_seconds():+.0f} s", advice)
    return Check("clock", None, "no Date header", Text("应答没有 Date,时差不明", "the offset cannot be told"))


async def _signed(sut: Sut, reached: dict[str, Reply]) -> list[Check]:
    """Is the hub's key known to the system, and does control offer what the suite needs?"""
    checks = []
    advice = Text(
        "把 hub_key 登记到被测系统,核对签名请求头",
        "Register hub_key with the system; check the signed headers",
    )
    if "export" in reached:
        reply = await sut.export_raw(sut.stage)
        checks.append(
            Check("credentials.export", reply.ok, f"HTTP {reply.status}", NOTHING if reply.ok else advice)
        )
    if "control" in reached:
        reply = await sut.control()
        offered = (reply.json or {}).get("commands")
        missing = [
            name for name in ("connect", *COMMANDS) if not isinstance(offered, dict) or name not in offered
        ]
        lack = Text(f"control 缺少命令 {'、'.join(missing)}", f"control lacks {', '.join(missing)}")
        checks.append(
            Check("control.commands", not missing, f"HTTP {reply.status}", lack if missing else NOTHING)
        )
    return checks
