"""Asking a responder about one certificate: OCSPRequest (RFC 6960, 4.1.1), without a nonce, so that an answer
can be kept for as long as it says."""

from __future__ import annotations

import hashlib

from certs.algorithms import identifiers as ids
from certs.algorithms.digest import digest
from certs.algorithms.public_keys import KeyUnusableError, load
from certs.model import write as w
from certs.model.certificate import Certificate

_SHA1, _SM3 = "1.3.14.3.2.26", "1.2.156.10197.1.401"


def ocsp_request(child: Certificate, issuer: Certificate) -> bytes:
    """DER. The issuer is named by SHA-1 as every responder knows it, by SM3 where its key is SM2."""
    try:
        national = load(issuer.key).family == ids.SM2
    except KeyUnusableError:
        national = False
    kind, parameters = (_SM3, b"") if national else (_SHA1, w.NULL)
    named, key = (_hash(one, national) for one in (issuer.subject.raw, issuer.key.bits))
    about = w.sequence(w.algorithm(kind, parameters), w.octets(named), w.octets(key), w.integer(child.serial))
    return w.sequence(w.sequence(w.sequence(w.sequence(about))))


def _hash(data: bytes, national: bool) -> bytes:
    return digest(data) if national else hashlib.sha1(data, usedforsecurity=False).digest()
