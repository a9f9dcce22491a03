"""Asking for a stamp: TimeStampReq (RFC 3161, 2.4.1)."""

from __future__ import annotations

from certs.algorithms.identifiers import DIGESTS
from certs.model import write as w
from certs.timestamp.model import Digest

OIDS = {name: oid for oid, name in DIGESTS.items()}


def imprint(found: Digest) -> bytes:
    """MessageImprint. SM3 goes without parameters, the others with NULL: that is how they are met."""
    parameters = b"" if found.algorithm == "sm3" else w.NULL
    return w.sequence(w.algorithm(OIDS[found.algorithm], parameters), w.octets(found.value))


def request(
    data: bytes | Digest,
    algorithm: str = "sm3",
    *,
    nonce: int | None = None,
    policy: str | None = None,
    cert_req: bool = True,
) -> bytes:
    """DER to be sent to a time-stamp service. The data themselves do not leave: only their digest does.

    The nonce is the caller's: a fresh random number of 64 bits or more, kept for `verify_timestamp`.
    """
    found = data if isinstance(data, Digest) else Digest.of(data, algorithm)
    return w.sequence(
        w.integer(1),
        imprint(found),
        w.oid(policy) if policy is not None else b"",
        w.integer(nonce) if nonce is not None else b"",
        w.boolean(True) if cert_req else b"",
    )
