"""Which digest and which signature a signer used: the many ways in which kits name the same thing.

RFC 5652 names digest and signature apart; PKCS #7 writes only the kind of key where the signature
belongs; Chinese kits name SM2 by curve, by signing scheme or by scheme with SM3.
"""

from __future__ import annotations

import hashlib

from certs.algorithms import identifiers as ids
from certs.algorithms.digest import digest as named_digest
from certs.model.certificate import Algorithm, PublicKey

RSA_KEY = "1.2.840.113549.1.1.1"
SM2_SIGNING, SM2_WITH_SM3 = "1.2.156.10197.1.301.1", "1.2.156.10197.1.501"
# Names of SM2 signatures met in the wild: curve, scheme, scheme with SM3, any key on a curve.
SM2_NAMES = frozenset((ids.SM2_KEY, SM2_SIGNING, SM2_WITH_SM3, ids.EC_KEY))
_BY_KEY = {RSA_KEY: ids.RSA, ids.EC_KEY: ids.EC, ids.DSA_KEY: ids.DSA}
_COMPOSED = {(scheme.family, scheme.digest): oid for oid, scheme in reversed(ids.SCHEMES.items())}
_SM3_WITHOUT_KEY = "1.2.156.10197.1.401.1"  # GM/T 0006 has a number of its own for it
_NOT_PARAMETERS = (ids.EC_KEY, ids.SM2_KEY)  # with these the curve may stand there


def digest_name(algorithm: Algorithm) -> str | None:
    """The digest's name; some kits write the signature's identifier in its place."""
    if algorithm.oid in ids.DIGESTS:
        return ids.DIGESTS[algorithm.oid]
    if algorithm.oid == _SM3_WITHOUT_KEY:
        return "sm3"
    scheme = ids.SCHEMES.get(algorithm.oid)
    return None if scheme is None else scheme.digest


def content_digest(name: str, content: bytes) -> bytes:
    """The digest of content under a name of `identifiers.DIGESTS`."""
    if name == "sm3":
        return named_digest(content, name)
    return hashlib.new(name.replace("-", "_"), content, usedforsecurity=False).digest()


def signature_scheme(algorithm: Algorithm, digest: str | None, key: PublicKey) -> Algorithm | None:
    """The composed algorithm that `verification.fault` knows; None if these do not go together."""
    if key.algorithm.oid == ids.SM2_KEY or _on_sm2_curve(key):
        fits = algorithm.oid in SM2_NAMES and digest == "sm3"
        return Algorithm(SM2_WITH_SM3, None) if fits else None
    family = _BY_KEY.get(algorithm.oid)
    if family is not None:
        oid = _COMPOSED.get((family, digest))
        parameters = None if algorithm.oid in _NOT_PARAMETERS else algorithm.parameters
        return None if oid is None else Algorithm(oid, parameters)
    scheme = ids.SCHEMES.get(algorithm.oid)
    if scheme is None or (scheme.digest is not None and scheme.digest != digest):
        return None
    return algorithm


def _on_sm2_curve(key: PublicKey) -> bool:
    parameters = key.algorithm.parameters
    return key.algorithm.oid == ids.EC_KEY and parameters == _SM2_CURVE


_SM2_CURVE = bytes.fromhex("06082a811ccf5501822d")
