"""One CA of the sandbox world as a system runs it: its certificates, and what befalls them while it runs.

A vendor of the test PKI says what was issued and what was declared as revoked; here is what has happened
since (`befall`), with its moment, so that it can be told what was known when: a responder knows it at once,
a list of 00:00 (`daily`) the day after. Everything said has been judged with `certs`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

import certs
from certs.algorithms.identifiers import RSA_KEYS
from certs.model import write as w
from certs.model.certificate import Certificate, read_certificate
from certs.model.crl import HOLD, REMOVED
from certs.subject.identify import subject
from certs.testpki.issue import extension
from certs.trust import ANYTHING, ENCIPHERING, SIGNING, Purpose, Revocation, Trust
from hub.message import CST, wall
from simulators.desk import Refusal
from simulators.systems.certificates import world
from simulators.systems.material import digest_of, issuer_of

if TYPE_CHECKING:
    from certs.keys.held import HeldKey
    from certs.testpki.vendor import VendorCa

REASONS = {1: "keyCompromise", 3: "affiliationChanged", 4: "superseded", 5: "cessationOfOperation"}
SUPERSEDED = 4
_DELTA = "2.5.29.27"
_STATES = {"expired": "expired", "not-yet-valid": "not-yet-valid"}
# `usage` of a question: what the certificate must be good for.
USAGES = {"encrypt": ENCIPHERING, "login": SIGNING, "sign": SIGNING, "seal": SIGNING}
Standing = tuple[str, datetime | None, int]


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate of run time: `signs` says which half of a pair it is."""

    algorithm: str
    key: HeldKey
    signs: bool


@dataclass(slots=True)
class Register:
    """`happened` is what befell a serial number, oldest first (None: it is good again); `issued` is what was
    issued at run time. Two systems with one CA share it."""

    happened: dict[int, list[tuple[datetime, int | None]]] = field(default_factory=dict)
    issued: dict[int, Issued] = field(default_factory=dict)


@dataclass(slots=True)
class Hierarchy:
    """One vendor of the world as the system `system`; `ca` is what it calls itself."""

    system: str
    vendor_id: str
    seed: int
    ca: str
    daily: bool = False
    register: Register = field(default_factory=Register)

    @property
    def happened(self) -> dict[int, list[tuple[datetime, int | None]]]:
        return self.register.happened

    @property
    def issued(self) -> dict[int, Issued]:
        return self.register.issued

    @property
    def vendor(self) -> VendorCa:
        return world(self.seed).vendors[self.vendor_id]

    def trust(self, algorithm: str) -> Trust:
        """Belief in one of its hierarchies, revocation left to `revocation`."""
        root, *below = [ca.key.certificate for ca in self.vendor.tiers(algorithm)]
        return Trust((root,), Revocation.IGNORED, intermediates=tuple(below))

    def signer(self, holder: str) -> HeldKey:
        """A holder's key and certificate of the first algorithm."""
        return self.vendor.signer(holder)

    def algorithm_of(self, certificate: Certificate) -> str:
        """Which of its hierarchies a certificate would belong to."""
        family = "rsa-sha256" if certificate.key.algorithm.oid in RSA_KEYS else "sm2-sm3"
        if family not in self.vendor.algorithms:
            raise Refusal("ca.issuer-not-recognised")
        return family

    # -- what befalls certificates --------------------------------------------------------------------

    def revoke(self, serial: int, at: datetime, reason: int = 1) -> None:
        """A holder has lost a key. For good: what is revoked stays so."""
        if self.standing(serial, at)[0] != "revoked":
            self.happened.setdefault(serial, []).append((at, reason))

    def freeze(self, serial: int, at: datetime) -> None:
        if self.standing(serial, at)[0] == "good":
            self.revoke(serial, at, HOLD)

    def unfreeze(self, serial: int, at: datetime) -> None:
        if self.standing(serial, at)[0] == "frozen":
            self.happened.setdefault(serial, []).append((at, None))

    def standing(self, serial: int, known_at: datetime, algorithm: str | None = None) -> Standing:
        """State (good, revoked, frozen, unknown), since when, reason: as far as was known at that moment."""
        algorithm = algorithm or self._family(serial)
        found = self.vendor.state(serial, algorithm)
        if serial in self.issued:
            found = ("good", None, 0)
        for at, reason in self.happened.get(serial, ()):
            if at <= known_at:
                state = "good" if reason is None else "frozen" if reason == HOLD else "revoked"
                found = (state, None if reason is None else at, reason or 0)
        return found

    def _family(self, serial: int) -> str:
        """Of a number alone: the first hierarchy that knows it."""
        if serial in self.issued:
            return self.issued[serial].algorithm
        mine = self.vendor.algorithms
        known = [one for one in mine if self.vendor.state(serial, one)[0] != "unknown"]
        return known[0] if known else mine[0]

    def gone(self, algorithm: str, known_at: datetime) -> Iterator[tuple[int, datetime, int]]:
        """The rows of a list of that moment, in the order of their numbers."""
        declared = {serial for serial, _, _ in self.vendor.mishaps(algorithm)}
        for serial in sorted(declared | set(self.happened)):
            if self._issued_in(serial, algorithm):
                state, since, reason = self.standing(serial, known_at, algorithm)
                if state in ("revoked", "frozen") and since is not None:
                    yield serial, since, reason

    def _issued_in(self, serial: int, algorithm: str) -> bool:
        if serial in self.issued:
            return self.issued[serial].algorithm == algorithm
        return self.vendor.state(serial, algorithm)[0] != "unknown"

    def published(self, now: datetime) -> datetime:
        """The moment of the newest list: 00:00 Beijing, or the last change since the hour began."""
        local = now.astimezone(CST).replace(minute=0, second=0, microsecond=0)
        if self.daily:
            return local.replace(hour=0)
        since = [at for events in self.happened.values() for at, _ in events if at <= now]
        return max((local, *since))

    def crl(self, algorithm: str, now: datetime) -> bytes:
        """The newest list of the issuing CA; the same octets until the next one."""
        at = self.published(now)
        issuing = self.vendor.issuing(algorithm)
        return issuing.crl(self.gone(algorithm, at), number=int(at.timestamp()), this_update=at)

    def delta(self, algorithm: str, since: datetime, now: datetime) -> tuple[bytes, int] | None:
        """What has changed since the list of that moment (RFC 5280 5.2.4), and how many rows; None where the
        next list would have no higher number than that one."""
        at, base = self.published(now), int(since.timestamp())
        if int(at.timestamp()) <= base:
            return None
        before, after = ({row[0]: row for row in self.gone(algorithm, one)} for one in (since, at))
        rows = [row for serial, row in after.items() if before.get(serial) != row]
        rows += [(serial, at, REMOVED) for serial in before if serial not in after]
        indicator = extension(_DELTA, w.integer(base), critical=True)
        number = int(at.timestamp())
        made = self.vendor.issuing(algorithm).crl(rows, number=number, this_update=at, extensions=[indicator])
        return made, len(rows)

    # -- what is said of them -------------------------------------------------------------------------

    @staticmethod
    def purpose(asked: Mapping[str, Any]) -> Purpose:
        """What a question wants it for; a stamp's certificate is neither signer nor recipient."""
        stamp = asked.get("verifyKind") == "timestamp"
        return ANYTHING if stamp else USAGES.get(str(asked.get("usage")), ANYTHING)

    def revocation(self, certificate: Certificate, known_at: datetime) -> tuple[datetime, int] | None:
        """Since when and why, as far as was known at `known_at`."""
        algorithm = self.algorithm_of(certificate)
        state, since, reason = self.standing(certificate.serial, known_at, algorithm)
        return (since, reason) if state in ("revoked", "frozen") and since and since <= known_at else None

    def verdict(
        self, certificate: Certificate, at: datetime, known_at: datetime, purpose: Purpose = ANYTHING
    ) -> tuple[str, str]:
        """The verdict on a certificate and the code of its reason; raises Refusal where there is none."""
        judged = certs.recognise(
            certificate.raw,
            trust=self.trust(self.algorithm_of(certificate)),
            at=at,
            revocation=Revocation.IGNORED,
            purpose=purpose,
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

    def key_of(self, *, serial: str = "", code: str = "", digest: str = "") -> HeldKey:
        """The signing key of one of its certificates, the newest first; raises Refusal for nobody's."""
        keys = [one.key for one in reversed(self.issued.values()) if one.signs]
        keys += [self.signer(holder) for holder in self.vendor.holders]
        for key in keys:
            told = read_certificate(key.certificate)
            if digest and digest_of(key.certificate) != digest:
                continue
            if serial and f"{told.serial:X}" != serial.upper():
                continue
            if code and self.described(told)["subject"]["code"] != code:
                continue
            return key
        raise Refusal("sign.wrong-holder")
