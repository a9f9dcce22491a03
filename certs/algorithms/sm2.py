"""SM2 signatures with SM3 (GB/T 32918.2, GM/T 0009): Z, e, and (r, s) as DER, nothing else.

Two backends give the operation on the curve: a libcrypto that has SM2, and plain Python where none
has. Before either may stand a compiled accelerator that verifies and leaves signing to them. The choice is
made once, at first use, after fixed vectors have passed: the right signature must hold, under another or
an empty identity it must not.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from functools import cache, lru_cache
from pathlib import Path
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from certs.algorithms import sm2_curve as curve
from certs.algorithms import sm2_native
from certs.algorithms.digest import digest
from certs.algorithms.sm2_keys import (
    KeyFormError,
    pem,
    private_der,
    public_der,
    public_of,
    read_private,
    read_public,
    to_point,
)
from certs.algorithms.sm2_libcrypto import UnusableError, installed, load

__all__ = [
    "DEFAULT_ID",
    "Backend",
    "KeyFormError",
    "PurePython",
    "accelerated",
    "backend",
    "choose",
    "e_value",
    "installed",
    "pem",
    "private_der",
    "public_der",
    "public_of",
    "read_private",
    "read_public",
    "sign",
    "verify",
    "z_value",
]  # fmt: skip

DEFAULT_ID = b"1234567812345678"
_LONGEST_ID = 8191  # its length in bits must fit two bytes
_LARGEST = 72
_KEPT_ID = 64  # Z under a longer identity is made anew: strangers shall not fill our memory
_CURVE = b"".join(number.to_bytes(32, "big") for number in (curve.A, curve.B, *curve.G))


class Backend(Protocol):
    """The operation on the curve over a finished e; `r` and `s` are in range when it is asked."""

    @property
    def name(self) -> str: ...
    def sign(self, e: bytes, private: bytes) -> tuple[int, int]: ...
    def verify(self, e: bytes, r: int, s: int, public: bytes) -> bool: ...


class PurePython:
    """Slow, and not constant in time: see `sm2_curve`."""

    name = "python"

    def sign(self, e: bytes, private: bytes) -> tuple[int, int]:
        while True:
            made = curve.sign(e, int.from_bytes(private, "big"), secrets.randbelow(curve.N - 1) + 1)
            if made is not None:
                return made

    def verify(self, e: bytes, r: int, s: int, public: bytes) -> bool:
        return curve.verify(e, r, s, to_point(public))


def z_value(public: bytes, ident: bytes = DEFAULT_ID, algorithm: str = "sm3") -> bytes:
    """Z of GB/T 32918.2, 5.5: the digest of identity, curve and public key (the 65-byte point)."""
    if len(ident) > _LONGEST_ID:
        raise ValueError(f"an SM2 identity has at most {_LONGEST_ID} bytes")
    return (_kept_z if len(ident) <= _KEPT_ID else _z)(public, ident, algorithm)


def _z(public: bytes, ident: bytes, algorithm: str) -> bytes:
    return digest((8 * len(ident)).to_bytes(2, "big") + ident + _CURVE + public[1:], algorithm)


_kept_z = lru_cache(4096)(_z)


def e_value(message: bytes, public: bytes, ident: bytes = DEFAULT_ID, algorithm: str = "sm3") -> bytes:
    """e: the digest of Z followed by the message."""
    return digest(z_value(public, ident, algorithm) + message, algorithm)


def sign(message: bytes, private: bytes, ident: bytes = DEFAULT_ID, *, by: Backend | None = None) -> bytes:
    """DER of (r, s); `private` is the 32 bytes of d."""
    e = e_value(message, _public(private), ident)
    return encode_dss_signature(*(by or backend()).sign(e, private))


def verify(
    message: bytes, signature: bytes, public: bytes, ident: bytes = DEFAULT_ID, *, by: Backend | None = None
) -> bool:
    """Does this DER signature hold? Never raises on a hostile signature; `public` has been read before."""
    if len(signature) > _LARGEST:
        return False
    try:
        r, s = decode_dss_signature(signature)
    except ValueError:
        return False
    if not (0 < r < curve.N and 0 < s < curve.N) or encode_dss_signature(r, s) != signature:
        return False
    return (by or backend()).verify(e_value(message, public, ident), r, s, public)


@lru_cache(64)
def _public(private: bytes) -> bytes:
    return public_of(private)


@cache
def backend() -> Backend:
    """The backend of this process."""
    return accelerated(choose(installed())[0])[0]


def choose(places: Iterable[str]) -> tuple[Backend, list[str]]:
    """The first of these libraries, if it passes the vectors, else plain Python; and why not the others."""
    library, reasons = load(places)
    if library is None:
        return PurePython(), reasons
    wrong = self_test(library)
    return (library, reasons) if wrong is None else (PurePython(), [*reasons, f"libcrypto: {wrong}"])


def accelerated(signer: Backend, place: Path | None = None) -> tuple[Backend, str | None]:
    """The accelerator before this backend, if it is there and passes the vectors; else why not."""
    try:
        library = sm2_native.load(place)
        for seen in (None, 1):  # with and without a table of the key
            wrong = _misjudges(sm2_native.Native(library, signer, seen=seen))
            if wrong is not None:
                return signer, wrong
        return sm2_native.Native(library, signer), None
    except UnusableError as error:
        return signer, str(error)


# The example of GB/T 32918.5, annex A.
_D = bytes.fromhex("3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8")
_R = 0xF5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3
_S = 0xB1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA
_Q = bytes.fromhex(
    "0409F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020"
    "CCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13"
)
_MESSAGE = b"message digest"


def self_test(by: Backend) -> str | None:
    """What a backend gets wrong, or None. Runs before a backend is trusted with anything."""
    try:
        wrong = _misjudges(by)
        if wrong is not None:
            return wrong
        own = encode_dss_signature(*by.sign(e_value(_MESSAGE, _Q), _D))
        return None if verify(_MESSAGE, own, _Q, by=PurePython()) else "signs what does not hold"
    except UnusableError as error:
        return str(error)


def _misjudges(by: Backend) -> str | None:
    """The checking half of it. The example is asked twice: by then a table of its key may stand."""
    signature = encode_dss_signature(_R, _S)
    if not all(verify(_MESSAGE, signature, _Q, by=by) for _ in range(2)):
        return "refuses the standard's own example"
    for ident in (b"", b"1234567812345679"):
        if verify(_MESSAGE, signature, _Q, ident, by=by):
            return f"accepts a signature made under another identity than {ident!r}"
    if verify(_MESSAGE, encode_dss_signature(_R, _S ^ 1), _Q, by=by):
        return "accepts an altered signature"
    return None
