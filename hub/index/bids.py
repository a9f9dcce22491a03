"""The questions of `hub.index.port.Bids`. Nothing of it is asked by status, metrics, exports or lists."""

from __future__ import annotations

from collections.abc import Sequence

from hub.index.folding.bids import REPLACED, STANDING, WITHDRAWN
from hub.index.gathered import Gathered
from hub.index.port import BidRow, OpeningRow

_BID = (
    "SELECT b.entry, b.h, b.section, b.receipt, b.sender, b.file, b.size, b.at, b.until, b.model, b.state,"
    " coalesce(r.entry, 0), coalesce(r.result, ''), coalesce(s.entry, 0), b.party, b.main FROM bid AS b"
    " LEFT JOIN bid_result AS r ON r.bid = b.entry LEFT JOIN bid_share AS s ON s.bid = b.entry"
)


class BidRows:
    """`hub.index.port.Bids` on one connection."""

    def __init__(self, rows: Gathered) -> None:
        self._run = rows.run

    def standing(self, whose: int) -> BidRow | None:
        row = self._run(f"{_BID} WHERE b.h = ? AND b.state = ?", (whose, STANDING)).fetchone()
        return None if row is None else BidRow(*row)

    def had(self, whose: int, file: str) -> bool:
        row = self._run("SELECT 1 FROM bid WHERE h = ? AND file = ? LIMIT 1", (whose, file)).fetchone()
        return row is not None

    def taken_back(self, whose: int, file: str) -> BidRow | None:
        """The withdrawal of this very file."""
        rows = self._run(f"{_BID} WHERE b.h = ? AND b.file = ? AND b.state = ?", (whose, file, WITHDRAWN))
        row = rows.fetchone()
        return None if row is None else BidRow(*row)

    def by_receipt(self, number: str) -> BidRow | None:
        row = self._run(f"{_BID} WHERE b.receipt = ?", (number,)).fetchone()
        return None if row is None else BidRow(*row)

    def of_section(self, section: int) -> Sequence[BidRow]:
        rows = self._run(f"{_BID} WHERE b.section = ? AND b.state != ? ORDER BY b.entry", (section, REPLACED))
        return [BidRow(*row) for row in rows.fetchall()]

    def tally(self, section: int, now: int) -> tuple[int, int]:
        total, done = self._run(
            "SELECT count(*), count(r.entry) FROM bid AS b LEFT JOIN bid_result AS r ON r.bid = b.entry"
            " WHERE b.section = ? AND b.state = ? AND b.until <= ?",
            (section, STANDING, now),
        ).fetchone()
        return total, done

    def supplements(self, whose: int) -> int:
        row = self._run(
            "SELECT count(*) FROM bid WHERE main = ? AND main != 0 AND state = ?", (whose, STANDING)
        )
        return int(row.fetchone()[0])

    def opened(self, party: int, sender: str) -> bool:
        row = self._run(
            "SELECT 1 FROM bid AS b JOIN bid_result AS r ON r.bid = b.entry"
            " WHERE b.party = ? AND b.sender = ? AND r.result = 'opened' LIMIT 1",
            (party, sender),
        )
        return row.fetchone() is not None

    def files_of(self, entries: Sequence[int]) -> dict[int, str]:
        found = (
            self._run("SELECT entry, file FROM bid WHERE entry = ?", (one,)).fetchone() for one in entries
        )
        return {row[0]: row[1] for row in found if row is not None}

    def only_in(self, entries: Sequence[int]) -> Sequence[str]:
        mine = self.files_of(entries)
        return sorted({file for file in mine.values() if not self._named_elsewhere(file, set(mine))})

    def _named_elsewhere(self, file: str, besides: set[int]) -> bool:
        """By the bid of somebody else, by a record, or sent by a member for another reason: its own."""
        bids = self._run(
            "SELECT entry, sender FROM bid WHERE file = ? AND entry NOT IN (SELECT entry FROM bid_erased)",
            (file,),
        ).fetchall()
        senders = {sender for entry, sender in bids if entry in besides}
        owners = self._run("SELECT owner FROM file WHERE digest = ?", (file,)).fetchall()
        named = self._run("SELECT 1 FROM file_ref WHERE digest = ? LIMIT 1", (file,)).fetchone()
        others = any(entry not in besides for entry, _ in bids) or {row[0] for row in owners} - senders
        return bool(others) or named is not None

    def opening(self, section: int) -> OpeningRow | None:
        row = self._run("SELECT * FROM bid_opening WHERE section = ?", (section,)).fetchone()
        return None if row is None else OpeningRow(*row)

    def signed_up(self, body: int, by: int) -> bool | None:
        if self._run("SELECT 1 FROM signup WHERE by = ? AND sure = 1 LIMIT 1", (by,)).fetchone() is None:
            return None
        return self._run("SELECT 1 FROM signup WHERE body = ? LIMIT 1", (body,)).fetchone() is not None

    def unfinished(self) -> Sequence[int]:
        """Sections whose opening has begun and in which a bid is without a result; for a start."""
        rows = self._run(
            "SELECT section FROM bid_opening AS o WHERE EXISTS (SELECT 1 FROM bid AS b LEFT JOIN bid_result"
            " AS r ON r.bid = b.entry WHERE b.section = o.section AND b.state != ? AND r.entry IS NULL)",
            (REPLACED,),
        )
        return [row[0] for row in rows.fetchall()]
