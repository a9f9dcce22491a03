"""What time it really is, by somebody else's word: before a key is used, and beside every receipt.

The hub's clock does not follow a jump while it runs (`hub/clock.py`), but a restart takes the machine's
clock as it is. So an hour set ahead by hand, or a machine that comes up in another year, would open bids
early or take them late. Against the first stands the time-stamp service: a stamp over the very statement
that opens a section must be there and agree with the clock. Against the second it stands too, where it
answers; where it is away a bidder must not suffer for that, and the journal's own last entry is what the
clock may not fall behind.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from certs.timestamp.model import Digest
from hub.ca.desk import CaDesk
from hub.ca.stamping import opened, stamp
from hub.errors import HubError
from hub.evidence.authority import Authority
from hub.journal.port import Reading

TOLERANCE = timedelta(seconds=5)
CLOCK, UNPROVED = "bid.clock", "bid.time-unproved"


@dataclass(frozen=True, slots=True)
class Stamped:
    """A token over a statement, judged, and the moment it names."""

    token: bytes
    at: datetime

    @property
    def text(self) -> str:
        return base64.b64encode(self.token).decode("ascii")


@dataclass(frozen=True, slots=True)
class Times:
    """`authority` is the service that stamps the hub's log; it belongs to nobody who delivers or opens."""

    desk: CaDesk
    authority: Authority | None
    clock: Callable[[], datetime]
    reading: Reading

    async def proved(self, statement: bytes) -> Stamped:
        """A stamp that agrees with the clock. Raises HubError 503: away, refused, or of another time."""
        found = await self._asked(statement)
        if found is None:
            raise HubError("时间戳服务不可用,无从证明已到开标时间", code=UNPROVED, status=503, retry_after=10)
        self._agree(found)
        return found

    async def wanted(self, statement: bytes) -> Stamped | None:
        """The same where it can be had; None where the service is away and the clock did not fall back."""
        found = await self._asked(statement)
        if found is None:
            self._not_behind()
        else:
            self._agree(found)
        return found

    async def _asked(self, statement: bytes) -> Stamped | None:
        about = Digest.of(statement, "sm3")
        try:
            judges = await self.desk.open()
            reply, nonce = await stamp(self.authority, about, nonce=None, policy=None, full=True)

            def judged() -> Stamped:
                trust = judges.stamps(judges.belief.policy.revocation["stamping"], self.desk.own())
                made = opened(reply, about, nonce, trust, self.clock())
                return Stamped(made.token, made.info.at)

            return await self.desk.work(judged)
        except HubError:
            return None

    def _agree(self, found: Stamped) -> None:
        apart = abs(self.clock() - found.at)
        if apart > TOLERANCE:
            raise HubError(
                f"本机时钟与时间戳服务相差 {apart.total_seconds():.0f} 秒,请先校时", code=CLOCK, status=503,
                retry_after=30,
            )  # fmt: skip

    def _not_behind(self) -> None:
        journal = self.reading.journal
        last = next(iter(journal.heads(journal.last() - 1, 1)), None)
        newest = datetime.fromtimestamp(last.facts["at"] / 1e6, UTC) if last is not None else None
        if newest is not None and self.clock() < newest - TOLERANCE:
            raise HubError(
                "本机时钟落后于日志,请先校时 / the clock fell back", code=CLOCK, status=503, retry_after=30
            )
