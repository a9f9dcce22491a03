"""OCSP answers of a sandbox: right ones, and each way in which an answer can be wrong."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import new

from certs.algorithms.digest import digest
from certs.keys.held import HeldKey
from certs.model import write as w
from certs.model.certificate import read_certificate
from certs.model.crl import HOLD
from certs.model.ocsp import BASIC, NONCE
from certs.testpki.issue import ALGORITHMS, DAY, Authority, extension

_HASHES = {"sha1": "1.3.14.3.2.26", "sha256": "2.16.840.1.101.3.4.2.1", "sm3": "1.2.156.10197.1.401"}
GOOD = "good"
STATES = (GOOD, "revoked", "frozen", "unknown")
TRY_LATER, UNAUTHORISED = 3, 6


@dataclass(frozen=True, slots=True)
class Responder:
    """Speaks for one CA: with a certificate issued for that (`key` has its own), or with the CA's key."""

    issuer: Authority
    key: HeldKey
    now: datetime

    @property
    def delegated(self) -> bool:
        return self.key.certificate != self.issuer.key.certificate

    def answer(
        self,
        certificate: bytes,
        state: str = GOOD,
        *,
        since: datetime | None = None,
        reason: int = 1,
        at: datetime | None = None,
        hours: int = 24,
        nonce: bytes = b"",
        hashed: str = "sha1",
        by: HeldKey | None = None,
    ) -> bytes:
        """What is said about one certificate. `by` another key: the answer claims to be ours and is not."""
        at = at or self.now
        status = _status(state, since or at - DAY, HOLD if state == "frozen" else reason)
        until = w.explicit(0, w.generalized_time(at + timedelta(hours=hours)))
        single = w.sequence(self._about(certificate, hashed), status, w.generalized_time(at), until)
        extra = w.explicit(1, w.sequence(extension(NONCE, w.octets(nonce)))) if nonce else b""
        who = w.explicit(1, read_certificate(self.key.certificate).subject.raw)
        body = w.sequence(who, w.generalized_time(at), w.sequence(single), extra)
        enclosed = w.explicit(0, w.sequence(self.key.certificate)) if self.delegated else b""
        signature = w.bits((by or self.key).sign(body))
        basic = w.sequence(body, ALGORITHMS[self.key.algorithm], signature, enclosed)
        return w.sequence(w.enumerated(0), w.explicit(0, w.sequence(w.oid(BASIC), w.octets(basic))))

    def stale(self, certificate: bytes) -> bytes:
        """Good, but a month ago."""
        return self.answer(certificate, at=self.now - 30 * DAY)

    @staticmethod
    def refusal(status: int = TRY_LATER) -> bytes:
        """No answer, and why."""
        return w.sequence(w.enumerated(status))

    def _about(self, certificate: bytes, hashed: str) -> bytes:
        issuer, subject = read_certificate(self.issuer.key.certificate), read_certificate(certificate)
        name, key = (_hash(hashed, data) for data in (issuer.subject.raw, issuer.key.bits))
        kind = w.algorithm(_HASHES[hashed], w.NULL if hashed != "sm3" else b"")
        return w.sequence(kind, w.octets(name), w.octets(key), w.integer(subject.serial))


def _status(state: str, since: datetime, reason: int) -> bytes:
    if state == GOOD:
        return w.element(0x80)
    if state == "unknown":
        return w.element(0x82)
    if state not in STATES:
        raise ValueError(f"state must be one of {', '.join(STATES)}, not {state!r}")
    return w.element(0xA1, w.generalized_time(since), w.explicit(0, w.enumerated(reason)))


def _hash(kind: str, data: bytes) -> bytes:
    return digest(data, "sm3") if kind == "sm3" else new(kind, data, usedforsecurity=False).digest()
