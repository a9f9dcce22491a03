"""The signature algorithms of messages by name: one row per family, keys as bytes in one form each.

A public key is the 65-byte point for SM2 and SubjectPublicKeyInfo for the others; a private key the 32
bytes of d, or PKCS#8. The identity counts for SM2 only.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from certs.algorithms import ecdsa, rsa, sm2
from certs.algorithms.digest import UnknownAlgorithmError
from certs.algorithms.key_forms import public_from

DEFAULT_ID = sm2.DEFAULT_ID


@dataclass(frozen=True, slots=True)
class Family:
    """What one algorithm can do; readers raise ValueError, `verify` never raises on a signature."""

    name: str
    digest: str
    read_public: Callable[[bytes], bytes]
    read_private: Callable[[bytes], bytes]
    public_of: Callable[[bytes], bytes]
    sign: Callable[[bytes, bytes, bytes], bytes]
    verify: Callable[[bytes, bytes, bytes, bytes], bool]


SIGNATURES = {
    family.name: family
    for family in (
        Family(
            "sm2-sm3", "sm3", sm2.read_public, sm2.read_private, sm2.public_of,
            sm2.sign, sm2.verify,
        ),
        Family(
            "rsa-sha256", "sha256", rsa.read_public, rsa.read_private, public_from,
            lambda message, private, _: rsa.sign(message, private),
            lambda message, signature, public, _: rsa.verify(message, signature, public),
        ),
        Family(
            "ecdsa-sha256", "sha256", ecdsa.read_public, ecdsa.read_private, public_from,
            lambda message, private, _: ecdsa.sign(message, private),
            lambda message, signature, public, _: ecdsa.verify(message, signature, public),
        ),
    )
}  # fmt: skip


def family(name: str) -> Family:
    """The row of a name; raises UnknownAlgorithmError."""
    if name not in SIGNATURES:
        raise UnknownAlgorithmError(name, SIGNATURES)
    return SIGNATURES[name]
