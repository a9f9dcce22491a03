"""Who a content key is for (RFC 5652, 6.2.1), as a frozen view.

A recipient is named by issuer and serial number, or by the identifier of its key, as CFCA's SADK does.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from certs.model.certificate import Algorithm, Certificate, read_algorithm
from certs.model.der import OCTETS, SEQUENCE, MalformedError, Part, Reader
from certs.model.names import Name, read_name


@dataclass(frozen=True, slots=True)
class Recipient:
    """A KeyTransRecipientInfo."""

    version: int
    issuer: Name | None
    serial: int | None
    key_identifier: bytes | None
    algorithm: Algorithm
    encrypted_key: bytes = field(repr=False)

    def __str__(self) -> str:
        if self.key_identifier is not None:
            return f"key {self.key_identifier.hex()}"
        return f"{self.issuer} #{self.serial or 0:x}"

    def is_for(self, certificate: Certificate) -> bool:
        if self.key_identifier is not None:
            return self.key_identifier in _identifiers(certificate)
        return (self.issuer, self.serial) == (certificate.issuer, certificate.serial)


def _identifiers(certificate: Certificate) -> tuple[bytes, ...]:
    """What the certificate says, else the usual digest of its key (RFC 5280, 4.2.1.2)."""
    stated = certificate.extensions.subject_key
    if stated is not None:
        return (stated,)
    return (hashlib.sha1(certificate.key.bits, usedforsecurity=False).digest(),)


def read_recipient(reader: Reader, part: Part) -> Recipient:
    parts = reader.inside(part)
    if len(parts) != 4:
        raise MalformedError("a recipient has four parts")
    issuer, serial, key = _named(reader, parts[1])
    algorithm = read_algorithm(reader, parts[2])
    return Recipient(
        reader.natural(parts[0]), issuer, serial, key, algorithm, reader.content(parts[3], OCTETS)
    )


def _named(reader: Reader, part: Part) -> tuple[Name | None, int | None, bytes | None]:
    if part.tag == 0x80:
        return None, None, reader.content(part)
    if part.tag == 0xA0:
        inner = reader.inside(part, 0xA0)
        if len(inner) != 1:
            raise MalformedError("a key has one identifier")
        reader.note("recipient-identifier-explicit")
        return None, None, reader.content(inner[0], OCTETS)
    parts = reader.inside(part, SEQUENCE)
    if len(parts) != 2:
        raise MalformedError("a recipient is named by issuer and number, or by a key")
    return read_name(reader, parts[0]), reader.integer(parts[1]), None
