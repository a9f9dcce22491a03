"""C03, a signature server: it verifies, signs digests for its holders, and stamps time.

C03-crl-once-a-day: what it knows of revocations is the list of 00:00 Beijing of the day of the question.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from certs.algorithms import sm2
from certs.model import write as w
from certs.model.certificate import Certificate, read_certificate
from certs.testpki.issue import Blank
from certs.timestamp.messages import read_response
from certs.timestamp.model import Digest
from certs.timestamp.request import request
from certs.timestamp.respond import respond
from hub.message import CST, wall
from simulators.desk import Refusal
from simulators.systems.authority import nothing
from simulators.systems.hierarchy import Hierarchy
from simulators.systems.material import b64, certificate_of, opened
from simulators.systems.proofs import KINDS, Held, held

POLICY = "1.2.3.4.1"
_SIZES = {"01": ("sm3", 32), "02": ("sha256", 32)}
_TELETEX = 0x14


@dataclass(slots=True)
class SignatureServer:
    """The desk of C03; whether its lists are of 00:00 is a matter of the hierarchy (`daily`)."""

    hierarchy: Hierarchy
    feels: Callable[[str], bool] = nothing
    _signed: dict[str, dict[str, Any]] = field(default_factory=dict)
    _serial: int = 0

    def crl_time(self, now: datetime) -> datetime:
        """Of the last list at that moment; the others know at once."""
        return self.hierarchy.published(now) if self.hierarchy.daily else now.astimezone(CST)

    # -- ca.verify -----------------------------------------------------------------------------------

    def verify(self, asked: dict[str, Any], now: datetime) -> dict[str, Any]:
        """A verdict with its reasons; raises Refusal only where there is no verdict."""
        certificate = certificate_of(opened(asked["certificate"]))
        at, listed = datetime.fromisoformat(str(asked["atTime"])), self.crl_time(now)
        known = listed if asked.get("revocationRequired") else datetime.min.replace(tzinfo=CST)
        verdict, code = self.hierarchy.verdict(certificate, at, known, self.hierarchy.purpose(asked))
        described = self.hierarchy.described(certificate)
        found = Held((code,)) if verdict != "valid" else self._held(asked, certificate, at)
        verdict = "invalid" if verdict == "valid" and found.reasons else verdict
        told = {"verdict": verdict, **described, "reasons": self._reasons(found, asked, listed)}
        gone = self.hierarchy.revocation(certificate, known)
        return told | ({"revocationTime": wall(gone[0].astimezone(CST))} if gone is not None else {})

    def _reasons(self, found: Held, asked: dict[str, Any], listed: datetime) -> list[dict[str, str]]:
        if found.reasons or not asked.get("revocationRequired"):
            return found.told()
        told = {
            "code": "revocation.crl",
            "expected": "吊销列表当日有效",
            "observed": f"{listed:%Y%m%d%H%M%S}",
        }
        return [{**told, "clause": "RFC 5280 6.3", "severity": "info"}, *found.told()]

    def _held(self, asked: dict[str, Any], certificate: Certificate, at: datetime) -> Held:
        kind = str(asked["verifyKind"])
        if kind not in KINDS:
            raise Refusal("ca.encoding")
        signature = opened(asked.get("signature"), needed=kind != "certificate")
        original = opened(asked.get("original"), needed=kind in ("bare-signature", "detached"))
        return held(self.hierarchy, kind, certificate, signature, original, at)

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
        key = self.hierarchy.key_of(digest=str(asked.get("certificate.digest") or "?"))
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
            "signature": b64(self._written(r, s)),
            "certificateRef": self.hierarchy.described(certificate)["certificateRef"],
            "signTime": wall(now),
            "evidenceNo": f"SQ-{now:%Y%m%d}-{self._serial:06d}",
        }
        self._signed[number] = {"digest": said, "told": told}
        return told

    def _written(self, r: int, s: int) -> bytes:
        """DER, unless the service is at fault."""
        raw = r.to_bytes(32, "big") + s.to_bytes(32, "big")
        return raw if self.feels("sign-raw") else encode_dss_signature(r, s)

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
            "token": b64(token),
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


def _octets(text: str) -> bytes:
    try:
        return bytes.fromhex(text.rpartition(":")[2])
    except ValueError:
        return b""


def _nonce(text: str) -> int:
    """The asker's number; a text that is none (hexadecimal, anything) stands for the number of its octets."""
    return int(text) if text.isascii() and text.isdigit() else int.from_bytes(text.encode("utf-8"))
