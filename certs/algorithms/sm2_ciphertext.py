"""The forms in which an SM2 ciphertext travels, and what it is whatever the form: x, y, C3, C2.

GB/T 35276 writes a SEQUENCE; GB/T 32918.4 writes C1‖C3‖C2 and its draft wrote C1‖C2‖C3; kits leave out
the 04 that says the point is not compressed. A bare ciphertext does not say which it is, so reading gives
candidates in the order in which kits try them, and the digest C3 decides.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from certs.algorithms import sm2_curve as curve
from certs.model.der import OCTETS, SEQUENCE, MalformedError, Part, Reader
from certs.model.write import integer, octets, sequence

ASN1, C1C3C2, C1C2C3 = "asn1", "c1c3c2", "c1c2c3"
C1C3C2_NO04, C1C2C3_NO04 = "c1c3c2-no04", "c1c2c3-no04"
FORMS = (ASN1, C1C3C2, C1C2C3, C1C3C2_NO04, C1C2C3_NO04)
LONGEST = 1 << 20  # far beyond any key or form field; the key stream costs a digest per 32 bytes
_DIGEST, _HALF, _POINT = 32, 32, 64
_OVERHEAD = 128


@dataclass(frozen=True, slots=True)
class Ciphertext:
    """The point C1, the digest C3, and C2, as long as the plaintext."""

    x: int
    y: int
    c3: bytes
    c2: bytes

    def written(self, form: str) -> bytes:
        if form == ASN1:
            return sequence(integer(self.x), integer(self.y), octets(self.c3), octets(self.c2))
        c1 = self.x.to_bytes(_HALF, "big") + self.y.to_bytes(_HALF, "big")
        head = c1 if form.endswith("no04") else b"\x04" + c1
        return head + (self.c3 + self.c2 if form.startswith("c1c3c2") else self.c2 + self.c3)

    @property
    def sound(self) -> bool:
        """C1 lies on the curve; the cofactor is 1 and infinity has no coordinates, so that is all."""
        return curve.on_curve((self.x, self.y))


def candidates(data: bytes) -> Iterator[tuple[str, Ciphertext]]:
    """What these bytes may be, likeliest first: only those whose point lies on the curve."""
    if not _POINT + _DIGEST < len(data) <= LONGEST + _OVERHEAD:
        return
    for form, found in _readings(data):
        if found.c2 and found.sound:
            yield form, found


def _readings(data: bytes) -> Iterator[tuple[str, Ciphertext]]:
    if data[0] == SEQUENCE:
        with suppress(MalformedError):  # the x of a bare ciphertext may begin with 30 too
            yield ASN1, read_asn1(data)
    if data[0] == 4:
        yield from _bare(data[1:], C1C3C2, C1C2C3)
    yield from _bare(data, C1C3C2_NO04, C1C2C3_NO04)


def _bare(data: bytes, new: str, old: str) -> Iterator[tuple[str, Ciphertext]]:
    x, y = (int.from_bytes(data[at : at + _HALF], "big") for at in (0, _HALF))
    rest = data[_POINT:]
    yield new, Ciphertext(x, y, rest[:_DIGEST], rest[_DIGEST:])
    yield old, Ciphertext(x, y, rest[-_DIGEST:], rest[:-_DIGEST])


def read_asn1(data: bytes) -> Ciphertext:
    """Raises MalformedError. Coordinates of fixed width, also with the highest bit set, are met and read."""
    reader = Reader(data, 16)
    parts = reader.inside(reader.whole())
    if len(parts) != 4 or [part.tag for part in parts[2:]] != [OCTETS, OCTETS]:
        raise MalformedError("not an SM2 ciphertext")
    c3, c2 = (reader.content(part) for part in parts[2:])
    if len(c3) != _DIGEST:
        raise MalformedError("C3 is not a digest of SM3")
    return Ciphertext(_coordinate(reader, parts[0]), _coordinate(reader, parts[1]), c3, c2)


def _coordinate(reader: Reader, part: Part) -> int:
    content = reader.content(part, 0x02)
    if not 0 < len(content) <= _HALF + 1:
        raise MalformedError("not a coordinate")
    return int.from_bytes(content, "big")
