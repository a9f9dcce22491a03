"""What CAs have told of single certificates: only ever to their disadvantage, until the CA has signed better.

Marks (a notice: revoked or frozen, from whoever speaks for that CA), revocation lists that came with
messages, and whose certificates are. How it counts is `objecting`, how it is kept `keeping`.

A list that was told counts as any other where the trust list names no responder for its CA. Where it does,
the list only takes away: whoever is not on it is asked about as before, or a list would keep us from asking.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from certs.algorithms.digest import digest
from certs.model.certificate import Certificate, read_certificate
from certs.trustlist import TrustList

REVOKED, FROZEN = "revoked", "frozen"


@dataclass(frozen=True, slots=True)
class Mark:
    """One certificate of the CA with this key; `told` is when we heard it, `by` from which system."""

    issuer: str
    serial: int
    status: str
    since: datetime
    told: datetime
    by: str


@dataclass(frozen=True, slots=True)
class ToldList:
    """A revocation list, the key it was found to be signed with, and from which system it came."""

    issuer: str
    raw: bytes = field(repr=False)
    by: str = ""

    @property
    def name(self) -> str:
        return f"{digest(self.raw).hex()[:32]}.crl"


@dataclass(frozen=True, slots=True)
class Bound:
    """A certificate whose CA has told whose it is, as it says itself: its digest, not the subject's code."""

    issuer: str
    serial: int
    certificate: str
    by: str


@dataclass(frozen=True, slots=True)
class Standing:
    """`number` counts what has been laid down."""

    number: int = 0
    marks: tuple[Mark, ...] = ()
    lists: tuple[ToldList, ...] = ()
    bound: tuple[Bound, ...] = ()

    def whole(self, listed: TrustList) -> tuple[bytes, ...]:
        """The lists that also say who is good: those of CAs whom nobody can ask."""
        certificates = (raw for one in listed.members if one.ca.ocsp for raw in one.ca.certificates)
        asked = {key_of(read_certificate(raw)) for raw in certificates}
        return tuple(one.raw for one in self.lists if one.issuer not in asked)


def key_of(certificate: Certificate) -> str:
    """How a CA's key is named: as in OCSP, over the bits of its public key."""
    return f"sm3:{digest(certificate.key.bits).hex()}"
