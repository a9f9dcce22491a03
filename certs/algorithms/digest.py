"""Digests and keyed digests by the names that messages use.

SM3 (GB/T 32905) comes from `cryptography`, whose wheels carry their own libcrypto: the system's
may have been built without it.
"""

from __future__ import annotations

import hmac as _hmac
from collections.abc import Callable, Iterable

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.hmac import HMAC

_HASHES: dict[str, Callable[[], hashes.HashAlgorithm]] = {
    "sm3": hashes.SM3,
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
}

MACS = {"hmac-sm3": "sm3", "hmac-sha256": "sha256"}


class UnknownAlgorithmError(ValueError):
    """The name is in no table of ours; says which names are."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        super().__init__(f"unknown algorithm {name!r}, known: {', '.join(sorted(known))}")


def digest(data: bytes, algorithm: str = "sm3") -> bytes:
    """The digest of `data` (32 bytes for sm3 and sha256)."""
    if algorithm not in _HASHES:
        raise UnknownAlgorithmError(algorithm, _HASHES)
    state = hashes.Hash(_HASHES[algorithm]())
    state.update(data)
    return state.finalize()


def mac(data: bytes, secret: bytes, algorithm: str = "hmac-sm3") -> bytes:
    """RFC 2104 keyed digest under a name of `MACS`."""
    if algorithm not in MACS:
        raise UnknownAlgorithmError(algorithm, MACS)
    state = HMAC(secret, _HASHES[MACS[algorithm]]())
    state.update(data)
    return state.finalize()


def keyed(secret: bytes, algorithm: str = "hmac-sm3") -> Callable[[bytes], bytes]:
    """`mac` under one secret, for many short texts: the secret is taken in once. Safe from any thread."""
    if algorithm not in MACS:
        raise UnknownAlgorithmError(algorithm, MACS)
    fresh = HMAC(secret, _HASHES[MACS[algorithm]]()).copy

    def value(data: bytes) -> bytes:
        state = fresh()
        state.update(data)
        return state.finalize()

    return value


def mac_matches(data: bytes, secret: bytes, algorithm: str, claimed: bytes) -> bool:
    """Compare in constant time; an unknown algorithm raises `UnknownAlgorithmError`."""
    return _hmac.compare_digest(mac(data, secret, algorithm), claimed)
