"""C05, another province's platform: it vouches for registered certificates and keeps versions of lists.

What is to be verified comes with its octets (member `content`) or, if it is a certificate it has registered,
by its digest; lists by their digest. Mappings stand in the signed list of lists.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from certs.model.certificate import Certificate, read_certificate
from certs.model.crl import HOLD
from hub.message import CST, wall
from simulators.desk import Refusal
from simulators.state import Ledger
from simulators.systems.hierarchy import REASONS, Hierarchy
from simulators.systems.material import certificate_of, digest_of, opened
from simulators.systems.proofs import Held, held

FRESH = timedelta(hours=12)


@dataclass(slots=True)
class Neighbour:
    """Certificates by digest out of the neighbouring CA's holders, lists by kind."""

    hierarchy: Hierarchy
    ledger: Ledger
    versioned: bool = True
    lists: dict[str, dict[str, Any]] = field(default_factory=dict)

    def registered(self) -> dict[str, Certificate]:
        """The certificates it answers for, by digest."""
        found = {}
        for holder in self.hierarchy.vendor.holders:
            certificate = read_certificate(self.hierarchy.signer(holder).certificate)
            found[digest_of(certificate.raw)] = certificate
        return found

    def _known(self, digest: object, refusal: str) -> Certificate:
        certificate = self.registered().get(str(digest))
        if certificate is None:
            raise Refusal(refusal)
        return certificate

    def verify(self, asked: dict[str, Any], now: datetime) -> dict[str, Any]:
        """A verdict on whatever comes with its octets; by digest alone, on a registered certificate."""
        kind, raw = str(asked["verifyKind"]), asked.get("certificate.content")
        if raw is None and kind != "certificate":
            raise Refusal("ca.encoding")  # a signature cannot be judged by its digest
        certificate = (
            self._known(asked["certificate.digest"], "ca.encoding")
            if raw is None
            else certificate_of(opened(raw))
        )
        at = datetime.fromisoformat(str(asked["atTime"]))
        verdict, code = self.hierarchy.verdict(certificate, at, now, self.hierarchy.purpose(asked))
        described = self.hierarchy.described(certificate)
        found = Held((code,)) if verdict != "valid" else self._held(asked, kind, certificate, at)
        verdict = "invalid" if verdict == "valid" and found.reasons else verdict
        info = [{"code": "ca.note.cross-province", "severity": "info"}] if verdict == "valid" else []
        told = {"verdict": verdict, **described, "reasons": [*info, *found.told()]}
        gone = self.hierarchy.revocation(certificate, now)
        return told | ({"revocationTime": wall(gone[0].astimezone(CST))} if gone is not None else {})

    def _held(self, asked: dict[str, Any], kind: str, certificate: Certificate, at: datetime) -> Held:
        """Of what came along; raises Refusal for a part that is missing."""
        value = opened(asked.get("signature.content"), needed=kind != "certificate")
        original = opened(asked.get("original.content"), needed=kind in ("bare-signature", "detached"))
        return held(self.hierarchy, kind, certificate, value, original, at)

    def status(self, asked: dict[str, Any], now: datetime) -> dict[str, Any]:
        """Good, revoked or frozen, as of now."""
        certificate = self._known(asked["certificate.digest"], "ca.unknown-serial")
        at = datetime.fromisoformat(str(asked.get("atTime") or wall(now)))
        gone = self.hierarchy.revocation(certificate, now)
        told = {"thisUpdate": wall(now), "sourceSystem": self.hierarchy.system}
        if gone is None or gone[0] > at:
            return {**told, "status": "good", "nextUpdate": wall(now + FRESH)}
        since = {"revocationTime": wall(gone[0].astimezone(CST))}
        if gone[1] == HOLD:
            return {**told, **since, "status": "frozen", "revocationReason": "certificateHold"}
        return {**told, **since, "status": "revoked", "revocationReason": REASONS.get(gone[1], "unspecified")}

    def sync(self, asked: dict[str, Any], now: datetime) -> dict[str, Any]:
        """C05-versioned-list: only upwards; a delta names the list it changes."""
        kind, version = str(asked["syncKind"]), str(asked["listVersion"])
        held, digest = self.lists.get(kind), str(asked["content.digest"])
        if self.versioned and held is not None and version <= held["version"]:
            if version == held["version"] and digest == held["digest"]:
                return dict(held["told"])
            raise Refusal("sync.rollback")
        before = asked.get("previousDigest")
        if self.versioned and before and (held is None or before != held["digest"]):
            raise Refusal("sync.gap")
        if datetime.fromisoformat(str(asked["nextUpdate"])) <= now:
            raise Refusal("sync.expired")
        told = {
            "hubId": self.ledger.receipt(now),
            "receiptState": "accepted",
            "receivedTime": wall(now),
            "appliedVersion": version,
            "rejectedEntries": [],
        }
        self.lists[kind] = {"version": version, "digest": digest, "told": told}
        return told
