"""Digests and keyed digests by the names that messages use.

SM3 (GB/T 32905) comes from `cryptography`, whose wheels carry their own libcrypto: the system's
may have been built without it. Where `_sm3.c` was compiled it goes first: for short texts the library's
objects cost more than the digest (32 bytes: 1.6 us, 0.3 us here), for long ones both are equally fast.
"""

from __future__ import annotations

import hmac as _hmac
from collections.abc import Callable, Iterable
from functools import partial

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.hmac import HMAC

from certs.algorithms.sm3_native import Library, UnusableError, load

_HASHES: dict[str, Callable[[], hashes.HashAlgorithm]] = {
    "sm3": hashes.SM3,
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
}


def _compiled() -> Library | None:
    try:
        return load()
    except UnusableError:
        return None


_SM3 = _compiled()

MACS = {"hmac-sm3": "sm3", "hmac-sha256": "sha256"}


class UnknownAlgorithmError(ValueError):
    """The name is in no table of ours; says which names are."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        super().__init__(f"unknown algorithm {name!r}, known: {', '.join(sorted(known))}")


def digest(data: bytes, algorithm: str = "sm3") -> bytes:
    """The digest of `data` (32 bytes for sm3 and sha256)."""
    if algorithm == "sm3" and _SM3 is not None and type(data) is bytes:
        return _SM3.digest(data)
    if algorithm not in _HASHES:
        raise UnknownAlgorithmError(algorithm, _HASHES)
    state = hashes.Hash(_HASHES[algorithm]())
    state.update(data)
    return state.finalize()


def digests(prefix: bytes, *ends: bytes) -> tuple[bytes, ...]:
    """The SM3 digests of `prefix` with each of the ends: what all have in common is hashed once."""
    if _SM3 is not None:
        return _SM3.digests(prefix, *ends)
    common = hashes.Hash(hashes.SM3())
    common.update(prefix)
    return tuple(_ended(common.copy(), end) for end in ends)


def _ended(state: hashes.Hash, end: bytes) -> bytes:
    state.update(end)
    return state.finalize()


def mac(data: bytes, secret: bytes, algorithm: str = "hmac-sm3") -> bytes:
    """RFC 2104 keyed digest under a name of `MACS`."""
    if algorithm not in MACS:
        raise UnknownAlgorithmError(algorithm, MACS)
    if algorithm == "hmac-sm3" and _SM3 is not None and type(data) is bytes:
        return _SM3.mac(_SM3.state(secret), data)
    state = HMAC(secret, _HASHES[MACS[algorithm]]())
    state.update(data)
    return state.finalize()


def keyed(secret: bytes, algorithm: str = "hmac-sm3") -> Callable[[bytes], bytes]:
    """`mac` under one secret, for many short texts: the secret is taken in once. Safe from any thread."""
    if algorithm not in MACS:
        raise UnknownAlgorithmError(algorithm, MACS)
    if algorithm == "hmac-sm3" and _SM3 is not None:
        return partial(_SM3.mac, _SM3.state(secret))
    fresh = HMAC(secret, _HASHES[MACS[algorithm]]()).copy

    def value(data: bytes) -> bytes:
        state = fresh()
        state.update(data)
        return state.finalize()

    return value


def tokens(secret: bytes) -> Callable[[Iterable[tuple[str, ...]]], list[int]]:
    """Makes 63 bits of HMAC-SM3 for each row of texts (kind, *values), values told apart by their lengths."""
    if _SM3 is not None:
        return partial(_SM3.tokens, _SM3.state(secret))
    value = keyed(secret)
    return lambda rows: [_token(value, *row) for row in rows]


def _token(value: Callable[[bytes], bytes], kind: str, *values: str) -> int:
    text = "\x1f".join((kind, *[f"{len(one)}:{one}" for one in values]))
    return int.from_bytes(value(text.encode("utf-8"))[:8], "big") >> 1


def mac_matches(data: bytes, secret: bytes, algorithm: str, claimed: bytes) -> bool:
    """Compare in constant time; an unknown algorithm raises `UnknownAlgorithmError`."""
    return _hmac.compare_digest(mac(data, secret, algorithm), claimed)
