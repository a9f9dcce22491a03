"""What a CA of the sandbox answers in its dialect: it verifies with `certs` and signs for its holders.

The certificates it knows are those of its vendor in the test PKI and what it has issued since
(`hierarchy`, `issuing`). Conclusions are answers; only where none can be reached is there a refusal.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

import certs
from certs.model.certificate import read_certificate
from certs.testpki.style import RawKey
from hub.message import wall
from simulators.desk import Refusal
from simulators.systems.cooperative import CooperativeKey
from simulators.systems.forging import ForeignKey
from simulators.systems.hierarchy import REASONS, Hierarchy
from simulators.systems.issuing import Issuing
from simulators.systems.material import b64, certificate_of, opened
from simulators.systems.proofs import Held, held

if TYPE_CHECKING:
    from certs.keys.held import HeldKey
    from certs.model.certificate import Certificate
    from certs.testpki.vendor import VendorCa

Fields = dict[str, Any]
VENDORS = {"C01": "C01", "C02": "C02", "C03": "C03", "C04": "C04", "N05": "C04", "C05": "P01"}


def nothing(_mood: str) -> bool:
    """No fault in force."""
    return False


class Authority:
    """The books of one CA; nothing is made before it is asked for. `feels` are the faults in force."""

    def __init__(self, system: str, seed: int, feels: Callable[[str], bool] = nothing) -> None:
        self._system, self._feels = system, feels
        self.hierarchy = Hierarchy(system, VENDORS[system], seed, system)
        self.issuing = Issuing(self.hierarchy)
        self._serial = 0

    @property
    def vendor(self) -> VendorCa:
        return self.hierarchy.vendor

    # -- verify and status ------------------------------------------------------------------------

    def verify(self, asked: Fields, now: datetime) -> Fields:
        """`ca.verify`: the verdict, why, about whom."""
        certificate = certificate_of(opened(asked.get("certificate"), needed=False))
        at = datetime.fromisoformat(str(asked["atTime"]))
        known = now if asked.get("revocationRequired") else datetime.min.replace(tzinfo=now.tzinfo)
        value, original = (opened(asked.get(name), needed=False) for name in ("signature", "original"))
        verdict, code = self.hierarchy.verdict(certificate, at, known, self.hierarchy.purpose(asked))
        kind = str(asked.get("verifyKind"))
        found = held(self.hierarchy, kind, certificate, value, original, at)
        if verdict != "valid":
            found = Held((code,))
        elif found.reasons:
            verdict = "invalid"
        told = {"verdict": verdict, **self.hierarchy.described(certificate), "reasons": found.told()}
        gone = self.hierarchy.revocation(certificate, now)
        return told | ({"revocationTime": wall(gone[0])} if gone is not None and gone[0] <= at else {})

    def status(self, asked: Fields, now: datetime) -> Fields:
        """`ca.status`: from the current list, with the list's own bytes for whoever judges himself."""
        if str(asked.get("certificate.caId")) != self._system:
            raise Refusal("ca.issuer-not-recognised")
        try:
            serial = int(str(asked["certificate.serialNo"]), 16)
        except ValueError:
            raise Refusal("ca.unknown-serial") from None
        state, since, reason = self.hierarchy.standing(serial, now)
        raw = self.hierarchy.crl(self.vendor.algorithms[0], now)
        told: Fields = {
            "status": "good" if state == "unknown" else state,  # a list knows nothing of who is not in it
            "thisUpdate": wall(self.hierarchy.published(now)),
            "sourceSystem": self._system,
            "response": b64(raw),
        }
        if since is not None:
            told["revocationTime"] = wall(since)
            told["revocationReason"] = "hold" if state == "frozen" else REASONS.get(reason, "unspecified")
        return told

    # -- sign and issue ---------------------------------------------------------------------------

    def sign(self, asked: Fields, now: datetime) -> Fields:
        """`ca.sign`: signed data over the octets of the digest, by the holder's key here."""
        serial, code = (str(asked.get(f"certificate.{name}") or "") for name in ("serialNo", "subjectCode"))
        # "-" is whoever scans (scan-oauth 9): here the newest certificate, or the first holder's.
        key = self.hierarchy.key_of(serial="" if code or serial == "-" else serial, code=code)
        if self.hierarchy.standing(read_certificate(key.certificate).serial, now)[0] != "good":
            return {"state": "refused"}
        key = self._used(key)
        octets = bytes.fromhex(str(asked["digest"]).rpartition(":")[2])
        arc: Any = "rsa" if key.algorithm == "rsa-sha256" else "sm2"
        signature = certs.sign_cms(octets, key, arc=arc, detached=True, time=now)
        self._serial += 1
        return {
            "state": "confirmed",
            "signature": b64(signature),
            "certificateRef": self.reference(read_certificate(key.certificate)),
            "signTime": wall(now),
            "evidenceNo": f"EV-{self._system}-{self._serial:06d}",
        }

    def _used(self, key: HeldKey) -> HeldKey:
        """The same key as this service uses it: in halves, or as a faulty one would."""
        if self._feels("sign-forged-z"):
            return ForeignKey.like(key)
        if self._feels("sign-raw"):
            return RawKey.like(key)
        tokenless = self.vendor.declared.medium == "tokenless" and key.algorithm == "sm2-sm3"
        return CooperativeKey.like(key) if tokenless else key

    def issue(self, asked: Fields, now: datetime) -> Fields:
        """`ca.issue`: apply, renew, change, freeze, unfreeze, revoke."""
        return self.issuing.take(asked, now)

    def reference(self, certificate: Certificate) -> Fields:
        """`certificateRef` of the standard."""
        return dict(self.hierarchy.described(certificate)["certificateRef"])
