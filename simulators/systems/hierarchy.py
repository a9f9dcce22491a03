"""One hierarchy of the sandbox world and what is known of its certificates at a moment, for C03 and C05.

`authority.py` answers for CAs whose lists are always current; here a list is of a moment, and a certificate
may be revoked while the fleet runs (`revoke`). Everything said has been judged with `certs`. Issue F starts
here: `trust`, `revocation` and `verdict` are the three places.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from cryptography import x509

import certs
from certs.algorithms.digest import digest
from certs.algorithms.identifiers import RSA_KEYS
from certs.model.certificate import Certificate, read_certificate
from certs.model.der import MalformedError
from certs.subject.identify import subject
from certs.trust import ANYTHING, Revocation, Trust
from hub.message import wall
from simulators.desk import Refusal
from simulators.systems.certificates import world

if TYPE_CHECKING:
    from certs.keys.held import HeldKey
    from certs.testpki.vendor import VendorCa

HOLD = 6
REASONS = {1: "keyCompromise", 3: "affiliationChanged", 4: "superseded", 5: "cessationOfOperation"}
_STATES = {"expired": "expired", "not-yet-valid": "not-yet-valid"}


@dataclass(slots=True)
class Hierarchy:
    """One vendor of the world as the system `system`; `ca` is what it calls itself."""

    system: str
    vendor_id: str
    seed: int
    ca: str
    revoked_since: dict[int, tuple[datetime, int]] = field(default_factory=dict)

    @property
    def vendor(self) -> VendorCa:
        return world(self.seed).vendors[self.vendor_id]

    def trust(self, algorithm: str) -> Trust:
        """Belief in one of its hierarchies (an RSA one out of a seed costs seconds: only when asked for)."""
        root, *below = [ca.key.certificate for ca in self.vendor.tiers(algorithm)]
        return Trust((root,), Revocation.IGNORED, intermediates=tuple(below))

    def signer(self, holder: str) -> HeldKey:
        """A holder's key and certificate of the first algorithm."""
        return self.vendor.signer(holder)

    def algorithm_of(self, certificate: Certificate) -> str:
        """Which of its hierarchies a certificate would belong to."""
        family = "rsa-sha256" if certificate.key.algorithm.oid in RSA_KEYS else "sm2-sm3"
        if family not in self.vendor.algorithms:
            raise Refusal("ca.algorithm")
        return family

    def revoke(self, serial: int, at: datetime, reason: int = 1) -> None:
        """A holder has lost a key: from then on, as soon as the next list is out."""
        self.revoked_since[serial] = (at, reason)

    def revocation(self, certificate: Certificate, known_at: datetime) -> tuple[datetime, int] | None:
        """Since when and why, as far as a list of `known_at` can say."""
        found = self.revoked_since.get(certificate.serial) or self._declared(certificate)
        return found if found is not None and found[0] <= known_at else None

    def _declared(self, certificate: Certificate) -> tuple[datetime, int] | None:
        listed = x509.load_der_x509_crl(self.vendor.crl(self.algorithm_of(certificate)))
        entry = listed.get_revoked_certificate_by_serial_number(certificate.serial)
        if entry is None:
            return None
        stated = [part.value for part in entry.extensions if isinstance(part.value, x509.CRLReason)]
        hold = any(part.reason is x509.ReasonFlags.certificate_hold for part in stated)
        return entry.revocation_date_utc, HOLD if hold else 1

    def verdict(self, certificate: Certificate, at: datetime, known_at: datetime) -> tuple[str, str]:
        """The verdict on a certificate and the code of its reason; raises Refusal where there is none."""
        judged = certs.recognise(
            certificate.raw,
            trust=self.trust(self.algorithm_of(certificate)),
            at=at,
            revocation=Revocation.IGNORED,
            purpose=ANYTHING,
        )
        codes = [reason.code for reason in judged.reasons]
        if "no-path" in codes:
            raise Refusal("ca.issuer-not-recognised")
        if not judged.ok:
            return next((_STATES[code] for code in codes if code in _STATES), "invalid"), codes[0]
        gone = self.revocation(certificate, known_at)
        if gone is not None and gone[0] <= at:
            return ("frozen", "certificate.frozen") if gone[1] == HOLD else ("revoked", "certificate.revoked")
        return "valid", ""

    def described(self, certificate: Certificate) -> dict[str, Any]:
        """The certificate and its holder in the standard's words; raises Refusal for nobody's."""
        who = subject(certificate, self.vendor.rules).bound
        holder = next((one for one in self.vendor.holders.values() if who and one.code == who.code), None)
        if who is None or holder is None:
            raise Refusal("ca.subject-unresolved")
        return {
            "certificateRef": {
                "caId": self.ca,
                "issuer": issuer_of(certificate),
                "serialNo": f"{certificate.serial:X}",
                "digest": digest_of(certificate.raw),
                "subjectCode": who.code,
                "medium": self.vendor.declared.medium,
                "usage": "sign",
                "notBefore": wall(certificate.not_before),
                "notAfter": wall(certificate.not_after),
            },
            "subject": {"type": "1", "code": who.code, "name": holder.name},
            "checkedBy": self.system,
        }


def opened(text: object, *, needed: bool = True) -> bytes:
    """The octets of a file that came along; raises Refusal where there should be some."""
    try:
        raw = base64.b64decode(str(text or ""), validate=True)
    except (ValueError, binascii.Error) as error:
        raise Refusal("ca.encoding") from error
    if needed and not raw:
        raise Refusal("ca.encoding")
    return raw


def certificate_of(raw: bytes) -> Certificate:
    """A certificate as bytes read; raises Refusal for anything else."""
    try:
        return read_certificate(raw)
    except MalformedError as error:
        raise Refusal("ca.encoding") from error


def issuer_of(certificate: Certificate) -> str:
    """The issuer's name, last part first, as RFC 4514 writes it."""
    return x509.load_der_x509_certificate(certificate.raw).issuer.rfc4514_string()


def digest_of(raw: bytes) -> str:
    return f"sm3:{digest(raw).hex()}"
