"""Questions in, answers out: kept like any message, mediated to a provider, answered and remembered.

Each question has its own trace and its own entries, whether a provider was asked for it, another equal
question was just under way, or the answer was still fresh.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol

from hub.errors import HubError
from hub.index.port import MessageRow
from hub.index.tokens import Tokens, token
from hub.journal.claims import own
from hub.journal.entry import Entry
from hub.journal.port import Reading, Tx
from hub.message import Finding, parse
from hub.ports import Answer
from hub.services.caching import Rule
from hub.services.case import Case
from hub.services.record import Closes, Notes, record, stored
from hub.services.rows import check_reply
from hub.services.sources import Sources
from hub.services.terms import REQUEST_REPLY, WITHIN, Terms, stated_limit
from hub.standard import Standard


class Committer(Protocol):
    async def do(self, work: Callable[[Tx], Any]) -> Any: ...


@dataclass(frozen=True, slots=True)
class ServiceDesk:
    """`terms` and `rules` by message type; `closing` and `noting` say how an answer is kept."""

    standard: Standard
    tokens: Tokens
    terms: Mapping[str, Terms]
    rules: Mapping[str, Rule]
    sources: Sources
    writer: Committer
    reading: Reading
    clock: Callable[[], datetime]
    closing: Closes
    noting: Notes = lambda *_: {}

    def ticks(self) -> float:
        """Steady seconds, as `answer` wants its beginning."""
        return self.sources.ticks()

    def mediated(self, message: str) -> bool:
        """Is this a question that is answered in the same exchange?"""
        service = self.standard.services.get(message)
        return service is not None and service.pattern == REQUEST_REPLY

    def misstated(self, envelope: Mapping[str, Any]) -> Answer | None:
        """The refusal of a question whose own limit is none."""
        try:
            stated_limit(envelope["body"])
        except ValueError as error:
            advice = '写以秒计的十进制数,如 "1.5";大于 0,不超过 3600'
            finding = Finding(
                "service.limit", f"/body/ext/{WITHIN}", "0 < 秒 <= 3600", str(error)[:40], advice
            )
            return Answer(422, finding.code, advice, findings=(finding,))
        return None

    async def answer(self, kept: Answer, row: MessageRow | None, began: float) -> Answer:
        """The answer to a question the journal holds; refusals pass through as they are.

        `began`: when it came in. Everything, the waiting for the disk too, is inside its limit.
        """
        if row is None or kept.status >= 400:
            return kept
        before = self.reading.index.answer(row.seq)
        entry = self.reading.journal.entry(before, own(row.sender, message=row.seq)) if before else None
        asked = self.reading.journal.entry(row.seq, own(row.sender))
        assert asked is not None  # noqa: S101 - the row is made from this entry
        if asked.gone or (entry is not None and entry.gone):
            # Nobody is asked, or told, with masks in the place of a person's values.
            return Answer(410, "privacy.erased", "其中的个人信息已应请求删除,请以新的 msgId 另行提问")
        told_before = stored(entry.raw) if entry is not None else None
        if told_before is not None and not self.terms[row.msg_type].open(told_before.data):
            return told_before
        case = self._case(asked, row, began, told_before)
        told = await self.sources.told(case)
        if told_before is not None and (told.answer.status >= 300 or told.answer.data == told_before.data):
            return told_before  # nothing new: what was said holds
        try:
            await self.writer.do(lambda tx: record(tx, case, told, self._now(), self.closing, self.noting))
        except HubError as error:
            return Answer(error.status, error.code, error.detail, retry_after=error.retry_after)
        return replace(told.answer, story=told.story.told(row.hub_id, self._now()))

    def _case(self, entry: Entry, row: MessageRow, began: float, before: Answer | None) -> Case:
        envelope = parse(entry.raw).value
        terms, rule = self.terms[row.msg_type], self.rules.get(row.msg_type)
        opened = self._opened(envelope)
        limit = min(terms.seconds, self.sources.ceiling, stated_limit(envelope["body"]) or terms.seconds)
        gates = tuple(map(token, entry.facts["decision"]["seals"]))
        key = rule.of(envelope, opened=opened) if rule is not None else None
        return Case(
            row,
            envelope,
            gates,
            terms,
            rule,
            key,
            self.sources.marks(rule, terms.service),
            opened,
            began,
            self.ticks(),
            limit,
            before,
            self.sources.callbacks.ended,
        )

    def _opened(self, envelope: Mapping[str, Any]) -> bool:
        section = envelope["body"]["fields"].get("section")
        code = section.get("BID_SECTION_CODE") if isinstance(section, dict) else None
        return bool(code) and self.reading.index.lifted(self.tokens.of("gate", "eng-bid-opening", str(code)))

    def _now(self) -> int:
        return int(self.clock().timestamp() * 1e6)


def checker(standard: Standard) -> Callable[[str, Mapping[str, Any]], list[Finding]]:
    """Is a reply what the standard's rows ask for?"""
    return lambda message, fields: check_reply(standard.services[message], fields)
