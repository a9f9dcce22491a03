"""SM2 signatures and encryption by the libcrypto that Python itself runs on, through ctypes.

Of signing only the operation on the curve is asked of it (EVP_PKEY_sign and EVP_PKEY_verify over a
finished e): Z and e are ours, because OpenSSL's default identity has changed between versions and may
again. Every function's types are declared; the calls release the interpreter lock, so threads help.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Iterable, Iterator
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from certs.algorithms.sm2_ciphertext import ASN1, Ciphertext, read_asn1
from certs.algorithms.sm2_keys import private_der, public_der

_OLDEST = 0x30000000  # 1.1.1 reads SM2 keys as plain elliptic-curve keys
_KEYS = 1024
_SIGNATURE = 80
_OVERHEAD = 256  # of an SM2 ciphertext as DER, and some
_VOID, _INT, _SIZE, _BYTES = ctypes.c_void_p, ctypes.c_int, ctypes.c_size_t, ctypes.c_char_p
_PROTOTYPES: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "OpenSSL_version_num": (ctypes.c_ulong, ()),
    "d2i_PUBKEY": (_VOID, (_VOID, ctypes.POINTER(_BYTES), ctypes.c_long)),
    "d2i_AutoPrivateKey": (_VOID, (_VOID, ctypes.POINTER(_BYTES), ctypes.c_long)),
    "EVP_PKEY_free": (None, (_VOID,)),
    "EVP_PKEY_CTX_new": (_VOID, (_VOID, _VOID)),
    "EVP_PKEY_CTX_free": (None, (_VOID,)),
    "EVP_PKEY_sign_init": (_INT, (_VOID,)),
    "EVP_PKEY_sign": (_INT, (_VOID, _VOID, ctypes.POINTER(_SIZE), _BYTES, _SIZE)),
    "EVP_PKEY_verify_init": (_INT, (_VOID,)),
    "EVP_PKEY_verify": (_INT, (_VOID, _BYTES, _SIZE, _BYTES, _SIZE)),
    "EVP_PKEY_encrypt_init": (_INT, (_VOID,)),
    "EVP_PKEY_encrypt": (_INT, (_VOID, _VOID, ctypes.POINTER(_SIZE), _BYTES, _SIZE)),
    "EVP_PKEY_decrypt_init": (_INT, (_VOID,)),
    "EVP_PKEY_decrypt": (_INT, (_VOID, _VOID, ctypes.POINTER(_SIZE), _BYTES, _SIZE)),
    "ERR_clear_error": (None, ()),
}


class UnusableError(Exception):
    """This library cannot do SM2; says why."""


class Libcrypto:
    """One loaded library; raises `UnusableError` when a function is missing or it is too old."""

    name = "libcrypto"

    def __init__(self, library: ctypes.CDLL) -> None:
        for function, (result, arguments) in _PROTOTYPES.items():
            try:
                found = getattr(library, function)
            except AttributeError as error:
                raise UnusableError(f"no {function}") from error
            found.restype, found.argtypes = result, arguments
        if library.OpenSSL_version_num() < _OLDEST:
            raise UnusableError(f"version {library.OpenSSL_version_num():#x} < {_OLDEST:#x}")
        self._lib = library
        self._public = lru_cache(_KEYS)(lambda key: _Held(library, "d2i_PUBKEY", public_der(key)))
        self._private = lru_cache(_KEYS)(lambda key: _Held(library, "d2i_AutoPrivateKey", private_der(key)))

    def verify(self, e: bytes, r: int, s: int, public: bytes) -> bool:
        held = self._public(public)
        signature = encode_dss_signature(r, s)
        context = self._lib.EVP_PKEY_CTX_new(held.pointer, None)
        try:
            good: bool = self._lib.EVP_PKEY_verify_init(context) == 1 and (
                self._lib.EVP_PKEY_verify(context, signature, len(signature), e, len(e)) == 1
            )
        finally:
            self._lib.EVP_PKEY_CTX_free(context)
        if not good:
            # What is left in this thread's queue would be blamed on the next TLS connection.
            self._lib.ERR_clear_error()
        return good

    def sign(self, e: bytes, private: bytes) -> tuple[int, int]:
        held = self._private(private)
        context = self._lib.EVP_PKEY_CTX_new(held.pointer, None)
        out, size = ctypes.create_string_buffer(_SIGNATURE), _SIZE(_SIGNATURE)
        try:
            made = self._lib.EVP_PKEY_sign_init(context) == 1 and (
                self._lib.EVP_PKEY_sign(context, out, ctypes.byref(size), e, len(e)) == 1
            )
        finally:
            self._lib.EVP_PKEY_CTX_free(context)
        if not made:
            self._lib.ERR_clear_error()
            raise UnusableError("EVP_PKEY_sign failed")
        return decode_dss_signature(out.raw[: size.value])

    def encrypt(self, plaintext: bytes, public: bytes) -> Ciphertext:
        made = self._apply("encrypt", self._public(public), plaintext, len(plaintext) + _OVERHEAD)
        if made is None:
            raise UnusableError("EVP_PKEY_encrypt failed")
        return read_asn1(made)

    def decrypt(self, ciphertext: Ciphertext, private: bytes) -> bytes | None:
        return self._apply(
            "decrypt", self._private(private), ciphertext.written(ASN1), len(ciphertext.c2) + _OVERHEAD
        )

    def _apply(self, what: str, held: _Held, data: bytes, room: int) -> bytes | None:
        context = self._lib.EVP_PKEY_CTX_new(held.pointer, None)
        out, size = ctypes.create_string_buffer(room), _SIZE(room)
        try:
            done = getattr(self._lib, f"EVP_PKEY_{what}_init")(context) == 1 and (
                getattr(self._lib, f"EVP_PKEY_{what}")(context, out, ctypes.byref(size), data, len(data)) == 1
            )
        finally:
            self._lib.EVP_PKEY_CTX_free(context)
        if not done:
            self._lib.ERR_clear_error()
            return None
        return out.raw[: size.value]


class _Held:
    """An EVP_PKEY that lives as long as somebody holds it, also after the cache let go of it."""

    def __init__(self, library: ctypes.CDLL, function: str, der: bytes) -> None:
        self._free = library.EVP_PKEY_free
        data = ctypes.c_char_p(der)
        self.pointer = getattr(library, function)(None, ctypes.byref(data), len(der))
        if not self.pointer:
            library.ERR_clear_error()
            raise UnusableError(f"{function}: no SM2 key")

    def __del__(self) -> None:
        if getattr(self, "pointer", None):
            self._free(self.pointer)


def installed() -> Iterator[str]:
    """Where a libcrypto may be found: the one Python's own hashlib is linked with comes first.

    A module's dependencies can be asked through it on Unix; on Windows the library lies beside it.
    """
    from ctypes.util import find_library

    own = find_spec("_hashlib")
    if own is not None and own.origin not in (None, "built-in"):
        yield str(own.origin)
        if sys.platform == "win32":
            yield from (str(path) for path in Path(str(own.origin)).parent.glob("libcrypto-3*.dll"))
    for name in ("crypto", "libcrypto-3-x64", "libcrypto-3"):
        found = find_library(name)
        if found:
            yield found


def load(places: Iterable[str]) -> tuple[Libcrypto | None, list[str]]:
    """The first usable library, and why the ones before it were not."""
    reasons: list[str] = []
    for place in places:
        try:
            return Libcrypto(ctypes.CDLL(place)), reasons
        except (OSError, UnusableError) as error:
            reasons.append(f"{place}: {error}")
    return None, reasons
