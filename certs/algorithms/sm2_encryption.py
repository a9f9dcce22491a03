"""SM2 public-key encryption (GB/T 32918.4): short secrets to one key, in every form that is met.

A libcrypto does the work where one passes the vectors, plain Python elsewhere. Whatever a ciphertext or
a key gets wrong is one exception without details: which step failed would help whoever tries ciphertexts.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Iterable
from functools import cache
from typing import Protocol

from certs.algorithms import sm2_curve as curve
from certs.algorithms.digest import digest
from certs.algorithms.sm2_ciphertext import ASN1, FORMS, LONGEST, Ciphertext, candidates
from certs.algorithms.sm2_keys import KeyFormError, public_of, read_private, read_public, to_point
from certs.algorithms.sm2_libcrypto import UnusableError, installed, load

_DRAWS = 64  # a key stream of zeros is met once in 256 draws for one byte, never for a key


class SM2EncryptionError(ValueError):
    """This key and these bytes do not go together."""


class Backend(Protocol):
    """Both over values in range; `decrypt` gives None where C3 does not agree."""

    @property
    def name(self) -> str: ...
    def encrypt(self, plaintext: bytes, public: bytes) -> Ciphertext: ...
    def decrypt(self, ciphertext: Ciphertext, private: bytes) -> bytes | None: ...


class PurePython:
    """Slow, and not constant in time: see `sm2_curve`."""

    name = "python"

    def encrypt(self, plaintext: bytes, public: bytes) -> Ciphertext:
        return enciphered(plaintext, public, secrets.randbelow(curve.N - 1) + 1)

    def decrypt(self, ciphertext: Ciphertext, private: bytes) -> bytes | None:
        shared = _shared(int.from_bytes(private, "big"), (ciphertext.x, ciphertext.y))
        plaintext = _xor(ciphertext.c2, _stream(shared, len(ciphertext.c2)))
        agrees = hmac.compare_digest(_check(shared, plaintext), ciphertext.c3)
        return plaintext if agrees else None


def encrypt(public: bytes, plaintext: bytes, form: str = ASN1, *, by: Backend | None = None) -> bytes:
    """`public` is the 65-byte point or any form `sm2_keys` reads; `form` one of `FORMS`."""
    if form not in FORMS:
        raise SM2EncryptionError(f"form {form!r}, known: {', '.join(FORMS)}")
    if not 0 < len(plaintext) <= LONGEST:
        raise SM2EncryptionError(f"a plaintext has 1 to {LONGEST} bytes")
    try:
        point = read_public(public)
        for _ in range(_DRAWS):
            made = (by or backend()).encrypt(plaintext, point)
            if made.c2 != plaintext:  # else the key stream was all zeros: step A5 wants another draw
                return made.written(form)
    except (KeyFormError, UnusableError) as error:
        raise SM2EncryptionError(str(error)) from error
    raise SM2EncryptionError("no usable random number")


def decrypt(private: bytes, ciphertext: bytes, *, by: Backend | None = None) -> bytes:
    """The plaintext; `private` is the 32 bytes of d. Raises SM2EncryptionError."""
    return recognise(private, ciphertext, by=by)[0]


def recognise(private: bytes, ciphertext: bytes, *, by: Backend | None = None) -> tuple[bytes, str]:
    """The plaintext, and in which of `FORMS` the ciphertext was written. Raises SM2EncryptionError."""
    try:
        key = read_private(private)
        for form, found in candidates(bytes(ciphertext)):
            plaintext = (by or backend()).decrypt(found, key)
            if plaintext is not None and plaintext != found.c2:  # step B4: a key stream of zeros is an error
                return plaintext, form
    except (KeyFormError, UnusableError) as error:
        raise SM2EncryptionError(str(error)) from error
    raise SM2EncryptionError("decryption failed")


def enciphered(plaintext: bytes, public: bytes, k: int) -> Ciphertext:
    """With this random number (GB/T 32918.4, 6.1); the caller looks at C2."""
    one = curve.multiply(k, curve.G)
    if one is None:
        raise SM2EncryptionError("a random number outside 1 to n-1")
    shared = _shared(k, to_point(public))
    c2 = _xor(plaintext, _stream(shared, len(plaintext)))
    return Ciphertext(*one, _check(shared, plaintext), c2)


def _shared(k: int, point: curve.Point) -> bytes:
    """x2 ‖ y2."""
    found = curve.multiply(k, point)
    if found is None:
        raise SM2EncryptionError("the point at infinity")
    return found[0].to_bytes(32, "big") + found[1].to_bytes(32, "big")


def _stream(shared: bytes, size: int) -> bytes:
    """The key derivation of 5.4.3."""
    blocks = (digest(shared + at.to_bytes(4, "big")) for at in range(1, (size + 31) // 32 + 1))
    return b"".join(blocks)[:size]


def _check(shared: bytes, plaintext: bytes) -> bytes:
    return digest(shared[:32] + plaintext + shared[32:])


def _xor(one: bytes, two: bytes) -> bytes:
    return (int.from_bytes(one, "big") ^ int.from_bytes(two, "big")).to_bytes(len(one), "big")


@cache
def backend() -> Backend:
    """The backend of this process."""
    return choose(installed())[0]


def choose(places: Iterable[str]) -> tuple[Backend, list[str]]:
    """The first of these libraries, if it passes the vectors, else plain Python; and why not the others."""
    library, reasons = load(places)
    if library is None:
        return PurePython(), reasons
    wrong = self_test(library)
    return (library, reasons) if wrong is None else (PurePython(), [*reasons, f"libcrypto: {wrong}"])


# The example of GB/T 32918.5, annex C.
_D = bytes.fromhex("3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8")
_TEXT = b"encryption standard"
_CIPHERTEXT = Ciphertext(
    0x04EBFC718E8D1798620432268E77FEB6415E2EDE0E073C0F4F640ECD2E149A73,
    0xE858F9D81E5430A57B36DAAB8F950A3C64E6EE6A63094D99283AFF767E124DF0,
    bytes.fromhex("59983C18F809E262923C53AEC295D30383B54E39D609D160AFCB1908D0BD8766"),
    bytes.fromhex("21886CA989CA9C7D58087307CA93092D651EFA"),
)


def self_test(by: Backend) -> str | None:
    """What a backend gets wrong, or None. Runs before a backend is trusted with anything."""
    altered = Ciphertext(_CIPHERTEXT.x, _CIPHERTEXT.y, _CIPHERTEXT.c3, bytes(19))
    try:
        if by.decrypt(_CIPHERTEXT, _D) != _TEXT:
            return "does not open the standard's own example"
        if by.decrypt(altered, _D) is not None:
            return "opens an altered ciphertext"
        own = by.encrypt(_TEXT, public_of(_D))
        return None if PurePython().decrypt(own, _D) == _TEXT else "enciphers what cannot be opened"
    except (UnusableError, SM2EncryptionError) as error:
        return str(error)
