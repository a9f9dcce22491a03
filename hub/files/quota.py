"""How much one member may have on its way and send in a day, by what it sends itself and nothing else.

A file that somebody else sent already costs its second sender as much as its first: a quota that knew
better would tell.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from hub.errors import SenderError
from hub.files.upload import Upload
from hub.message import CST, Finding

CLAUSE = "EX-FIL-05"


@dataclass(slots=True)
class Quota:
    """`came` tells how much of a member's files came whole since a moment (microseconds)."""

    pending: int
    uploads: int
    daily: int
    came: Callable[[str, int], int]
    _wasted: dict[tuple[str, int], int] = field(default_factory=dict)

    def admit(self, owner: str, total: int, mine: Iterable[Upload], now: datetime) -> None:
        """A new file of `total` bytes beside those on their way; raises SenderError 429."""
        totals = [upload.header.total for upload in mine]
        if len(totals) >= self.uploads:
            raise _over("uploads", f"< {self.uploads} 个未传完", str(len(totals)), 60)
        if sum(totals) + total > self.pending:
            raise _over("pending", f"<= {self.pending} B 未传完", f"{sum(totals) + total} B", 60)
        self.allow(owner, sum(totals) + total, now)

    def allow(self, owner: str, more: int, now: datetime) -> None:
        """May it send on today, with `more` bytes still to come? Raises SenderError 429."""
        start = now.astimezone(CST).replace(hour=0, minute=0, second=0, microsecond=0)
        since = int(start.timestamp() * 1_000_000)
        used = self.came(owner, since) + self._wasted.get((owner, since), 0) + more
        if used > self.daily:
            rest = int((start + timedelta(days=1) - now).total_seconds()) + 1
            raise _over("daily", f"<= {self.daily} B 一日", f"{used} B", rest)

    def waste(self, owner: str, size: int, now: datetime) -> None:
        """Bytes that came for nothing count for the day, too."""
        start = now.astimezone(CST).replace(hour=0, minute=0, second=0, microsecond=0)
        since = int(start.timestamp() * 1_000_000)
        self._wasted = {key: value for key, value in self._wasted.items() if key[1] == since}
        self._wasted[owner, since] = self._wasted.get((owner, since), 0) + size


def _over(which: str, expected: str, observed: str, wait: int) -> SenderError:
    advice = "先传完或等待未完成的附件过期;如经常不足,请向中心申请调整"
    finding = Finding("file.quota", f"/quota/{which}", expected, observed, advice, CLAUSE)
    return SenderError(
        "附件配额已满 / file quota", code="file.quota", status=429, findings=(finding,), retry_after=wait
    )
