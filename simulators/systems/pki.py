"""The public services of a CA over plain HTTP: responder, lists, certificates, time stamps.

- `POST /pki/ocsp`, `GET /pki/ocsp/{base64}`: RFC 6960, nonce echoed; one address for all its hierarchies
- `/pki/crl/{vendor}-{n}.crl`, `/pki/certs/{vendor}-{n}.cer`: of its CAs, upper tiers first, then who issues
- `POST /pki/tsa`, `/pki/tsa/rsa`: RFC 3161, by the first hierarchy, or by the one in RSA

Whatever has befallen a certificate shows in the next answer; an answer of the responder holds for a minute,
so that nobody goes on believing an old one for long. Octets come from the builders of the test PKI.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import unquote

from certs.keys.held import HeldKey
from certs.model.certificate import read_certificate
from certs.testpki.issue import DAY, Authority, new_key
from certs.testpki.ocsp import Responder
from certs.timestamp.model import Accuracy
from certs.timestamp.respond import Failure, refusal, respond
from hub.message import CST
from simulators.desk import Desk
from simulators.systems.hierarchy import Hierarchy, Standing
from simulators.wire import NO_SUCH_PATH, Reply, Request

if TYPE_CHECKING:
    from collections.abc import Sequence

LIFE = timedelta(minutes=1)
POLICY = "1.2.3.4.1"
_OCSP, _STAMP = "application/ocsp-response", "application/timestamp-reply"
_CRL, _CERTIFICATE = "application/pkix-crl", "application/pkix-cert"
_MONTH = 30 * DAY


@dataclass(frozen=True, slots=True)
class Tier:
    """One CA of a hierarchy, by the name its list and its certificate are fetched under."""

    name: str
    hierarchy: Hierarchy
    algorithm: str
    authority: Authority
    issues: bool


class Pki:
    """Everything under `/pki/`."""

    def __init__(self, desk: Desk, hierarchies: Sequence[Hierarchy]) -> None:
        self._desk, self._hierarchies = desk, tuple(hierarchies)
        self._stamps = 0

    def answer(self, request: Request, now: datetime) -> Reply:
        path = request.path.removeprefix("/pki/")
        if path == "ocsp" and request.method == "POST":
            return _say(_OCSP, self._told(request.body, now))
        if path.startswith("ocsp/") and request.method == "GET":
            return _say(_OCSP, self._told(_from_path(path.removeprefix("ocsp/")), now))
        if path in ("tsa", "tsa/rsa") and request.method == "POST":
            return self._stamped(request.body, path == "tsa/rsa", now)
        folder, _, name = path.partition("/")
        stem, _, ending = name.rpartition(".")
        if request.method != "GET" or (folder, ending) not in (("crl", "crl"), ("certs", "cer")):
            return NO_SUCH_PATH
        tier = next((one for one in self.tiers(stem.rpartition("-")[0]) if one.name == stem), None)
        if tier is None:
            return NO_SUCH_PATH
        if folder == "certs":
            return _say(_CERTIFICATE, tier.authority.key.certificate)
        return _say(_CRL, self._listed(tier, now))

    def tiers(self, vendor: str = "") -> Iterator[Tier]:
        """Its CAs in the order of `certs.testpki` (`VendorCa.crls`): those above first, by hierarchy."""
        for one in self._hierarchies:
            if vendor not in ("", one.vendor_id):
                continue
            found = [(algorithm, one.vendor.tiers(algorithm)) for algorithm in one.vendor.algorithms]
            rows = [(algorithm, ca, False) for algorithm, tiers in found for ca in tiers[:-1]]
            rows += [(algorithm, tiers[-1], True) for algorithm, tiers in found]
            for number, (algorithm, authority, issues) in enumerate(rows):
                yield Tier(f"{one.vendor_id}-{number}", one, algorithm, authority, issues)

    # -- lists ------------------------------------------------------------------------------------

    def _listed(self, tier: Tier, now: datetime) -> bytes:
        if self._desk.feels("crl-stale"):
            now -= _MONTH
        if tier.issues:
            return tier.hierarchy.crl(tier.algorithm, now)
        begun = now.astimezone(CST).replace(hour=0, minute=0, second=0, microsecond=0)
        return tier.authority.crl(number=int(begun.timestamp()), this_update=begun)

    # -- the responder ----------------------------------------------------------------------------

    def _told(self, asked: bytes, now: datetime) -> bytes:
        """By the CA that the question names; by the first one for whom nobody here speaks."""
        if self._desk.feels("ocsp-try-later"):
            return Responder.refusal()
        responders = [(tier, self._responder(tier)) for tier in self.tiers()]
        tier, responder = next((one for one in responders if one[1].named_in(asked)), responders[-1])
        at = now.replace(microsecond=0) - (_MONTH if self._desk.feels("ocsp-stale") else timedelta(0))
        by = None
        if self._desk.feels("ocsp-wrong-key"):
            by = HeldKey(tier.algorithm, new_key(tier.algorithm))
        return responder.respond(
            asked, lambda serial: self._state(tier, serial, now), at=at, life=LIFE, by=by
        )

    @staticmethod
    def _responder(tier: Tier) -> Responder:
        if tier.issues:
            return tier.hierarchy.vendor.ocsp(tier.algorithm)
        return Responder(tier.authority, tier.authority.key, tier.authority.now)

    def _state(self, tier: Tier, serial: int, now: datetime) -> Standing:
        if self._desk.feels("ocsp-frozen"):
            return "frozen", now - DAY, 6
        if tier.issues:
            return tier.hierarchy.standing(serial, now, tier.algorithm)
        below = (ca.key.certificate for ca in tier.hierarchy.vendor.tiers(tier.algorithm))
        mine = any(read_certificate(one).serial == serial for one in below)
        return ("good" if mine else "unknown"), None, 0

    # -- time stamps ------------------------------------------------------------------------------

    def _stamped(self, asked: bytes, in_rsa: bool, now: datetime) -> Reply:
        vendor = self._hierarchies[0].vendor
        algorithm = "rsa-sha256" if in_rsa else vendor.algorithms[0]
        if algorithm not in vendor.algorithms:
            return NO_SUCH_PATH
        if self._desk.feels("tsa-no-clock"):
            return _say(_STAMP, refusal(Failure.timeNotAvailable))
        self._stamps += 1
        serial = int(now.timestamp()) * 1_000_000 + self._stamps
        key, within = vendor.tsa(algorithm), Accuracy(millis=500)
        return _say(_STAMP, respond(asked, key, at=now, serial=serial, policy=POLICY, accuracy=within))


def _from_path(text: str) -> bytes:
    """The question of a GET: Base64 in the path, escaped (once more, by some)."""
    try:
        return base64.b64decode(unquote(text), validate=True)
    except (binascii.Error, ValueError):
        return b""


def _say(kind: str, body: bytes) -> Reply:
    return Reply(200, {"Content-Type": kind}, body)
