"""A key held in this process's memory, to sign and decrypt: for sandboxes, tests, and `certs.keys.file`."""

from __future__ import annotations

from dataclasses import dataclass, field

from certs.algorithms import rsa_encryption, sm2_encryption
from certs.algorithms.signature import DEFAULT_ID, family
from certs.keys.port import OAEP_SHA256, PKCS1, SM2, KeyFailureError

_FAMILIES = {"sm2-sm3": (SM2,), "rsa-sha256": (PKCS1, OAEP_SHA256)}


@dataclass(frozen=True, slots=True)
class HeldKey:
    """`private` is the 32 bytes of d (SM2), or PKCS#8."""

    algorithm: str
    private: bytes = field(repr=False)
    certificate: bytes = field(default=b"", repr=False)
    chain: tuple[bytes, ...] = field(default=(), repr=False)

    @property
    def public(self) -> bytes:
        return family(self.algorithm).public_of(self.private)

    def sign(self, message: bytes) -> bytes:
        try:
            return family(self.algorithm).sign(message, self.private, DEFAULT_ID)
        except ValueError as error:
            raise KeyFailureError(str(error)) from error

    def decrypt(self, ciphertext: bytes, scheme: str) -> bytes:
        """`scheme` as in `certs.keys.port`; a wrong padding of PKCS#1 v1.5 gives other bytes, no error."""
        if scheme not in _FAMILIES.get(self.algorithm, ()):
            raise KeyFailureError(f"a key for {self.algorithm} does not decrypt {scheme!r}")
        try:
            if scheme == SM2:
                return sm2_encryption.decrypt(self.private, ciphertext)
            return rsa_encryption.decrypt(self.private, ciphertext, scheme)
        except ValueError as error:
            raise KeyFailureError(str(error)) from error
