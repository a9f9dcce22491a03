"""A seal's picture as the samples a PDF shows: PNG taken apart within bounds, JPEG handed through.

Whoever gives a picture decides what is in it, and a few hundred octets of it can stand for gigabytes: sizes
are looked at before anything is unpacked, and what is not plainly a picture is none.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from certs.seal.picture import fault, form, pixels
from certs.seal.structure import Picture

MOST = 6_000_000  # octets of samples
_SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # by colour type


@dataclass(frozen=True, slots=True)
class Samples:
    """`colour` are RGB samples, deflated, or a whole JPEG; `mask` how much each covers, deflated."""

    width: int
    height: int
    colour: bytes = field(repr=False)
    mask: bytes | None = field(repr=False)
    jpeg: bool = False


def samples(picture: Picture) -> Samples | None:
    """None for what cannot be shown here; the seal is then drawn as a ring."""
    size = pixels(picture.data)
    if fault(picture) is not None or size is None:
        return None
    kind = form(picture.data)
    if kind == "jpeg":
        return Samples(*size, picture.data, None, jpeg=True) if _colours(picture.data) == 3 else None
    if kind != "png":
        return None
    try:
        return _png(picture.data)
    except (ValueError, LookupError, zlib.error):
        return None


def _colours(jpeg: bytes) -> int:
    """Components of the first frame; grey and CMYK ones would need another colour space."""
    at = 2
    while at + 10 <= len(jpeg) and jpeg[at] == 0xFF:
        if 0xC0 <= jpeg[at + 1] <= 0xC2:
            return jpeg[at + 9]
        at += 2 + int.from_bytes(jpeg[at + 2 : at + 4], "big")
    return 0


def _png(data: bytes) -> Samples | None:
    chunks: dict[bytes, bytes] = {}
    for kind, content in _chunks(data):
        chunks[kind] = chunks.get(kind, b"") + content
    head = chunks[b"IHDR"]
    width, height = int.from_bytes(head[:4], "big"), int.from_bytes(head[4:8], "big")
    depth, colour, interlaced = head[8], head[9], head[12]
    wide = _SAMPLES.get(colour, 0)
    if depth != 8 or interlaced or not wide or width * height * max(wide, 4) > MOST:
        return None
    size = (width * wide + 1) * height
    packed = zlib.decompressobj()
    rows = packed.decompress(chunks[b"IDAT"], size)
    if len(rows) != size:
        return None
    plain = _unfiltered(rows, width * wide, wide)
    rgb, cover = _split(plain, colour, chunks.get(b"PLTE", b""), chunks.get(b"tRNS", b""))
    if len(rgb) != 3 * width * height:
        return None
    return Samples(width, height, zlib.compress(rgb, 9), None if cover is None else zlib.compress(cover, 9))


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 8
    while at + 12 <= len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        yield data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        at += 12 + length


def _unfiltered(rows: bytes, stride: int, wide: int) -> bytes:
    """Each row without its filter (RFC 2083, 6)."""
    out, before = bytearray(), bytes(stride)
    for start in range(0, len(rows), stride + 1):
        how, row = rows[start], bytearray(rows[start + 1 : start + 1 + stride])
        if how > 4:
            raise ValueError("no such filter")
        if how == 2:
            row = bytearray((one + up) & 255 for one, up in zip(row, before, strict=True))
        elif how:
            _along(row, before, how, wide)
        out += row
        before = bytes(row)
    return bytes(out)


def _along(row: bytearray, before: bytes, how: int, wide: int) -> None:
    for at in range(len(row)):
        left = row[at - wide] if at >= wide else 0
        if how == 1:
            add = left
        elif how == 3:
            add = (left + before[at]) // 2
        else:
            add = _paeth(left, before[at], before[at - wide] if at >= wide else 0)
        row[at] = (row[at] + add) & 255


def _paeth(left: int, up: int, corner: int) -> int:
    guess = left + up - corner
    far = abs(guess - left), abs(guess - up), abs(guess - corner)
    return left if far[0] <= far[1] and far[0] <= far[2] else up if far[1] <= far[2] else corner


def _split(plain: bytes, colour: int, palette: bytes, through: bytes) -> tuple[bytes, bytes | None]:
    """RGB, and how much each pixel covers, if not all do wholly."""
    if colour == 3:
        table = [palette[at : at + 3] for at in range(0, len(palette), 3)]
        cover = through + b"\xff" * (256 - len(through))
        return b"".join(table[one] for one in plain), plain.translate(cover) if through else None
    if colour in (0, 4):
        grey = plain[:: 1 if colour == 0 else 2]
        rgb = bytes(3 * len(grey))
        out = bytearray(rgb)
        out[0::3] = out[1::3] = out[2::3] = grey
        return bytes(out), plain[1::2] if colour == 4 else None
    if colour == 2:
        return plain, None
    out = bytearray(3 * (len(plain) // 4))
    out[0::3], out[1::3], out[2::3] = plain[0::4], plain[1::4], plain[2::4]
    return bytes(out), plain[3::4]
