"""A signing key held in this process's memory: for sandboxes and tests, and under `certs.keys.file`."""

from __future__ import annotations

from dataclasses import dataclass, field

from certs.algorithms.signature import DEFAULT_ID, family
from certs.keys.port import KeyFailureError


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
