"""Does the value hold over these bytes, rightly or by one of the known wrong ways of signing?

One judge for each kind of key. An SM2 or RSA signature gives away the digest that was signed, so those
two open the signature once and then only compare; keyed digests and ECDSA are tried one by one. A judge
yields the names of the mistakes made, none for a right signature; after ":" stands a detail.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import hashlib
from collections.abc import Iterator
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from certs.algorithms import ecdsa, rsa, sm2
from certs.algorithms import sm2_curve as curve
from certs.algorithms.digest import MACS, digest, mac
from certs.algorithms.sm2_keys import to_point
from hub.message.clinic_values import Reading, pairs
from hub.message.key import Key

Names = tuple[str, ...]
SHALLOW = 1  # beyond so many mistakes in the bytes, no further ones in the signing are tried
_CURVE = b"".join(number.to_bytes(32, "big") for number in (curve.A, curve.B, *curve.G))
_COMMON_IDS = (b"1234567812345678", b"ALICE123@YAHOO.COM", b"12345678", b"0123456789ABCDEF", b"Alice")
_DIGEST_INFO = {
    "sha256": "3031300d060960864801650304020105000420",
    "sha1": "3021300906052b0e03021a05000414",
    "sm3": "3030300c06082a811ccf5501831105000420",
    "sha384": "3041300d060960864801650304020205000430",
    "sha512": "3051300d060960864801650304020305000440",
    "md5": "3020300c06082a864886f70d020505000410",
}


def bare_name(name: str) -> str:
    """A mistake's name without its detail."""
    return name.partition(":")[0]


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


def hashed(data: bytes, name: str) -> bytes:
    """A digest that a sender may have used, also one we never would."""
    if name in ("sha1", "sha512", "md5"):
        return hashlib.new(name, data, usedforsecurity=False).digest()
    return digest(data, name)


def _prehashed(data: bytes) -> Iterator[tuple[str, bytes]]:
    """The texts one gets by hashing before signing."""
    for name in ("sm3", "sha256"):
        value = hashed(data, name)
        yield f"digest-signed:{name}", value
        yield f"digest-hex-signed:{name}", value.hex().encode()
        yield f"digest-hex-signed:{name}", value.hex().upper().encode()


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
        for name, text in _prehashed(data):
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


class Sm2:
    """The digest e that each reading of the value was made over, found once; then only compared."""

    def __init__(self, key: Key, read: list[Reading]) -> None:
        self._key = key
        self._sent: dict[int, Names] = {}
        self.signed: int | None = None  # e of the most straightforward reading
        point = to_point(key.public)
        for before, data in read:
            for names, r, s in pairs(data):
                if not (0 < r < curve.N and 0 < s < curve.N):
                    continue
                e = curve.signed_digest(r, s, point)
                if e is not None:
                    self._sent.setdefault(e, (*before, *names))
                    self.signed = e if self.signed is None else self.signed

    def fits(self, data: bytes, depth: int) -> Iterator[Names]:
        key = self._key
        for name, value in (
            ("", sm2.e_value(data, key.public, key.ident)),
            *(self._wrong(data, deep=depth <= SHALLOW) if self._sent else ()),
        ):
            names = self._sent.get(int.from_bytes(value[:32], "big") % curve.N)
            if names is not None:
                yield ((name, *names) if name else names)

    def _wrong(self, data: bytes, *, deep: bool) -> Iterator[tuple[str, bytes]]:
        key = self._key
        yield "no-z", digest(data)
        if key.ident:
            yield "empty-id", sm2.e_value(data, key.public, b"")
        if not deep:
            return
        for ident in self._idents():
            shown = ident.decode("utf-8", "backslashreplace")
            yield f"wrong-id:{shown}", sm2.e_value(data, key.public, ident)
        yield "entl-bytes", digest(digest(self._z_text(len(key.ident), key.public[1:])) + data)
        yield "z-with-04", digest(digest(self._z_text(8 * len(key.ident), key.public)) + data)
        yield "other-digest:sha256", sm2.e_value(data, key.public, key.ident, "sha256")
        yield "other-digest:sha256 (no Z)", digest(data, "sha256")
        for name, text in _prehashed(data):
            yield name, sm2.e_value(text, key.public, key.ident)
        yield "digest-signed:e", sm2.e_value(sm2.e_value(data, key.public, key.ident), key.public, key.ident)
        yield "digest-signed:e", digest(sm2.e_value(data, key.public, key.ident))

    def _idents(self) -> Iterator[bytes]:
        key = self._key
        own = {key.ident, b""}
        candidates = [*_COMMON_IDS, key.owner.encode(), key.key_id.encode(), key.ident.hex().encode()]
        with contextlib.suppress(ValueError):
            candidates.append(bytes.fromhex(key.ident.decode("ascii")))
        yield from (ident for ident in dict.fromkeys(candidates) if ident not in own)

    def _z_text(self, entl: int, public: bytes) -> bytes:
        return entl.to_bytes(2, "big") + self._key.ident + _CURVE + public


class Rsa:
    """The digest inside the signature, found once with the public key; then only compared."""

    def __init__(self, key: Key, read: list[Reading]) -> None:
        self._key = key
        self._read = read
        self._sent: list[tuple[Names, str, bytes]] = []
        for names, data in read:
            self._sent += [(names, name, value) for name, value in _opened(data, key.public)]

    def fits(self, data: bytes, depth: int) -> Iterator[Names]:
        for names, kind, value in self._sent:
            bare = kind == ""
            for name in ("sha256", "sm3") if bare else (kind,):
                extra: Names = ("no-digest-info",) if bare else ()
                extra += () if name == "sha256" else (f"other-digest:{name}",)
                if hashed(data, name) == value:
                    yield (*extra, *names)
                if depth <= SHALLOW:
                    for before, text in _prehashed(data):
                        if hashed(text, name) == value:
                            yield (before, *extra, *names)
        if depth == 0 and not self._sent:
            yield from self._pss(data)

    def _pss(self, data: bytes) -> Iterator[Names]:
        scheme = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.AUTO)
        for names, value in self._read:
            try:
                rsa.load(self._key.public).verify(value, data, scheme, hashes.SHA256())
            except InvalidSignature:
                continue
            yield ("pss", *names)


def _opened(signature: bytes, public: bytes) -> Iterator[tuple[str, bytes]]:
    """(digest algorithm, digest) of PKCS#1 v1.5; "" for a bare digest."""
    modulus, exponent = rsa.numbers(public)
    size = (modulus.bit_length() + 7) // 8
    number = int.from_bytes(signature, "big")
    if len(signature) != size or number >= modulus:
        return
    block = pow(number, exponent, modulus).to_bytes(size, "big")
    start = block.find(b"\x00", 2)
    if block[:2] != b"\x00\x01" or start < 10 or block[2:start].strip(b"\xff"):
        return
    content = block[start + 1 :]
    for name, prefix in _DIGEST_INFO.items():
        head = bytes.fromhex(prefix)
        if content.startswith(head) and len(content) == len(head) + head[-1]:
            yield name, content[len(head) :]
    if len(content) == 32:
        yield "", content


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
        for name, text in _prehashed(data):
            yield name, digest(text, "sha256")
