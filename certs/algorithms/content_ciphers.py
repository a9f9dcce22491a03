"""The ciphers under which content travels in envelopes: one table of identifiers, SM4 and AES.

GB/T 35275 leaves open what names a mode. CFCA's SADK writes the bare block cipher SM4 with an IV and means
CBC; gmsm's sample writes it without parameters and means ECB. Both are read, and noted; neither is written.
ECB and CTR are read only: an envelope of ours is CBC under a signature, or GCM.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cryptography.hazmat.primitives.ciphers import BlockCipherAlgorithm, algorithms

from certs.model.certificate import Algorithm
from certs.model.der import NULL, OCTETS, SEQUENCE, MalformedError, Reader
from certs.model.write import algorithm, integer, octets, sequence

CBC, GCM, CTR, ECB = "cbc", "gcm", "ctr", "ecb"
BLOCK, NONCE, TAG = 16, 12, 16
SHORTEST_TAG, _SHORTEST_NONCE, _LONGEST_NONCE = 12, 8, 64
_SM4, _AES = "1.2.156.10197.1.104", "2.16.840.1.101.3.4.1"


class UnknownCipherError(ValueError):
    """The identifier is in no table of ours."""


@dataclass(frozen=True, slots=True)
class ContentCipher:
    """A row of the table."""

    name: str
    oid: str
    key_size: int
    mode: str
    block: Callable[[bytes], BlockCipherAlgorithm]


def _rows() -> tuple[ContentCipher, ...]:
    sm4 = [(f"sm4-{mode}", f"{_SM4}.{last}", 16, mode, algorithms.SM4)
           for mode, last in ((ECB, 1), (CBC, 2), (CTR, 7), (GCM, 8))]  # fmt: skip
    aes = [(f"aes-{size}-{mode}", f"{_AES}.{base + last}", size // 8, mode, algorithms.AES)
           for size, base in ((128, 0), (192, 20), (256, 40))
           for mode, last in ((CBC, 2), (GCM, 6))]  # fmt: skip
    return tuple(ContentCipher(*row) for row in (*sm4, *aes))


CIPHERS = {row.name: row for row in _rows()}
WRITTEN = tuple(name for name, row in CIPHERS.items() if row.mode in (CBC, GCM))
_BY_OID = {row.oid: row for row in CIPHERS.values()}


@dataclass(frozen=True, slots=True)
class Chosen:
    """A cipher with its parameters; `tag_size` counts for GCM only."""

    cipher: ContentCipher
    iv: bytes
    tag_size: int = TAG

    def identifier(self) -> bytes:
        """The AlgorithmIdentifier, in the one right form."""
        if self.cipher.mode == GCM:
            return algorithm(self.cipher.oid, sequence(octets(self.iv), integer(self.tag_size)))
        return algorithm(self.cipher.oid, octets(self.iv))

    @property
    def padded(self) -> bool:
        return self.cipher.mode in (CBC, ECB)


def chosen(name: str, iv: bytes) -> Chosen:
    """A cipher to write with: a name of `WRITTEN`, an IV of 16 bytes (CBC) or a nonce of 12 (GCM)."""
    if name not in WRITTEN:
        raise UnknownCipherError(f"no writing with {name!r}, known: {', '.join(WRITTEN)}")
    if len(iv) != iv_size(name):
        raise ValueError("an IV of another length")
    return Chosen(CIPHERS[name], iv)


def iv_size(name: str) -> int:
    return NONCE if CIPHERS[name].mode == GCM else BLOCK


def read_cipher(found: Algorithm) -> tuple[Chosen, tuple[str, ...]]:
    """The cipher an identifier names, and what had to be forgiven.

    Raises UnknownCipherError for the identifier, MalformedError for its parameters.
    """
    bare = found.parameters is None or found.parameters[0] == NULL
    if found.oid == _SM4:
        if bare:
            return Chosen(CIPHERS["sm4-ecb"], b""), ("cipher-without-mode-means-ecb",)
        return Chosen(CIPHERS["sm4-cbc"], _iv(found)), ("cipher-without-mode-means-cbc",)
    row = _BY_OID.get(found.oid)
    if row is None:
        raise UnknownCipherError(found.oid)
    if row.mode == ECB:
        return Chosen(row, b""), ("cipher-ecb",)
    if row.mode == GCM:
        return _gcm(row, found)
    return Chosen(row, _iv(found)), (() if row.mode == CBC else ("cipher-ctr",))


def _iv(found: Algorithm) -> bytes:
    reader = Reader(found.parameters or b"")
    iv = reader.content(reader.whole(OCTETS))
    if len(iv) != BLOCK:
        raise MalformedError("an IV of another length than a block")
    return iv


def _gcm(row: ContentCipher, found: Algorithm) -> tuple[Chosen, tuple[str, ...]]:
    """RFC 5084: a nonce, and how long the tag is (12 unless said). Met: the nonce alone."""
    raw = found.parameters or b""
    reader = Reader(raw)
    notes: tuple[str, ...] = ()
    if raw[:1] == bytes((OCTETS,)):
        nonce, size, notes = reader.content(reader.whole(OCTETS)), TAG, ("gcm-nonce-alone",)
    else:
        parts = reader.inside(reader.whole(SEQUENCE))
        if not 1 <= len(parts) <= 2:
            raise MalformedError("parameters of GCM are a nonce and a length")
        nonce = reader.content(parts[0], OCTETS)
        size = reader.natural(parts[1]) if len(parts) == 2 else SHORTEST_TAG
    if not SHORTEST_TAG <= size <= TAG or not _SHORTEST_NONCE <= len(nonce) <= _LONGEST_NONCE:
        raise MalformedError("nonce or tag of a length out of bounds")
    return Chosen(row, nonce, size), notes
