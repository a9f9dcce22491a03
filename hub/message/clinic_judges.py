"""Does the value hold over these bytes, rightly or by one of the known wrong ways of signing?

One judge for each kind of key. Keyed digests and ECDSA are tried one by one; SM2 and RSA signatures are
opened (`clinic_opened`).
"""

from __future__ import annotations

import base64
import binascii
import contextlib
from collections.abc import Iterator
from typing import Protocol

from certs.algorithms import ecdsa
from certs.algorithms.digest import MACS, digest, mac
from hub.message.clinic_digests import SHALLOW, Names, hashed, prehashed
from hub.message.clinic_opened import Rsa, Sm2
from hub.message.clinic_values import Reading, pairs
from hub.message.key import Key


class Judge(Protocol):
    def fits(self, data: bytes, depth: int) -> Iterator[Names]:
        """Ways in which the value holds over `data`, which has `depth` mistakes in it already."""
        ...


def judge(key: Key, read: list[Reading]) -> Judge:
    """The judge for this key; `read` are the ways to decode the value."""
    if key.alg in MACS:
        return Keyed(key, read)
    if key.alg == "sm2-sm3":
        return Sm2(key, read)
    return Rsa(key, read) if key.alg == "rsa-sha256" else Ecdsa(key, read)


class Keyed:
    """HMAC: the value that each way would give is looked up among what was sent."""

    def __init__(self, key: Key, read: list[Reading]) -> None:
        self._key = key
        self._sent = {data: names for names, data in reversed(read)}

    def fits(self, data: bytes, depth: int) -> Iterator[Names]:
        key = self._key
        if (names := self._sent.get(mac(data, key.secret, key.alg))) is not None and key.secret:
            yield names
        if depth > SHALLOW:
            return
        for name, value in self._wrong(data):
            if (names := self._sent.get(value)) is not None:
                yield (name, *names)

    def _wrong(self, data: bytes) -> Iterator[tuple[str, bytes]]:
        key = self._key
        for alg in MACS:
            if alg != key.alg:
                yield f"other-digest:{alg}", mac(data, key.secret, alg)
        for name, secret in _secrets(key.secret):
            yield name, mac(data, secret, key.alg)
        for name, text in prehashed(data):
            yield name, mac(text, key.secret, key.alg)
        for name in ("sm3", "sha256"):
            yield f"digest-only:{name}", hashed(data, name)
            for secret in (key.secret, key.secret.hex().encode(), base64.b64encode(key.secret)):
                for text in (secret + data, data + secret, secret + data + secret):
                    yield f"secret-beside:{name}", hashed(text, name)


def _secrets(secret: bytes) -> Iterator[tuple[str, bytes]]:
    text = base64.b64encode(secret)
    yield "secret-base64-text", text
    yield "secret-hex-text", secret.hex().encode()
    yield "secret-hex-text", secret.hex().upper().encode()
    for end in (b"\n", b"\r\n"):
        yield "secret-newline", secret + end
        yield "secret-newline", text + end
    with contextlib.suppress(binascii.Error, ValueError):
        yield "secret-decoded-twice", base64.b64decode(secret, validate=True)
    with contextlib.suppress(ValueError):
        yield "secret-decoded-twice", bytes.fromhex(secret.decode("ascii"))
    yield "secret-empty", b""


class Ecdsa:
    """Tried one by one: here the digest cannot be told from the signature."""

    def __init__(self, key: Key, read: list[Reading]) -> None:
        self._key = key
        self._sent = [((*before, *names), r, s) for before, data in read for names, r, s in pairs(data)]

    def fits(self, data: bytes, depth: int) -> Iterator[Names]:
        for names, r, s in self._sent:
            if depth > SHALLOW and set(names) & {"rs-swapped", "rs-little-endian"}:
                continue
            for name, value in self._digests(data, deep=depth > 0):
                if ecdsa.verify_digest(value, r, s, self._key.public):
                    yield ((name, *names) if name else names)

    def _digests(self, data: bytes, *, deep: bool) -> Iterator[tuple[str, bytes]]:
        yield "", digest(data, "sha256")
        if deep:
            return
        yield "other-digest:sm3", digest(data, "sm3")
        for name, text in prehashed(data):
            yield name, digest(text, "sha256")
