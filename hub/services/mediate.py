"""What a provider is told of a question, and what its outcome means to the one who asked; values only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Protocol

from hub.message import Finding, refusing
from hub.ports import PENDING, Answer, Blame, Kind, Outcome, Outgoing
from hub.services.terms import WITHIN, Terms


class Asker(Protocol):
    """Speaks to one providing system (`hub.delivery.attempt.Caller`)."""

    async def deliver(self, outgoing: Outgoing, key: str, *, unsure: bool) -> Outcome: ...


LATE = Answer(504, "service.late", "时限内未能问到提供方系统", retry_after=1)
Check = Callable[[str, Mapping[str, Any]], list[Finding]]


def question(envelope: Mapping[str, Any], terms: Terms, *, opened: bool) -> Outgoing:
    """What the provider is asked; fields the hub keeps are left out until the section has been opened."""
    head, body = envelope["head"], envelope["body"]
    fields = {name: value for name, value in body["fields"].items() if opened or name not in terms.keeps}
    kept = len(fields) != len(body["fields"])
    # A signed original would carry what is kept back, so the provider sees it only when nothing is.
    whole: Mapping[str, Any] | None = None if kept else envelope
    ext = {name: value for name, value in (body.get("ext") or {}).items() if name != WITHIN}
    return Outgoing(
        message=head["msgType"], stage="", op=body.get("op", "query"), version=1, fields=fields,
        ext={} if kept else ext, envelope=whole, sender="hub" if kept else head["from"],
        key=str(body.get("key", "")),
    )  # fmt: skip


def answer(outcome: Outcome, message: str, check: Check) -> Answer:
    """What the caller is told. A reply that breaks the standard is the provider's fault, not passed on."""
    if outcome.kind in {Kind.DELIVERED, Kind.DUPLICATE}:
        wrong = refusing(check(message, outcome.data))
        if wrong:
            return Answer(502, "upstream.reply", "提供方应答不符合标准", findings=tuple(_masked(wrong)))
        return Answer(200, "0000", data=dict(outcome.data))
    if outcome.kind is Kind.REFUSED and outcome.blame is not Blame.HUB:
        return Answer(422, outcome.code, outcome.foreign, data=dict(outcome.data))
    if outcome.code == LATE.code:
        return LATE
    if outcome.code == PENDING:
        words = "提供方系统已受理,尚未办结,请稍后再问"
        return Answer(502, "upstream.unavailable", words, retry_after=max(round(wait_of(outcome)), 1))
    if outcome.code in {"upstream.timeout", "network.timeout"}:
        return Answer(504, "upstream.timeout", "提供方系统未在时限内应答", retry_after=5)
    return Answer(502, "upstream.unavailable", "提供方系统暂不可用", retry_after=5)


def wait_of(outcome: Outcome) -> float:
    """The seconds a provider asked for, in its head or in its own words; 0 where it named none."""
    told = outcome.data.get("retry_after")
    return max(outcome.wait, float(told) if isinstance(told, int) else 0.0)


def _masked(findings: list[Finding]) -> list[Finding]:
    """The provider's values are nobody's business in an error."""
    return [replace(finding, observed="") for finding in findings]
