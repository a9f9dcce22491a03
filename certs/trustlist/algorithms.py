"""How a trust list names algorithms: the family of the key and the digest, as in `sm2-sm3`."""

from __future__ import annotations

from certs.algorithms import identifiers as ids
from certs.algorithms.public_keys import KeyUnusableError, load
from certs.model.certificate import Certificate
from certs.model.der import MalformedError

_WORDS = {ids.SM2: "sm2", ids.RSA: "rsa", ids.PSS: "rsa-pss", ids.EC: "ecdsa", ids.ED25519: "ed25519",
          ids.ED448: "ed448"}  # fmt: skip
_FIXED = {ids.PSS, ids.ED25519, ids.ED448}  # what is signed with is said by parameters, or by the scheme
NAMES = tuple(
    dict.fromkeys(
        _WORDS[scheme.family] + ("" if scheme.family in _FIXED else f"-{scheme.digest}")
        for scheme in ids.SCHEMES.values()
        if scheme.family in _WORDS and scheme.digest not in ("md5", "sha1")
    )
)


def signed_with(certificate: Certificate) -> str:
    """The algorithm of a certificate's own signature; the number itself if it has no name here."""
    scheme = ids.SCHEMES.get(certificate.algorithm.oid)
    if scheme is None or scheme.family not in _WORDS:
        return certificate.algorithm.oid
    return _WORDS[scheme.family] + ("" if scheme.family in _FIXED else f"-{scheme.digest}")


def key_of(certificate: Certificate) -> tuple[str, int]:
    """Family and size of the certificate's key; without a size if it cannot be used."""
    try:
        usable = load(certificate.key)
    except (KeyUnusableError, MalformedError):
        return certificate.key.algorithm.oid, 0
    return _WORDS.get(usable.family, usable.family), usable.bits
