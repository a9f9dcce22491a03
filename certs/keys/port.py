"""The port every private key stands behind: a file, a token, a cipher machine or a server of somebody else.

What is signed is the message, not its digest: SM2 needs the key's own Z in front, and some devices want to
hash themselves. Public and private forms are those of `certs.algorithms.signature`.
"""

from __future__ import annotations

from typing import Protocol

PKCS1, OAEP_SHA256, SM2 = "rsa-pkcs1v15", "rsa-oaep-sha256", "sm2"


class KeyFailureError(Exception):
    """A key could not be used: device gone, PIN wrong, mechanism missing. Says which and what to do."""


class SigningKey(Protocol):
    """Signs messages; `certificate` is DER, `chain` those above it, the issuer's first."""

    @property
    def algorithm(self) -> str:
        """A name of `certs.algorithms.signature.SIGNATURES`."""
        ...

    @property
    def certificate(self) -> bytes: ...
    @property
    def chain(self) -> tuple[bytes, ...]: ...
    def sign(self, message: bytes) -> bytes:
        """DER of (r, s), or the octets of RSA; raises KeyFailureError."""
        ...


class DecryptionKey(Protocol):
    """Opens what was enciphered to its certificate."""

    @property
    def certificate(self) -> bytes: ...
    def decrypt(self, ciphertext: bytes, scheme: str) -> bytes:
        """`scheme` is one of the names above; raises KeyFailureError, for a wrong ciphertext too."""
        ...
