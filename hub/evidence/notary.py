"""The log's desk: seals, stamps, proves, publishes heads, and says how late the time stamps are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from hub.evidence import merkle
from hub.evidence.authority import Authority, HttpAuthority
from hub.evidence.belief import read_trust, reread
from hub.evidence.proof import Wanted, looker, prove, stamped
from hub.evidence.ring import Ring, take_next
from hub.evidence.sandbox_tsa import SandboxAuthority
from hub.evidence.sealer import Sealer
from hub.evidence.stamper import Stamper
from hub.evidence.standing import Standing, standing
from hub.journal.port import Reading
from hub.journal.writer import Writer
from hub.message import wall
from hub.settings import SANDBOX, Settings

MOST_HEADS = 500


@dataclass(slots=True)
class Notary:
    """`reading` belongs to the loop, `sealing` to the sealer. Without `stamper` heads are only signed."""

    data: Path
    ring: Ring
    sealer: Sealer
    stamper: Stamper | None
    service: str
    writer: Writer
    reading: Reading
    sealing: Reading
    clock: Callable[[], datetime]

    async def open(self) -> None:
        """Take up a key change that lies ready, and what the journal says of keys."""
        await take_next(self.ring, self.data, self.writer, self.reading, self.clock())

    async def seal(self, *, pulse: bool = False) -> int:
        return await self.sealer.seal(self.writer, self.sealing, pulse=pulse)

    async def stamp(self, settings: Settings) -> int:
        """Ask for a stamp if one is wanting; tell when they have been wanting for too long."""
        if self.stamper is None:
            return 0
        size = await self.stamper.stamp(self.writer, self.reading)
        self.stamper.watch(self.standing(settings))
        return size

    def standing(self, settings: Settings) -> Standing:
        now = int(self.clock().timestamp() * 1e6)
        return standing(
            self.reading.index.evidence,
            now,
            policy=settings.tsa_policy,
            service=self.service,
            grace=settings.tsa_grace,
        )

    def shown(self, settings: Settings) -> dict[str, Any]:
        return self.standing(settings).shown(self.stamper.failure if self.stamper else "")

    def prove(self, wanted: Wanted) -> dict[str, Any] | None:
        return prove(self.reading, wanted, self.ring, self.clock())

    def heads(self, since: int) -> dict[str, Any] | None:
        """Published heads after a tree size, and that the newest only added to the tree of that size.

        None where there is no tree of that size yet. Sizes between two published heads get the same answer
        as published ones: whether a head was made there says when there was traffic.
        """
        rows = self.reading.index.evidence
        newest = rows.pulse()
        if since < 0 or (since and (newest is None or since > newest.size)):
            return None
        found = rows.pulses(since, MOST_HEADS)
        last = found[-1] if found else newest
        proof: list[str] = []
        if since and last is not None:
            alg = last.facts["head"]["alg"]
            proof = [one.hex() for one in merkle.consistency(since, last.size, looker(self.reading), alg)]
        stamp = rows.stamp()
        return self.ring.current.sign(
            {
                "format": "hutong-heads/1",
                "made": wall(self.clock()),
                "since": since,
                "heads": [row.facts["head"] for row in found] or ([last.facts["head"]] if last else []),
                "consistency": proof,
                "stamp": None
                if last is None or stamp is None or stamp.size > last.size
                else stamped(self.reading, stamp, last),
                "keys": self.ring.changes,
                "publicKey": self.ring.current.public_pem,
            }
        )

    async def close(self) -> None:
        if self.stamper is not None:
            await self.stamper.authority.close()


def authority_of(
    settings: Settings, clock: Callable[[], datetime], randbytes: Callable[[int], bytes]
) -> Authority | None:
    """The time-stamp service of the settings; raises SettingsError when it cannot be believed at all."""
    where = settings.stamps_from
    if not where:
        return None
    if where == SANDBOX:
        return SandboxAuthority(settings.data, clock, randbytes)
    bundle, lists, realm = settings.tsa_certificates, settings.tsa_crls, settings.realm
    assert bundle is not None  # noqa: S101 - the settings were checked
    read_trust(bundle, lists, realm=realm)
    return HttpAuthority(where, settings.tsa_timeout, lambda: reread(bundle, lists, realm))
