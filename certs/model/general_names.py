"""GeneralName: the other ways of naming someone, used by alternative names, constraints and CRLs."""

from __future__ import annotations

from typing import NamedTuple

from certs.model.der import SEQUENCE, MalformedError, Part, Reader
from certs.model.names import Name, Rdn, read_name

OTHER, EMAIL, DNS, X400, DIRECTORY, EDI, URI, IP, REGISTERED = range(9)
SMTP_UTF8 = "1.3.6.1.5.5.7.8.9"


class GeneralName(NamedTuple):
    """`kind` is the context tag. DNS, email and URI are text, a directory name is a Name, else bytes."""

    kind: int
    value: str | bytes | Name


def read_general_name(reader: Reader, part: Part) -> GeneralName:
    kind = part.tag & 31
    if part.tag & 0xC0 != 0x80 or kind > REGISTERED:
        raise MalformedError(f"not a general name: tag {part.tag:#x}")
    if kind == DIRECTORY:
        inner = reader.parts(part.start, part.end)
        if len(inner) != 1:
            raise MalformedError("a directory name holds one name")
        return GeneralName(kind, read_name(reader, inner[0]))
    if kind in (EMAIL, DNS, URI):
        content = reader.content(part)
        if not content.isascii():
            reader.note("general-name-not-ascii")
        return GeneralName(kind, content.decode("latin-1"))
    return GeneralName(kind, reader.content(part))


def read_general_names(reader: Reader, part: Part, tag: int = SEQUENCE) -> tuple[GeneralName, ...]:
    return tuple(read_general_name(reader, one) for one in reader.inside(part, tag))


class PointName(NamedTuple):
    """A DistributionPointName: full names, or one relative to the issuer of the CRL."""

    full: tuple[GeneralName, ...]
    relative: Rdn | None

    def resolved(self, issuers: tuple[Name, ...]) -> frozenset[GeneralName]:
        """Comparable names; a relative one is completed by the issuers given."""
        if self.relative is None:
            return frozenset(self.full)
        return frozenset(
            GeneralName(DIRECTORY, Name((*issuer.rdns, self.relative), b"", ())) for issuer in issuers
        )
