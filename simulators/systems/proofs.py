"""Does a value hold over what was signed: each `verifyKind`, judged with `certs` under one CA alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

import certs
from certs.algorithms import sm2
from certs.algorithms.public_keys import load
from certs.algorithms.signature import family
from certs.model.certificate import Certificate, read_certificate
from certs.seal.read import read_signature
from certs.trust import ANYTHING
from certs.trustlist.quirks import quirk_of, quirks
from simulators.desk import Refusal
from simulators.systems.hierarchy import Hierarchy

KINDS = frozenset({"certificate", "bare-signature", "attached", "detached", "xml", "seal", "timestamp"})


@dataclass(frozen=True, slots=True)
class Held:
    """What is wrong with a value, in the codes of `certs`; and what was let pass, by the names of quirks."""

    reasons: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def told(self) -> list[dict[str, str]]:
        """As `reasons` of an answer."""
        said = [(word_of(one), "error") for one in self.reasons]
        said += [(word_of(one), "warning") for one in self.notes]
        return [{"code": code, "severity": severity} for code, severity in said]


def word_of(reason: str) -> str:
    """The standard's own word where it has one."""
    if "." in reason:
        return reason
    return "signature.value" if reason == "signature" else f"certificate.{reason}"


def held(
    hierarchy: Hierarchy, kind: str, certificate: Certificate, value: bytes, original: bytes, at: datetime
) -> Held:
    """Revocation is left out: it is known here otherwise. Raises Refusal for a kind that is none."""
    if kind not in KINDS:
        raise Refusal("ca.algorithm")
    usual = _usual(hierarchy)
    own = tuple(one.name for one in quirks(certificate, issuing=False) if one.name not in usual)
    if kind == "certificate":
        return Held((), own)
    if kind == "bare-signature":
        return Held((), own) if bare(certificate, value, original) else Held(("signature",))
    trust, extra = hierarchy.trust(hierarchy.algorithm_of(certificate)), (certificate.raw,)
    if kind in ("attached", "detached"):
        content = original if kind == "detached" else None
        judged = certs.verify_cms(value, trust=trust, at=at, content=content, extra=extra, purpose=ANYTHING)
    elif kind == "xml":
        judged = certs.verify_xml(value, trust=trust, at=at, certificates=extra)
    elif kind == "seal":
        judged = certs.verify_seal(value, original or None, trust=trust, at=at)
        if judged.ok and (why := _maker(hierarchy, read_signature(value).seal.maker, at)):
            return Held((why,))
    else:
        judged = certs.verify_timestamp(value, original, trust=trust, at=at)
    reasons = tuple(dict.fromkeys(one.code for one in judged.reasons))
    forgiven = [quirk_of(one.detail).name for one in judged.forgiven if one.code == "encoding"]
    odd = dict.fromkeys((*own, *(one for one in forgiven if one not in usual)))
    return Held(() if judged.ok else reasons, tuple(odd))


def _maker(hierarchy: Hierarchy, maker: bytes, at: datetime) -> str:
    """A seal's maker has a certificate of his own, and whether it is revoked is known here too."""
    known = hierarchy.published(at) if hierarchy.daily else at
    verdict, code = hierarchy.verdict(read_certificate(maker), at, known)
    return "" if verdict == "valid" else code


def _usual(hierarchy: Hierarchy) -> set[str]:
    """What this CA writes in every certificate: upon that it does not remark."""
    first = read_certificate(hierarchy.signer(next(iter(hierarchy.vendor.holders))).certificate)
    return {one.name for one in quirks(first, issuing=False)}


def bare(certificate: Certificate, value: bytes, original: bytes) -> bool:
    """A value over the original itself: DER of r and s for SM2, RSA as it is."""
    usable = load(certificate.key)
    if usable.family == "sm2":
        return sm2.verify(original, value, usable.key)
    public = usable.key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return family("rsa-sha256").verify(original, value, public, b"")
