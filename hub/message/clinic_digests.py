"""Digests as senders take them, rightly or not; and how mistakes are named while they are searched for."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from certs.algorithms.digest import digest

# The names of the mistakes made, none for a right signature; after ":" stands a detail.
Names = tuple[str, ...]
SHALLOW = 1  # beyond so many mistakes in the bytes, no further ones in the signing are tried


def bare_name(name: str) -> str:
    """A mistake's name without its detail."""
    return name.partition(":")[0]


def hashed(data: bytes, name: str) -> bytes:
    """A digest that a sender may have used, also one we never would."""
    if name in ("sha1", "sha512", "md5"):
        return hashlib.new(name, data, usedforsecurity=False).digest()
    return digest(data, name)


def prehashed(data: bytes) -> Iterator[tuple[str, bytes]]:
    """The texts one gets by hashing before signing."""
    for name in ("sm3", "sha256"):
        value = hashed(data, name)
        yield f"digest-signed:{name}", value
        yield f"digest-hex-signed:{name}", value.hex().encode()
        yield f"digest-hex-signed:{name}", value.hex().upper().encode()
