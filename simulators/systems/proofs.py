"""Does a value hold over what was signed: each `verifyKind`, judged with `certs` under one CA alone."""

from __future__ import annotations

from datetime import datetime

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

import certs
from certs.algorithms import sm2
from certs.algorithms.public_keys import load
from certs.algorithms.signature import family
from certs.model.certificate import Certificate, read_certificate
from certs.seal.read import read_signature
from certs.trust import ANYTHING
from simulators.desk import Refusal
from simulators.systems.hierarchy import Hierarchy

KINDS = frozenset({"certificate", "bare-signature", "attached", "detached", "xml", "seal", "timestamp"})


def holds(
    hierarchy: Hierarchy, kind: str, certificate: Certificate, value: bytes, original: bytes, at: datetime
) -> bool:
    """Revocation is left out: it is known here otherwise. Raises Refusal for a kind that is none."""
    if kind not in KINDS:
        raise Refusal("ca.algorithm")
    if kind == "certificate":
        return True
    if kind == "bare-signature":
        return bare(certificate, value, original)
    trust, extra = hierarchy.trust(hierarchy.algorithm_of(certificate)), (certificate.raw,)
    if kind in ("attached", "detached"):
        content = original if kind == "detached" else None
        judged = certs.verify_cms(value, trust=trust, at=at, content=content, extra=extra, purpose=ANYTHING)
    elif kind == "xml":
        judged = certs.verify_xml(value, trust=trust, at=at, certificates=extra)
    elif kind == "seal":
        judged = certs.verify_seal(value, original or None, trust=trust, at=at)
        if judged.ok and not _stands(hierarchy, read_signature(value).seal.maker, at):
            return False
    else:
        judged = certs.verify_timestamp(value, original, trust=trust, at=at)
    return judged.ok


def _stands(hierarchy: Hierarchy, maker: bytes, at: datetime) -> bool:
    """A seal's maker has a certificate of his own, and whether it is revoked is known here too."""
    known = hierarchy.published(at) if hierarchy.daily else at
    return hierarchy.verdict(read_certificate(maker), at, known)[0] == "valid"


def bare(certificate: Certificate, value: bytes, original: bytes) -> bool:
    """A value over the original itself: DER of r and s for SM2, RSA as it is."""
    usable = load(certificate.key)
    if usable.family == "sm2":
        return sm2.verify(original, value, usable.key)
    public = usable.key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return family("rsa-sha256").verify(original, value, public, b"")
