"""C03, a signature server: it verifies, signs digests for its holders, and stamps time.

C03-crl-once-a-day: what it knows of revocations is the list of 00:00 Beijing of the day of the question.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

import certs
from certs.algorithms import sm2
from certs.algorithms.public_keys import load
from certs.algorithms.signature import family
from certs.model import write as w
from certs.model.certificate import Certificate, read_certificate
from certs.testpki.issue import Blank
from certs.timestamp.messages import read_response
from certs.timestamp.model import Digest
from certs.timestamp.request import request
from certs.timestamp.respond import respond
from certs.trust import ANYTHING
from hub.message import CST, wall
from simulators.desk import Refusal
from simulators.systems.hierarchy import Hierarchy, certificate_of, opened

POLICY = "1.2.3.4.1"
_SIZES = {"01": ("sm3", 32), "02": ("sha256", 32)}
_TELETEX = 0x14


@dataclass(slots=True)
class SignatureServer:
    """The desk of C03. `daily` False: it knows of a revocation at once (as other CAs do)."""

    hierarchy: Hierarchy
    daily: bool = True
    _signed: dict[str, dict[str, Any]] = field(default_factory=dict)
    _serial: int = 0

    def crl_time(self, now: datetime) -> datetime:
        """Of the last list at that moment."""
        local = now.astimezone(CST)
        return local.replace(hour=0, minute=0, second=0, microsecond=0) if self.daily else local

    # -- ca.verify -----------------------------------------------------------------------------------

    def verify(self, asked: dict[str, Any], now: datetime) -> dict[str, Any]:
        """A verdict with its reasons; raises Refusal only where there is no verdict."""
        certificate = certificate_of(opened(asked["certificate"]))
        at, listed = datetime.fromisoformat(str(asked["atTime"])), self.crl_time(now)
        known = listed if asked.get("revocationRequired") else datetime.min.replace(tzinfo=CST)
        described = self.hierarchy.described(certificate)
        verdict, code = self.hierarchy.verdict(certificate, at, known)
        if verdict == "valid" and not self._holds(asked, certificate, at):
            verdict, code = "invalid", "signature.value"
        told = {"verdict": verdict, **described, "reasons": self._reasons(verdict, code, asked, listed)}
        gone = self.hierarchy.revocation(certificate, known)
        return told | ({"revocationTime": wall(gone[0].astimezone(CST))} if gone is not None else {})

    def _reasons(
        self, verdict: str, code: str, asked: dict[str, Any], listed: datetime
    ) -> list[dict[str, str]]:
        if verdict != "valid":
            return [{"code": code, "severity": "error"}]
        if not asked.get("revocationRequired"):
            return []
        told = {
            "code": "revocation.crl",
            "expected": "吊销列表当日有效",
            "observed": f"{listed:%Y%m%d%H%M%S}",
        }
        return [{**told, "clause": "RFC 5280 6.3", "severity": "info"}]

    def _holds(self, asked: dict[str, Any], certificate: Certificate, at: datetime) -> bool:
        kind = str(asked["verifyKind"])
        if kind == "certificate":
            return True
        signature = opened(asked.get("signature"))
        original = opened(asked.get("original"), needed=kind in ("bare-signature", "detached"))
        if kind == "bare-signature":
            return _bare(certificate, signature, original)
        trust = self.hierarchy.trust(self.hierarchy.algorithm_of(certificate))
        if kind in ("attached", "detached"):
            content = original if kind == "detached" else None
            judged = certs.verify_cms(signature, trust=trust, at=at, content=content, purpose=ANYTHING)
        elif kind == "xml":
            judged = certs.verify_xml(signature, trust=trust, at=at)
        elif kind == "seal":
            judged = certs.verify_seal(signature, original or None, trust=trust, at=at)
        elif kind == "timestamp":
            judged = certs.verify_timestamp(signature, original, trust=trust, at=at)
        else:
            raise Refusal("ca.encoding")
        return judged.ok

    # -- ca.sign --------------------------------------------------------------------------------------

    def sign(self, asked: dict[str, Any], now: datetime) -> dict[str, Any]:
        """A signature over a digest, in its holder's name; the same request number gets the first one."""
        number, said = str(asked["requestNo"]), str(asked.get("digest") or "")
        before = self._signed.get(number)
        if before is not None:
            if before["digest"] != said:
                raise Refusal("sign.replayed")
            return dict(before["told"])
        if asked.get("expireTime") and datetime.fromisoformat(str(asked["expireTime"])) <= now:
            raise Refusal("sign.expired")
        key = self._held(str(asked.get("certificate.digest") or ""))
        certificate = read_certificate(key.certificate)
        if self.hierarchy.verdict(certificate, now, self.crl_time(now))[0] != "valid":
            raise Refusal("sign.refused")
        algorithm, size = _SIZES.get(str(asked.get("digestAlgorithm")), ("", 0))
        value = _octets(said)
        if algorithm != "sm3" or len(value) != size:
            raise Refusal("ca.algorithm")
        r, s = sm2.backend().sign(value, key.private)
        self._serial += 1
        told = {
            "state": "confirmed",
            "signature": base64.b64encode(encode_dss_signature(r, s)).decode("ascii"),
            "certificateRef": self.hierarchy.described(certificate)["certificateRef"],
            "signTime": wall(now),
            "evidenceNo": f"SQ-{now:%Y%m%d}-{self._serial:06d}",
        }
        self._signed[number] = {"digest": said, "told": told}
        return told

    def _held(self, wanted: str) -> Any:
        """The key that goes with a certificate of this CA's holders."""
        for holder in self.hierarchy.vendor.holders:
            key = self.hierarchy.signer(holder)
            described = self.hierarchy.described(read_certificate(key.certificate))
            if described["certificateRef"]["digest"] == wanted:
                return key
        raise Refusal("sign.wrong-holder")

    # -- tsa.stamp --------------------------------------------------------------------------------------

    def stamp(self, asked: dict[str, Any], now: datetime) -> dict[str, Any]:
        """A token over a digest, from the CA's own time-stamping key."""
        known = _SIZES.get(str(asked["digestAlgorithm"]))
        value = _octets(str(asked["digest"]))
        if known is None:
            raise Refusal("tsa.algorithm")
        if len(value) != known[1]:
            raise Refusal("tsa.digest-length")
        policy = str(asked.get("policy") or "") or None
        if policy not in (None, POLICY):
            raise Refusal("tsa.policy")
        self._serial += 1
        serial = int(f"{now:%Y%m%d}") * 1_000_000 + self._serial
        wish = request(
            Digest(known[0], value),
            nonce=_nonce(str(asked["nonce"])),
            policy=policy,
            cert_req=bool(asked.get("certIncluded")),
        )
        made = respond(wish, self.hierarchy.vendor.tsa(), at=now, serial=serial, policy=POLICY)
        token = read_response(made).token
        if token is None:
            raise Refusal("tsa.clock")
        return {
            "token": base64.b64encode(token).decode("ascii"),
            "genTime": wall(now),
            "serialNo": str(serial),
            "accuracyMs": 500,
        }


def gbk_named(hierarchy: Hierarchy, holder: str) -> Any:
    """C03-gbk-subject-names: a certificate whose names are GBK octets in TeletexString."""
    plain = read_certificate(hierarchy.signer(holder).certificate).subject
    parts = [
        w.set_of(w.sequence(w.oid(kind), w.element(_TELETEX, text.encode("gbk"))))
        for kind, text in plain.attributes
    ]

    def renamed(blank: Blank) -> Blank:
        return replace(blank, subject=w.sequence(*parts))

    return hierarchy.vendor.issue(holder, alter=renamed)


def _bare(certificate: Certificate, signature: bytes, original: bytes) -> bool:
    usable = load(certificate.key)
    if usable.family == "sm2":
        return sm2.verify(original, signature, usable.key)
    public = usable.key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return family("rsa-sha256").verify(original, signature, public, b"")


def _octets(text: str) -> bytes:
    try:
        return bytes.fromhex(text.rpartition(":")[2])
    except ValueError:
        return b""


def _nonce(text: str) -> int:
    """The asker's number; a text that is none (hexadecimal, anything) stands for the number of its octets."""
    return int(text) if text.isascii() and text.isdigit() else int.from_bytes(text.encode("utf-8"))
