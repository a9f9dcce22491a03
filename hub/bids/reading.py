"""What an opening and those who may see its results read back of bids."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import Any

from certs.envelope import Share
from hub.bids.box import Box, Section
from hub.bids.judging import read_share
from hub.index.folding.bids import STANDING
from hub.index.port import BidRow
from hub.journal.claims import UNSEALING


@dataclass(frozen=True, slots=True)
class Work:
    """One bid that has no result yet: its delivery, and the bidder's part where there is one, as kept."""

    row: BidRow
    delivery: bytes = field(repr=False)
    share: bytes = field(repr=False)


def read(box: Box, row: BidRow) -> Work:
    """What a thread needs; on the loop."""
    delivery = box.reading.journal.entry(row.seq, UNSEALING)
    assert delivery is not None and delivery.raw  # noqa: S101 - it has begun, so it may be read
    return Work(row, delivery.raw, _brought(box, row))


def share_of(box: Box, row: BidRow) -> Share | None:
    """The bidder's part, if it was brought."""
    return shared(_brought(box, row))


def shared(raw: bytes) -> Share | None:
    """The same of what was kept."""
    return read_share(base64.b64decode(raw)) if raw else None


def _brought(box: Box, row: BidRow) -> bytes:
    entry = box.reading.journal.entry(row.share_entry, UNSEALING) if row.share_entry else None
    return entry.raw if entry is not None else b""


def rows_of(box: Box, section: Section) -> list[dict[str, Any]]:
    """`decryptResult` of the standard, ready for `open.record`; for a thread. What was taken back is not
    among them: the opening does not lift its seal (policy, rule 3), and its result is for its sender."""
    told = []
    for row in box.index.bids.of_section(section.scope):
        if row.state != STANDING:
            continue
        kept, said = box.kept(row), box.outcome(row)
        if kept is None or said is None:
            continue
        outcome = said["outcome"]
        told.append(
            {
                "bidder": dict(kept.raw["bidder"]),
                "receiptNo": row.receipt,
                "result": outcome["result"],
                "digestMatch": bool(outcome["digestMatch"]),
                "openTime": outcome["openTime"],
            }
        )
    return told
