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

from certs.cms import read_signed
from certs.model.der import MalformedError
from certs.timestamp import read_info, read_response
from certs.timestamp.model import Digest
from hub.ca.desk import CaDesk
from hub.ca.stamping import opened, stamp
from hub.errors import HubError
from hub.evidence.authority import Authority
from hub.journal.port import Reading

TOLERANCE = timedelta(seconds=5)
_LOOKED = 500
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
    """`authority` is the service that stamps the hub's log; it belongs to nobody who delivers or opens.
    `since`: how far the log was when this life of the hub began (while it lives its clock does not go back).
    """

    desk: CaDesk
    authority: Authority | None
    clock: Callable[[], datetime]
    since: datetime

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
            reply, nonce = await stamp(self.authority, about, nonce=None, policy=None, full=True)

            def judged() -> Stamped | None:
                trust = self.desk.own()  # the service's own, as the stamps of the log: no CA is asked
                if trust is None:
                    return None
                for at in (self.clock(), _said(reply)):
                    try:
                        made = opened(reply, about, nonce, trust, at)
                    except HubError:
                        continue  # of another time, perhaps: then at its own it holds, and says so
                    return Stamped(made.token, made.info.at)
                return None

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
        if self.clock() < self.since - TOLERANCE:
            raise HubError(
                "本机时钟落后于日志,请先校时 / the clock fell back", code=CLOCK, status=503, retry_after=30
            )


def newest(reading: Reading) -> datetime:
    """The latest time among the newest entries of the log."""
    last = reading.journal.last()
    times = [one.facts["at"] for one in reading.journal.heads(max(0, last - _LOOKED), _LOOKED)]
    return datetime.fromtimestamp(max(times, default=0) / 1e6, UTC)


def _said(reply: bytes) -> datetime:
    """The time a reply claims; raises HubError for what is no stamp."""
    try:
        return read_info(read_signed(read_response(reply).token or b"").content or b"").at
    except MalformedError as error:
        raise HubError("not a time stamp") from error
