"""Time stamps over tree heads, off the path of every message.

Heads made on time (pulses) are stamped, the newest only: by RFC 6962 one stamp covers all trees before
it, so after an outage of the service one answer catches up with everything. A service that is down
stops nothing; it is asked again with growing pauses, and `standing` says how late we are.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from certs.proof import collect
from certs.timestamp import Digest, read_response, request, verify_timestamp
from certs.verdict import Moment
from hub.evidence.authority import Authority, StampError
from hub.evidence.standing import Standing
from hub.failpoints import FailPoints
from hub.index.port import TreeRow
from hub.journal.entry import Kind
from hub.journal.port import Reading, Tx
from hub.journal.writer import Writer
from hub.message import canonical

log = logging.getLogger(__name__)
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 60.0


class Chance(Protocol):
    def random(self) -> float: ...
    def randbytes(self, n: int, /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Stamp:
    """A judged token with what made it believed: what a STAMP entry says and the container it holds."""

    facts: dict[str, Any]
    kept: bytes


@dataclass(slots=True)
class Stamper:
    """`ticks` is monotonic, in seconds. `failure` is the code of the last try, empty when it went well."""

    authority: Authority
    clock: Callable[[], datetime]
    ticks: Callable[[], float]
    chance: Chance
    failpoints: FailPoints
    alg: str = "sm3"
    failure: str = ""
    _failures: int = 0
    _not_before: float = 0.0
    _alerted: bool = False

    async def stamp(self, writer: Writer, reading: Reading) -> int:
        """Stamp the newest pulse if it has none; the tree size, or 0 when nothing was done or came."""
        target = _wanting(reading)
        if target is None or self.ticks() < self._not_before:
            return 0
        try:
            found = await self._asked(target)
        except StampError as error:
            self._failed(error)
            return 0
        self.failpoints.hit("after-stamp")
        await writer.do(lambda tx: self._keep(tx, found), own=True, long=True)
        self.failure, self._failures = "", 0
        return target.size

    def watch(self, standing: Standing) -> None:
        """Say once that stamps are overdue, and once that they are there again."""
        if standing.overdue == self._alerted:
            return
        self._alerted = standing.overdue
        if standing.overdue:
            log.error("time stamps overdue: none for %d s (%s)", standing.late, self.failure or "no service")
        else:
            log.warning("time stamps are there again")

    async def _asked(self, target: TreeRow) -> Stamp:
        signed = canonical(dict(target.facts["head"]))
        nonce = int.from_bytes(self.chance.randbytes(8), "big") | 1 << 63
        asked = request(Digest.of(signed, self.alg), nonce=nonce)
        reply = await self.authority.ask(asked)
        return await asyncio.to_thread(self._judged, target, signed, asked, reply)

    def _judged(self, target: TreeRow, signed: bytes, asked: bytes, reply: bytes) -> Stamp:
        """Believe nothing that came: status, imprint, nonce, signature, chain, time. Not on the loop."""
        now = self.clock()
        trust, moment = self.authority.trust(now), Moment(now, "clock")
        verdict = verify_timestamp(reply, signed, trust=trust, at=moment, request=asked)
        if not verdict.ok:
            refused = any(reason.code == "stamp-status" for reason in verdict.reasons)
            raise StampError("tsa.refused" if refused else "tsa.invalid", _codes(verdict.reasons))
        token = read_response(reply).token or b""
        collected = collect("timestamp", token, trust=trust, at=moment, content=signed)
        if collected.kept is None:
            raise StampError("tsa.invalid", _codes(collected.verdict.reasons))
        head, said = target.facts["head"], verdict.facts
        facts = {
            "size": target.size,
            "root": head["root"],
            "alg": head["alg"],
            "stamped": int(datetime.fromisoformat(said["genTime"]).timestamp() * 1e6),
            "serial": said["serial"],
            "tsa": said["tsa"],
            "imprint": said["imprint"],
        }
        return Stamp(facts, collected.kept)

    def _keep(self, tx: Tx, found: Stamp) -> None:
        """Unless it is there already: a crash between the answer and this leaves nothing behind."""
        newest = tx.index.evidence.stamp()
        if newest is None or newest.size < found.facts["size"]:
            tx.append(Kind.STAMP, int(self.clock().timestamp() * 1e6), found.facts, found.kept)

    def _failed(self, error: StampError) -> None:
        pause = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0 ** min(self._failures, 10))
        self._failures += 1
        self._not_before = self.ticks() + pause * (0.5 + self.chance.random() / 2)
        if error.code != self.failure:
            log.warning("no time stamp: %s", error)
        self.failure = error.code


def _wanting(reading: Reading) -> TreeRow | None:
    """The newest head made on time, unless a stamp covers it."""
    pulse, newest = reading.index.evidence.pulse(), reading.index.evidence.stamp()
    return None if pulse is None or (newest is not None and newest.size >= pulse.size) else pulse


def _codes(reasons: list[Any]) -> str:
    return ", ".join(dict.fromkeys(reason.code for reason in reasons))
