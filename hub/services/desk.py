"""Questions in, answers out: kept like any message, mediated to the provider, answered and remembered."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from hub.services.budget import budget

from hub.errors import HubError
from hub.index.port import MessageRow
from hub.index.tokens import Tokens
from hub.journal.claims import own
from hub.journal.closing import Closing
from hub.journal.entry import Kind
from hub.journal.port import Reading, Tx
from hub.message import Finding, canonical, parse
from hub.pipeline.people import closing, people_in_answer
from hub.ports import Answer
from hub.services.mediate import Asker, answer, ask, question
from hub.services.rows import check_reply
from hub.standard import Standard

ERASED = "privacy.erased"
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
        entry = self.reading.journal.entry(before, own(row.sender, message=row.seq)) if before else None
        if entry is not None and entry.raw and not entry.gone:
            return _stored(entry.raw)
        told = await self._mediate(row)
        try:
            await self.writer.do(lambda tx: self._record(tx, row, told))
        except HubError as error:
            return Answer(error.status, error.code, error.detail, retry_after=error.retry_after)
        return told

    async def _mediate(self, row: MessageRow) -> Answer:
        entry = self.reading.journal.entry(row.seq, own(row.sender))
        assert entry is not None  # noqa: S101 - the row is made from this entry
        if entry.gone:
            return Answer(410, ERASED, "该提问中的个人信息已应请求删除,请以新的 msgId 另行提问")
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
        raw = canonical(
            {"status": told.status, "code": told.code, "message": told.message, "data": dict(told.data)}
        )
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
            raw,
            closing=self._closing(tx, row, told, raw),
        )

    def _closing(self, tx: Tx, row: MessageRow, told: Answer, raw: bytes) -> Closing:
        """An answer tells what its question tells: of the same persons, and behind the same gates."""
        entry = self.reading.journal.entry(row.seq, own(row.sender))
        fields = parse(entry.raw).value["body"]["fields"] if entry is not None and entry.raw else {}
        people = people_in_answer(raw, told.data, fields, self.standard.services[row.msg_type], row.sender)
        return closing(people, self.tokens, "", tuple(tx.index.gates_of(row.seq)))


def _stored(raw: bytes) -> Answer:
    value = json.loads(raw)
    return Answer(value["status"], value["code"], value["message"], data=value["data"])
