"""One question to one providing system, within its time budget; the outcome as values."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Protocol

from hub.message import Finding, refusing
from hub.ports import Answer, Kind, Outcome, Outgoing
from hub.services.budget import Budget


class Asker(Protocol):
    """Speaks to one providing system (`hub.delivery.attempt.Caller`)."""

    async def deliver(self, outgoing: Outgoing, key: str, *, unsure: bool) -> Outcome: ...


Check = Callable[[str, Mapping[str, Any]], list[Finding]]


async def ask(asker: Asker, outgoing: Outgoing, key: str, budget: Budget) -> Outcome:
    """The provider's outcome, or `upstream.timeout` when the budget is used up. Questions may be repeated."""
    try:
        async with asyncio.timeout(budget.seconds):
            return await asker.deliver(outgoing, key, unsure=False)
    except TimeoutError:
        return Outcome(Kind.RETRY, "upstream.timeout")


def question(envelope: Mapping[str, Any], budget: Budget, *, opened: bool) -> Outgoing:
    """What the provider is asked; fields the hub keeps are left out until the section has been opened."""
    head, body = envelope["head"], envelope["body"]
    fields = {name: value for name, value in body["fields"].items() if opened or name not in budget.keeps}
    kept = len(fields) != len(body["fields"])
    # A signed original would carry what is kept back, so the provider sees it only when nothing is.
    whole: Mapping[str, Any] | None = None if kept else envelope
    return Outgoing(
        message=head["msgType"], stage="", op=body.get("op", "query"), version=1, fields=fields,
        ext={} if kept else body.get("ext", {}), envelope=whole, sender="hub" if kept else head["from"],
        key=str(body.get("key", "")),
    )  # fmt: skip


def answer(outcome: Outcome, message: str, check: Check) -> Answer:
    """What the caller is told. A reply that breaks the standard is the provider's fault, not passed on."""
    if outcome.kind in {Kind.DELIVERED, Kind.DUPLICATE}:
        wrong = refusing(check(message, outcome.data))
        if wrong:
            return Answer(502, "upstream.reply", "提供方应答不符合标准", findings=tuple(_masked(wrong)))
        return Answer(200, "0000", data=dict(outcome.data))
    if outcome.kind is Kind.REFUSED:
        return Answer(422, outcome.code, outcome.foreign, data=dict(outcome.data))
    if outcome.code in {"upstream.timeout", "network.timeout"}:
        return Answer(504, "upstream.timeout", "提供方系统未在时限内应答", retry_after=5)
    return Answer(502, "upstream.unavailable", "提供方系统暂不可用", retry_after=5)


def _masked(findings: list[Finding]) -> list[Finding]:
    """The provider's values are nobody's business in an error."""
    return [replace(finding, observed="") for finding in findings]
