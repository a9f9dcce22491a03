"""What an opening and those who may see its results read back of bids."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from certs.envelope import Share
from hub.bids.box import Box, Kept, Section
from hub.bids.parts import read_share
from hub.index.folding.bids import STANDING
from hub.index.port import BidRow
from hub.journal.claims import UNSEALING


@dataclass(frozen=True, slots=True)
class Work:
    """One bid that has no result yet: its delivery, and the bidder's part where there is one, as kept."""

    row: BidRow
    delivery: bytes = field(repr=False)
    share: bytes = field(repr=False)


def read(box: Box, row: BidRow) -> Work | None:
    """What a thread needs; on the loop. None of what was erased: nothing can come of that any more."""
    delivery = box.reading.journal.entry(row.seq, UNSEALING)
    assert delivery is not None and delivery.raw  # noqa: S101 - it has begun, so it may be read
    if delivery.gone:
        return None
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
    """`decryptResult` of the standard, ready for `open.record`; for a thread."""
    return [
        {
            "bidder": dict(kept.raw["bidder"]),
            "receiptNo": kept.row.receipt,
            "result": outcome["result"],
            "digestMatch": bool(outcome["digestMatch"]),
            "openTime": outcome["openTime"],
        }
        for kept, outcome in _had(box, section, 0)
    ]


def shown_of(box: Box, section: Section, after: int) -> tuple[list[dict[str, Any]], int]:
    """What somebody who watches sees of the results written after that entry, and the newest one's; for a
    thread."""
    rows, last = [], after
    for kept, outcome in _had(box, section, after):
        last = max(last, kept.row.result_entry)
        told = {name: outcome[name] for name in ("result", "finding", "clause", "zh", "en", "openTime")}
        who = kept.raw["bidder"]
        rows.append({"receiptNo": kept.row.receipt, "name": who.get("name", ""), "code": who["code"], **told})
    return rows, last


def _had(box: Box, section: Section, after: int) -> Iterator[tuple[Kept, Mapping[str, Any]]]:
    """The bids that have their results, each with what was kept of it. What was taken back is not among
    them: the opening does not lift its seal (policy, rule 3), and its result is for its sender."""
    for row in box.index.bids.of_section(section.scope):
        wanted = row.state == STANDING and row.result_entry > after
        kept, said = (box.kept(row), box.outcome(row)) if wanted else (None, None)
        if kept is not None and said is not None:
            yield kept, said["outcome"]
