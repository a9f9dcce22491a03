"""What ties content key, ciphertext and signer together, as a signed attribute of the signature outside.

A signature over ciphertext does not show that the signer knew what is inside: somebody else's envelope can
be signed again as one's own bid. And a sender may give two holders two keys under which the same ciphertext
opens to two different bids. A keyed digest over signer and ciphertext, under the content key, rules out
both: it cannot be made without the key, and only one key fits it.
"""

from __future__ import annotations

import hmac

from certs.algorithms.digest import digest, mac
from certs.cms.signed import SignedData
from certs.envelope import oids
from certs.model.der import OCTETS, Reader

_LABEL = b"hutong envelope binding 1"


def binding(key: bytes, signer: bytes, signed: bytes) -> bytes:
    """`signer` is the certificate outside, `signed` what its signature covers of the envelope: the content,
    and behind it what it says of a ciphertext kept elsewhere."""
    return binding_over(key, digest(signer), digest(signed))


def binding_over(key: bytes, signer: bytes, signed: bytes) -> bytes:
    """The same by their digests (SM3), for who has taken them before."""
    return mac(_LABEL + signer + signed, key, "hmac-sm3")


def bound(found: bytes | None, key: bytes, signer: bytes, signed: bytes) -> bool:
    """True as well where there is none: whether there must be one is the caller's rule."""
    return found is None or hmac.compare_digest(found, binding(key, signer, signed))


def stated(outside: SignedData) -> bytes | None:
    """The attribute's value; None without one, or where several signers leave open whose it is."""
    value = attribute(outside, oids.BINDING) if len(outside.signers) == 1 else None
    if value is None:
        return None
    reader = Reader(value, 16)
    return reader.content(reader.whole(OCTETS))


def attribute(outside: SignedData, kind: str) -> bytes | None:
    """A signed attribute of the first signer, as a whole element."""
    values = outside.signers[0].attributes.get(kind, ()) if outside.signers else ()
    return values[0] if values else None
