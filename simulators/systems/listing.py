"""C05's own trust list: whom its province admits, signed by the list signer of the world, told and served.

`GET /pki/trustlist` (with `?have=DIGEST` what has changed since) gives the list as it is now. The steering
port changes it (`simulators.notices`); the number rises with each change and never falls, unless a fault
wants it so: `list-rollback` serves the one before, `list-forged` one that somebody else has signed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from certs.trustlist import publish
from certs.trustlist.delta import difference, digest_of
from certs.trustlist.publishing import content_of
from certs.trustlist.sandbox import sandbox_content, sandbox_signer
from hub.message import CST
from simulators.desk import Desk
from simulators.systems.certificates import world
from simulators.wire import NO_SUCH_PATH, Reply, Request

if TYPE_CHECKING:
    from certs.keys.held import HeldKey
    from certs.testpki.vendor import VendorCa

PATH = "/pki/trustlist"
FURTHER = "X01"  # a CA that the province may admit besides; nobody has a certificate of it before
_PAST = 16


@cache
def further(seed: int) -> VendorCa:
    """Another world's first CA: a stranger here until the list names it."""
    from certs.testpki import World

    return World.open(now=world(seed).now, seed=f"hutong-sim/{seed}/{FURTHER}").vendors["C01"]


@dataclass(slots=True)
class Listing:
    """`issues` are the lists so far, the newest last; `base` is where its responders are."""

    desk: Desk
    vendor_id: str
    seed: int
    base: str = ""
    admitted: tuple[str, ...] = ()
    number: int = 0
    issues: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.admitted = self.admitted or (self.vendor_id,)

    @property
    def region(self) -> str:
        return world(self.seed).vendors[self.vendor_id].declared.region

    # -- the list -----------------------------------------------------------------------------------

    def current(self, now: datetime) -> bytes:
        return self.issues[-1] if self.issues else self.issue(now)

    def issue(self, now: datetime) -> bytes:
        """The next one, of those who are admitted now."""
        self.number += 1
        self.issues.append(self._signed(now, self.number, self._signer()))
        del self.issues[:-_PAST]
        return self.issues[-1]

    def admit(self, ident: str, now: datetime) -> bytes:
        """KeyError for a CA that nobody knows."""
        if ident not in (self.vendor_id, FURTHER):
            raise KeyError(ident)
        self.admitted = tuple(dict.fromkeys((*self.admitted, ident)))
        return self.issue(now)

    def remove(self, ident: str, now: datetime) -> bytes:
        """KeyError for one who is not admitted."""
        if ident not in self.admitted:
            raise KeyError(ident)
        self.admitted = tuple(one for one in self.admitted if one != ident)
        return self.issue(now)

    def forged(self, now: datetime) -> bytes:
        """What a stranger would send: newer than all, everybody admitted, and not by the list's signer."""
        admitted, self.admitted = self.admitted, (self.vendor_id, FURTHER)
        try:
            return self._signed(now, self.number + 1, further(self.seed).signer("centre"))
        finally:
            self.admitted = admitted

    def delta(self, base: bytes, now: datetime) -> bytes:
        return difference(base, self.current(now))

    def sign(self, octets: bytes) -> bytes:
        return self._signer().sign(octets)

    def _signer(self) -> HeldKey:
        return sandbox_signer(world(self.seed), self.region)

    def _signed(self, now: datetime, number: int, key: HeldKey) -> bytes:
        """Days before changes: a fleet that is begun anew goes on above the lists of yesterday."""
        begun = world(self.seed).now
        vendors = [self._vendor(one) for one in self.admitted]
        where = (
            {self.vendor_id: {"ocsp": [f"{self.base}/pki/ocsp"], "crl": self._upper()}} if self.base else {}
        )
        sequence = int(now.timestamp()) // 60 * 1000 + number
        content = sandbox_content(
            vendors, now=now.replace(microsecond=0), region=self.region, sequence=sequence, addresses=where
        )
        for row, ident in zip(content["cas"], self.admitted, strict=True):
            row["id"], row["from"] = ident, min(row["from"], begun.isoformat(timespec="seconds"))
        return publish(content, key, at=now)[0]

    def _vendor(self, ident: str) -> VendorCa:
        return further(self.seed) if ident == FURTHER else world(self.seed).vendors[ident]

    def _upper(self) -> list[str]:
        vendor = self._vendor(self.vendor_id)
        above = len(vendor.algorithms) * (vendor.declared.tiers - 1)
        return [f"{self.base}/pki/crl/{self.vendor_id}-{number}.crl" for number in range(above)]

    def shown(self, now: datetime) -> dict[str, Any]:
        content = content_of(self.current(now))
        return {
            "region": self.region, "admitted": list(self.admitted), "sequence": content["sequence"],
            "nextUpdate": content["nextUpdate"], "digest": digest_of(self.current(now)),
        }  # fmt: skip

    # -- serving ------------------------------------------------------------------------------------

    def answer(self, request: Request, now: datetime) -> Reply:
        if request.path != PATH or request.method != "GET":
            return NO_SUCH_PATH
        data = self.current(now)
        if self.desk.feels("list-rollback") and len(self.issues) > 1:
            return _say(self.issues[-2])
        if self.desk.feels("list-forged"):
            return _say(self.forged(now))
        have = parse_qs(request.query).get("have", [""])[0]
        base = next((one for one in self.issues if digest_of(one) == have), None)
        return _say(data if base is None else self.delta(base, now))


def version(now: datetime, number: int) -> str:
    """A list version of ca.sync: fourteen characters that rise, also within a second."""
    return f"{now.astimezone(CST):%y%m%d%H%M%S}{number % 100:02d}"


def _say(body: bytes) -> Reply:
    return Reply(200, {"Content-Type": "application/json"}, body)
