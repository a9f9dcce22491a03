"""What this CA's server thinks of certificates and signatures, in the words of the code table.

It judges by itself, with `certs` and its own hierarchies only; somebody else's certificate is not trusted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

import certs
from certs.model.certificate import Certificate, read_certificate
from certs.model.der import MalformedError
from certs.trust import ANYTHING, SIGNING, Purpose, Trust
from certs.verdict import Verdict
from hub.catalogue.gateways import Code, Gateway, Profile
from simulators.desk import Refusal
from simulators.systems.hierarchy import Hierarchy
from simulators.systems.proofs import bare

OK, OTHER = 0, 0x0B000001
UNTRUSTED, BAD_SIGNATURE, BAD_INPUT, BAD_CERTIFICATE = 0x0B000406, 0x0B000410, 0x0B000201, 0x0B000405
_WORDS = {"expired": "expired", "not-yet-valid": "not-yet-valid", "revoked": "revoked", "frozen": "frozen"}


class No(Exception):
    """An error code instead of a result."""

    def __init__(self, code: int) -> None:
        super().__init__(f"0x{code:08X}")
        self.code = code


@dataclass(frozen=True, slots=True)
class Judge:
    """`daily` (C03): what is known of revocation is the list of 00:00."""

    hierarchies: tuple[Hierarchy, ...]
    profile: Profile

    def known_at(self, now: datetime) -> datetime:
        if "crl-once-a-day" in self.profile.quirks:
            return self.hierarchies[0].published(now)
        return now + timedelta(seconds=1)

    def of(self, certificate: Certificate) -> Hierarchy | None:
        """Whose it would be, by the issuer's name."""
        for one in self.hierarchies:
            for algorithm in one.vendor.algorithms:
                issuer = one.vendor.issuing(algorithm).key.certificate
                if read_certificate(issuer).subject == certificate.issuer:
                    return one
        return None

    def fault(self, certificate: Certificate, now: datetime, purpose: Purpose = ANYTHING) -> int:
        """Zero for one that is valid now, else the error code of what is wrong with it."""
        mine = self.of(certificate)
        if mine is None:
            return UNTRUSTED
        try:
            verdict, reason = mine.verdict(certificate, now, self.known_at(now), purpose)
        except Refusal:
            return UNTRUSTED
        return OK if verdict == "valid" else error_of(_WORDS.get(verdict, reason.rpartition(".")[2]))

    def trust(self) -> Trust:
        """Belief in all it runs, revocation left to `fault`."""
        tiers = [one.trust(algorithm) for one in self.hierarchies for algorithm in one.vendor.algorithms]
        anchors = tuple(raw for one in tiers for raw in one.anchors)
        below = tuple(raw for one in tiers for raw in one.intermediates)
        return Trust(anchors, certs.Revocation.IGNORED, intermediates=below)

    def signed(self, certificate: Certificate, value: bytes, data: bytes, now: datetime) -> int:
        """A bare value; in the form of the profile, or the input is wrong."""
        if not bare(certificate, _der(self.profile, certificate, value), data):
            return BAD_SIGNATURE
        return self.fault(certificate, now, SIGNING)

    def whole(self, verdict: Verdict, now: datetime, purpose: Purpose = SIGNING) -> int:
        """What was judged with `certs`, and then the signer's certificate as this server sees it."""
        if not verdict.ok:
            return error_of(verdict.reasons[0].code)
        signer = verdict.signer
        return OTHER if signer is None else self.fault(read_certificate(signer), now, purpose)


def error_of(reason: str) -> int:
    """The error code a reason of `certs` amounts to."""
    rows: Sequence[Code] = tuple(Gateway.load().errors.values())
    return next((row.value for row in rows if reason in row.reasons), OTHER)


def validity_of(error: int) -> int:
    """What SOF_ValidateCert says where the error would be this."""
    row = Gateway.load().errors.get(error)
    return -6 if row is None or row.sof is None else row.sof


def certificate_of(raw: bytes) -> Certificate:
    try:
        return read_certificate(raw)
    except MalformedError:
        raise No(BAD_CERTIFICATE) from None


def written(profile: Profile, algorithm: str, value: bytes) -> bytes:
    """A value of ours in the profile's form."""
    if algorithm == "rsa-sha256" or profile.kit["signature"] == "der":
        return value
    r, s = decode_dss_signature(value)
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def _der(profile: Profile, certificate: Certificate, value: bytes) -> bytes:
    if certificate.key.algorithm.oid == "1.2.840.113549.1.1.1":
        return value
    if profile.kit["signature"] == "raw":
        if len(value) != 64:
            raise No(BAD_INPUT)
        return encode_dss_signature(int.from_bytes(value[:32], "big"), int.from_bytes(value[32:], "big"))
    try:
        decode_dss_signature(value)
    except ValueError:
        raise No(BAD_INPUT) from None
    return value
