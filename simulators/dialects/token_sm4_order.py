"""What the entry hall (P01) wants pushed first, and what comes too late; judged by the records themselves.

P01-push-order: file, section, bidders, then margins, experts and the award letter, per section, for new
records only. P01-after-opening: a bidder's or margin's own time against the opening in the notice, never
against the moment of arrival (the hub lets bidders' data go only after the opening).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from simulators.dialects.token_sm4_codes import Code
from simulators.state import Ledger, Push, Record

_BEFORE = {
    "eng-section": "eng-tender-document",
    "eng-bidder-list": "eng-section",
    "eng-bid-margin": "eng-bidder-list",
    "eng-expert-draw": "eng-section",
    "eng-award-letter": "eng-bidder-list",
}
_OWN_TIME = {"eng-bidder-list": "checkinTime", "eng-bid-margin": "marginReceiveTime"}
_UNIQUE = ("bidSectionCode", "bidSectionClassifyCode", "regCode")


@dataclass(frozen=True, slots=True)
class Order:
    """Reads the system's own ledger; keeps nothing itself."""

    ledger: Ledger
    enforced: bool = False
    opening: bool = False

    def refuses(self, push: Push) -> Code | None:
        """Why a push that would be taken is not: section twice, too late, too early."""
        if push.op == "delete":
            return None
        if push.op == "insert" and push.message == "eng-section" and self._there_already(push):
            return Code("10014", "bidSectionCode")
        if self.opening and self._too_late(push):
            return Code("10014", "bidOpenTime")
        return Code("10015") if self.enforced and push.op == "insert" and self._too_early(push) else None

    def _of(self, stage: str) -> list[Record]:
        return [record for record in self.ledger if record.message == stage and not record.deleted]

    def _there_already(self, push: Push) -> bool:
        own = [push.fields.get(name) for name in _UNIQUE]
        return any(
            [held.fields.get(name) for name in _UNIQUE] == own
            for held in self._of(push.message)
            if held.key != push.key
        )

    def _too_early(self, push: Push) -> bool:
        before = _BEFORE.get(push.message)
        if before is None:
            return False
        there = {code for held in self._of(before) for code in sections(held.fields)}
        return any(code not in there for code in sections(push.fields))

    def _too_late(self, push: Push) -> bool:
        own = str(push.fields.get(_OWN_TIME.get(push.message, "")) or "")
        wanted = sections(push.fields)
        notices = [held for held in self._of("eng-tender-notice") if set(wanted) & set(sections(held.fields))]
        if not own or not notices:
            return False
        last = max(notices, key=lambda held: held.received)
        opening = str(last.fields.get("bidOpenTime") or "")
        return bool(opening) and own >= opening


def sections(fields: Mapping[str, Any]) -> list[str]:
    """The section codes of a record, in either way of joining them."""
    text = str(fields.get("bidSectionCode") or "")
    return [code for code in text.replace(";", ",").split(",") if code]
