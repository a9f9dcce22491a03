"""OCSP answers of a sandbox: right ones, and each way in which an answer can be wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import new

from certs.algorithms.digest import digest
from certs.keys.held import HeldKey
from certs.model import write as w
from certs.model.certificate import read_certificate
from certs.model.crl import HOLD
from certs.model.der import MalformedError
from certs.model.ocsp import BASIC, NONCE
from certs.testpki.issue import ALGORITHMS, DAY, Authority, extension
from certs.testpki.ocsp_request import HASHES, read_request

GOOD = "good"
STATES = (GOOD, "revoked", "frozen", "unknown")
MALFORMED_REQUEST, TRY_LATER = 1, 3
# State, since when, reason.
StateOf = Callable[[int], tuple[str, datetime | None, int]]


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
        single = _single(self._about(certificate, hashed), status, at, timedelta(hours=hours))
        return self._signed([single], at, nonce, by or self.key)

    def respond(
        self,
        request: bytes,
        state_of: StateOf,
        *,
        at: datetime | None = None,
        life: timedelta = timedelta(hours=24),
        by: HeldKey | None = None,
    ) -> bytes:
        """The answer to an OCSP request: what `state_of` says of each serial number asked about, `unknown`
        for another CA's certificates. A request that cannot be read is refused as malformed."""
        at = at or self.now
        try:
            asked, nonce = read_request(bytes(request))
        except MalformedError:
            return self.refusal(MALFORMED_REQUEST)
        singles = []
        for one in asked:
            mine = one.about == self._identified(one.kind, one.hash_algorithm, one.serial)
            state, since, reason = state_of(one.serial) if mine else ("unknown", None, 0)
            singles.append(_single(one.about, _status(state, since or at, reason), at, life))
        return self._signed(singles, at, nonce, by or self.key)

    def named_in(self, request: bytes) -> bool:
        """Is anything asked about a certificate of this CA? Where several share an address."""
        try:
            asked, _ = read_request(bytes(request))
        except MalformedError:
            return False
        return any(one.about == self._identified(one.kind, one.hash_algorithm, one.serial) for one in asked)

    def _signed(self, singles: list[bytes], at: datetime, nonce: bytes, by: HeldKey) -> bytes:
        extra = w.explicit(1, w.sequence(extension(NONCE, w.octets(nonce)))) if nonce else b""
        who = w.explicit(1, read_certificate(self.key.certificate).subject.raw)
        body = w.sequence(who, w.generalized_time(at), w.sequence(*singles), extra)
        enclosed = w.explicit(0, w.sequence(self.key.certificate)) if self.delegated else b""
        signature = w.bits(by.sign(body))
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
        kind = w.algorithm(HASHES[hashed], w.NULL if hashed != "sm3" else b"")
        return self._identified(hashed, kind, read_certificate(certificate).serial)

    def _identified(self, hashed: str, algorithm: bytes, serial: int) -> bytes:
        """A CertID of this CA; `algorithm` is written as the asker wrote it."""
        issuer = read_certificate(self.issuer.key.certificate)
        name, key = (_hash(hashed, data) for data in (issuer.subject.raw, issuer.key.bits))
        return w.sequence(algorithm, w.octets(name), w.octets(key), w.integer(serial))


def _single(about: bytes, status: bytes, at: datetime, life: timedelta) -> bytes:
    until = w.explicit(0, w.generalized_time(at + life))
    return w.sequence(about, status, w.generalized_time(at), until)


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
