"""Which of the certificates at hand is meant by a signer's name."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from certs.cms.signed import Signer
from certs.model.certificate import Certificate, read_certificate
from certs.model.der import MalformedError

_MOST = 4


def candidates(signer: Signer, certificates: Sequence[bytes]) -> list[Certificate]:
    """Usually one; certificates renewed for the same key share its identifier."""
    out: list[Certificate] = []
    for raw in certificates:
        try:
            certificate = read_certificate(raw)
        except MalformedError:
            continue  # somebody else's, perhaps; if it was the signer's, there is none
        if _fits(signer, certificate):
            out.append(certificate)
    return out[:_MOST]


def _fits(signer: Signer, certificate: Certificate) -> bool:
    if signer.key_identifier is None:
        return signer.serial == certificate.serial and signer.issuer == certificate.issuer
    stated = certificate.extensions.subject_key
    if stated is None:  # then it is the digest of the key (RFC 5280, 4.2.1.2)
        stated = hashlib.sha1(certificate.key.bits, usedforsecurity=False).digest()
    return stated == signer.key_identifier
