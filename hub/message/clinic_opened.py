"""Judges for signatures that give away what was signed: SM2 its e, RSA its digest.

The signature is opened once with the public key; the many texts a sender may have signed are then only
compared with what was in it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from certs.algorithms import rsa, sm2
from certs.algorithms import sm2_curve as curve
from certs.algorithms.digest import digest
from certs.algorithms.sm2_keys import to_point
from hub.message.clinic_digests import SHALLOW, Names, hashed, prehashed
from hub.message.clinic_values import Reading, pairs
from hub.message.key import Key

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
        for name, text in prehashed(data):
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
                    for before, text in prehashed(data):
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
    size = rsa.size(public)
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
