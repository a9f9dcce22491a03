"""Questions in, answers out: kept like any message, mediated to the provider, answered and remembered."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from hub.errors import HubError
from hub.index.port import MessageRow
from hub.index.tokens import Tokens
from hub.journal.entry import Kind
from hub.journal.port import Reading, Tx
from hub.message import Finding, canonical, parse
from hub.ports import Answer
from hub.services.budget import budget
from hub.services.mediate import Asker, answer, ask, question
from hub.services.rows import check_reply
from hub.standard import Standard

REQUEST_REPLY = "request-reply"


class Committer(Protocol):
    async def do(self, work: Callable[[Tx], Any]) -> Any: ...


@dataclass(frozen=True, slots=True)
class ServiceDesk:
    """`asker` finds who speaks to a provider, None when nobody can; `ceiling` bounds every budget."""

    standard: Standard
    tokens: Tokens
    asker: Callable[[str], Asker | None]
    writer: Committer
    reading: Reading
    clock: Callable[[], datetime]
    key_of: Callable[[str, str], str]
    ceiling: float

    def mediated(self, message: str) -> bool:
        """Is this a question that is answered in the same exchange?"""
        service = self.standard.services.get(message)
        return service is not None and service.pattern == REQUEST_REPLY

    async def answer(self, kept: Answer, row: MessageRow | None) -> Answer:
        """The provider's answer for a question the journal holds; refusals pass through as they are."""
        if row is None or kept.status >= 400:
            return kept
        before = self.reading.index.answer(row.seq)
        entry = self.reading.journal.entry(before) if before else None
        if entry is not None:
            return _stored(entry.raw)
        told = await self._mediate(row)
        try:
            await self.writer.do(lambda tx: self._record(tx, row, told))
        except HubError as error:
            return Answer(error.status, error.code, error.detail, retry_after=error.retry_after)
        return told

    async def _mediate(self, row: MessageRow) -> Answer:
        entry = self.reading.journal.entry(row.seq)
        assert entry is not None  # noqa: S101 - the row is made from this entry
        envelope = parse(entry.raw).value
        terms = budget(row.msg_type, self.ceiling)
        named = envelope["head"].get("to", "hub")
        provider = terms.provider if named == "hub" else named
        asker = self.asker(provider) if provider else None
        if asker is None:
            return Answer(502, "upstream.unavailable", "没有可用的提供方系统", retry_after=5)
        outgoing = question(envelope, terms, opened=self._opened(envelope))
        outcome = await ask(asker, outgoing, self.key_of(row.hub_id, provider), terms)
        return answer(outcome, row.msg_type, self._check)

    def _opened(self, envelope: dict[str, Any]) -> bool:
        section = envelope["body"]["fields"].get("section")
        code = section.get("BID_SECTION_CODE") if isinstance(section, dict) else None
        return bool(code) and self.reading.index.lifted(self.tokens.of("gate", "eng-bid-opening", str(code)))

    def _check(self, message: str, fields: Any) -> list[Finding]:
        return check_reply(self.standard.services[message], fields)

    def _record(self, tx: Tx, row: MessageRow, told: Answer) -> None:
        """An answer of substance is kept for a repeated question; a failure is noted, and asked again."""
        at = int(self.clock().timestamp() * 1e6)
        state = "answered" if told.status < 500 else "unanswered"
        stored = {"status": told.status, "code": told.code, "message": told.message, "data": dict(told.data)}
        tx.append(
            Kind.ANSWER,
            at,
            {
                "hubId": row.hub_id,
                "message": row.seq,
                "state": state,
                "code": told.code,
                "final": told.status < 500,
            },
            canonical(stored),
            closed=True,
        )


def _stored(raw: bytes) -> Answer:
    value = json.loads(raw)
    return Answer(value["status"], value["code"], value["message"], data=value["data"])
