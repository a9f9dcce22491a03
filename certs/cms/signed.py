"""Signed data as a frozen view over its bytes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from certs.model.certificate import Algorithm
from certs.model.names import Name

Attributes = Mapping[str, tuple[bytes, ...]]


@dataclass(frozen=True, slots=True)
class Signer:
    """One SignerInfo, named by issuer and serial number or by the key's identifier.

    `signed_attributes` is what was signed, as the SET it is signed as; None if there are none. The two
    mappings give all values by attribute, as whole elements; what stood there twice is in `repeated`.
    """

    version: int
    issuer: Name | None
    serial: int | None
    key_identifier: bytes | None
    digest: Algorithm
    algorithm: Algorithm
    signature: bytes = field(repr=False)
    signed_attributes: bytes | None = field(repr=False)
    attributes: Attributes = field(repr=False)
    unsigned_attributes: Attributes = field(repr=False)
    repeated: frozenset[str] = frozenset()

    def __str__(self) -> str:
        if self.key_identifier is not None:
            return f"key {self.key_identifier.hex()}"
        return f"{self.issuer} #{self.serial or 0:x}"


@dataclass(frozen=True, slots=True)
class SignedData:
    """`content` is None if it is kept elsewhere (detached). Certificates, lists and answers are DER."""

    arc: str
    version: int
    digests: tuple[Algorithm, ...]
    content_type: str
    content: bytes | None = field(repr=False)
    certificates: tuple[bytes, ...] = field(repr=False)
    crls: tuple[bytes, ...] = field(repr=False)
    ocsp: tuple[bytes, ...] = field(repr=False)
    signers: tuple[Signer, ...]
    notes: tuple[str, ...]
