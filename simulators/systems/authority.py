"""What a CA of the sandbox answers: it verifies with `certs`, signs and issues with its own world's keys.

The certificates it knows are those of its vendor in the test PKI (`certs.testpki`). Conclusions are answers;
only where none can be reached is there a refusal. Issue F deepens this: the books are few and each is short.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

import certs
from certs.algorithms import sm2
from certs.algorithms.digest import digest
from certs.algorithms.identifiers import SM2
from certs.algorithms.public_keys import load
from certs.model.certificate import Certificate, read_certificate
from certs.model.crl import read_crl
from certs.model.der import MalformedError
from certs.subject import subject as subject_of
from hub.message import wall
from simulators.desk import Refusal
from simulators.systems.certificates import fresh_world, world

if TYPE_CHECKING:
    from certs.keys.held import HeldKey
    from certs.testpki.vendor import VendorCa
    from certs.verdict import Verdict

Fields = dict[str, Any]
VENDORS = {"C01": "C01", "C02": "C02", "C03": "C03", "C04": "C04", "N05": "C04"}
# what a verdict is called: by its first reason
_WORDS = {"revoked": "revoked", "frozen": "frozen", "expired": "expired", "not-yet-valid": "expired"}
_REASONS = {
    1: "keyCompromise",
    3: "affiliationChanged",
    4: "superseded",
    5: "cessationOfOperation",
    6: "hold",
}
_HOLD = 6


class Authority:
    """The books of one CA; nothing is made before it is asked for."""

    def __init__(self, system: str, seed: int) -> None:
        self._system, self._seed = system, seed
        self._serial = 0

    @property
    def vendor(self) -> VendorCa:
        """RSA hierarchies are fresh in each process: out of a seed they would cost seconds."""
        name = VENDORS[self._system]
        return (fresh_world() if name == "C02" else world(self._seed)).vendors[name]

    # -- verify and status ------------------------------------------------------------------------

    def verify(self, asked: Fields, now: datetime) -> Fields:
        """`ca.verify`: the verdict, why, about whom."""
        raw = _bytes(asked.get("certificate"))
        try:
            certificate = read_certificate(raw)
        except MalformedError:
            raise Refusal("ca.encoding") from None
        if certificate.issuer not in self._issuers():
            raise Refusal("ca.issuer-not-recognised")
        at = datetime.fromisoformat(str(asked["atTime"]))
        verdict = self._judge(asked, certificate, at)
        told: Fields = {
            "verdict": _word(verdict),
            "reasons": [
                {"code": f"certificate.{one.code}", "observed": one.detail, "severity": "error"}
                for one in verdict.reasons
            ],
            "certificateRef": self.reference(certificate),
            "subject": self._subject(certificate),
            "checkedBy": self._system,
        }
        entry = self._revoked(certificate)
        return told | ({"revocationTime": wall(entry[0])} if entry and entry[0] <= at else {})

    def _judge(self, asked: Fields, certificate: Certificate, at: datetime) -> Verdict:
        how = certs.Revocation.REQUIRED if asked.get("revocationRequired") else certs.Revocation.IGNORED
        vendor = self.vendor
        crls = vendor.crls() if asked.get("revocationRequired") else ()
        trust = certs.Trust(vendor.anchors, how, intermediates=vendor.intermediates, crls=crls)
        value, original = _bytes(asked.get("signature")), _bytes(asked.get("original"))
        kinds: Mapping[str, Callable[[], Verdict]] = {
            "attached": lambda: certs.verify_cms(value, trust=trust, at=at, extra=(certificate.raw,)),
            "detached": lambda: certs.verify_cms(
                value, trust=trust, at=at, content=original, extra=(certificate.raw,)
            ),
            "xml": lambda: certs.verify_xml(value, trust=trust, at=at, certificates=(certificate.raw,)),
            "timestamp": lambda: certs.verify_timestamp(value, original, trust=trust, at=at),
        }
        kind = str(asked.get("verifyKind"))
        if kind in kinds:
            return kinds[kind]()
        if kind not in ("certificate", "bare-signature"):
            raise Refusal("ca.algorithm")
        verdict = trust.judge(certificate.raw, moment=certs.Moment(at))
        if kind == "bare-signature" and verdict.ok and not _holds(certificate, original, value):
            return certs.Verdict(False, [certs.Reason("signature")])
        return verdict

    def status(self, asked: Fields, now: datetime) -> Fields:
        """`ca.status`: from the current list, with the list's own bytes for whoever judges himself."""
        if str(asked.get("certificate.caId")) != self._system:
            raise Refusal("ca.issuer-not-recognised")
        try:
            serial = int(str(asked["certificate.serialNo"]), 16)
        except ValueError:
            raise Refusal("ca.unknown-serial") from None
        vendor = self.vendor
        raw = vendor.crl()
        listed = read_crl(raw)
        found = listed.find(listed.issuer, serial)
        told: Fields = {
            "status": "good",
            "thisUpdate": wall(listed.this_update),
            "sourceSystem": self._system,
        }
        if listed.next_update is not None:
            told["nextUpdate"] = wall(listed.next_update)
        if found is not None:
            told["status"] = "frozen" if found.reason == _HOLD else "revoked"
            told["revocationTime"] = wall(listed.revoked_at(found))
            told["revocationReason"] = _REASONS.get(found.reason, "unspecified")
        return told | {"response": base64.b64encode(raw).decode("ascii")}

    def _revoked(self, certificate: Certificate) -> tuple[datetime, int] | None:
        listed = read_crl(self.vendor.crl())
        found = listed.find(listed.issuer, certificate.serial)
        return None if found is None else (listed.revoked_at(found), found.reason)

    # -- sign and issue ---------------------------------------------------------------------------

    def sign(self, asked: Fields, now: datetime) -> Fields:
        """`ca.sign`: signed data over the octets of the digest, by the holder's key here."""
        key = self._key(
            str(asked.get("certificate.serialNo", "")), str(asked.get("certificate.subjectCode", ""))
        )
        octets = bytes.fromhex(str(asked["digest"]).rpartition(":")[2])
        arc: Any = "rsa" if key.algorithm == "rsa-sha256" else "sm2"
        signature = certs.sign_cms(octets, key, arc=arc, detached=True, time=now)
        self._serial += 1
        return {
            "state": "confirmed",
            "signature": base64.b64encode(signature).decode("ascii"),
            "certificateRef": self.reference(read_certificate(key.certificate)),
            "signTime": wall(now),
            "evidenceNo": f"EV-{self._system}-{self._serial:06d}",
        }

    def issue(self, asked: Fields, now: datetime) -> Fields:
        """`ca.issue`: a pair where the vendor issues pairs (first to sign, then to encipher)."""
        code = str(asked.get("subject.code", ""))
        kind = str(asked.get("issueKind"))
        if kind not in ("new", "renew", "change"):
            return {"state": "accepted"}
        holder = next((one.id for one in self.vendor.holders.values() if one.code == code), None)
        if holder is None:
            return {"state": "refused", "reason": "沙箱只为其声明的主体发证"}
        keys = [self.vendor.signer(holder), self.vendor.encrypter(holder)]
        distinct = list(dict.fromkeys(key.certificate for key in keys))
        return {
            "state": "issued",
            "certificateRef": self.reference(read_certificate(distinct[0])),
            "certificates": [base64.b64encode(one).decode("ascii") for one in distinct],
            "deliver": "download" if asked.get("medium") == "tokenless" else "post",
        }

    def _key(self, serial: str, code: str) -> HeldKey:
        """The key of a certificate by its number, or of its holder by code."""
        for holder in self.vendor.holders.values():
            if code in ("", holder.code):
                key = self.vendor.signer(holder.id)
                if not serial or f"{read_certificate(key.certificate).serial:x}" == serial.lower() or code:
                    return key
        raise Refusal("sign.wrong-holder")

    # -- who it is --------------------------------------------------------------------------------

    def reference(self, certificate: Certificate) -> Fields:
        """`certificateRef` of the standard."""
        return {
            "caId": self._system,
            "issuer": str(certificate.issuer),
            "serialNo": f"{certificate.serial:X}",
            "digest": f"sm3:{digest(certificate.raw).hex()}",
            "subjectCode": self._subject(certificate)["code"],
            "medium": "tokenless" if VENDORS[self._system] == "C04" else "token",
            "usage": "sign",
            "notBefore": wall(certificate.not_before),
            "notAfter": wall(certificate.not_after),
        }

    def _subject(self, certificate: Certificate) -> Fields:
        """Whose certificate it is, by this CA's own rules (C02: extension 1.2.86.11.7.1.5)."""
        found = subject_of(certificate.raw, self.vendor.rules).bound
        if found is None:
            raise Refusal("ca.subject-unresolved")
        name = next((one.name for one in self.vendor.holders.values() if one.code == found.code), "")
        return {"type": "1", "code": found.code, "name": name}

    def _issuers(self) -> list[Any]:
        vendor = self.vendor
        return [read_certificate(vendor.issuing(one).key.certificate).subject for one in vendor.algorithms]


def _word(verdict: Verdict) -> str:
    if verdict.ok:
        return "valid"
    return next((_WORDS[one.code] for one in verdict.reasons if one.code in _WORDS), "invalid")


def _bytes(text: Any) -> bytes:
    try:
        return base64.b64decode(str(text or ""), validate=True)
    except (binascii.Error, ValueError):
        raise Refusal("ca.encoding") from None


def _holds(certificate: Certificate, original: bytes, value: bytes) -> bool:
    """A bare value over the original: DER of r and s for SM2, RSA as it is."""
    key = load(certificate.key)
    if key.family == SM2:
        return sm2.verify(original, value, key.key)
    try:
        key.key.verify(value, original, PKCS1v15(), SHA256())
    except (InvalidSignature, AttributeError, TypeError):
        return False
    return True
