"""How large an image says it is: dimensions from the headers of PNG, JPEG, GIF, BMP and TIFF.

A bomb is a small file that claims to be huge; whoever opens it makes room for what it claims. Nothing is
decoded here. What cannot be read as such an image claims nothing.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO

Size = tuple[int, int]
_MARKERS, _TAGS = 10_000, 4096
_WIDTH, _HEIGHT = 256, 257


def sizes(file: BinaryIO, pages: int) -> Iterator[Size]:
    """Width and height of each page, at most one page more than `pages`; `file` stands anywhere."""
    head = _at(file, 0, 32)
    try:
        if head.startswith(b"\x89PNG\r\n\x1a\n"):
            yield struct.unpack(">II", head[16:24])
        elif head.startswith((b"GIF87a", b"GIF89a")):
            yield struct.unpack("<HH", head[6:10])
        elif head.startswith(b"BM"):
            yield _bitmap(head)
        elif head.startswith(b"\xff\xd8\xff"):
            yield from _jpeg(file)
        elif head[:4] in _TIFF:
            yield from _tiff(file, pages, *_TIFF[head[:4]])
    except struct.error:
        return  # broken off inside a header


def _bitmap(head: bytes) -> Size:
    if struct.unpack("<I", head[14:18])[0] == 12:
        width, height = struct.unpack("<HH", head[18:22])
    else:
        width, height = struct.unpack("<ii", head[18:26])
    return abs(width), abs(height)


def _jpeg(file: BinaryIO) -> Iterator[Size]:
    """The frame header stands behind segments of stated length."""
    at = 2
    for _ in range(_MARKERS):
        head = _at(file, at, 9)
        if len(head) < 4 or head[0] != 0xFF:
            return
        marker = head[1]
        if marker == 0xFF:  # fill byte
            at += 1
            continue
        if 0xC0 <= marker <= 0xCF and marker not in {0xC4, 0xC8, 0xCC}:
            height, width = struct.unpack(">HH", head[5:9])
            yield width, height
            return
        if marker == 0xDA:
            return
        alone = marker == 0x01 or 0xD0 <= marker <= 0xD8
        at += 2 if alone else 2 + struct.unpack(">H", head[2:4])[0]


# Magic: byte order, is it the big form?
_TIFF = {
    b"II*\x00": ("<", False),
    b"MM\x00*": (">", False),
    b"II+\x00": ("<", True),
    b"MM\x00+": (">", True),
}


def _tiff(file: BinaryIO, pages: int, order: str, big: bool) -> Iterator[Size]:
    """Directories form a chain, which may be a ring: it is followed for a bounded number of pages."""
    count, entry, where = ("Q", 20, "Q") if big else ("H", 12, "I")
    pointer = struct.calcsize(where)
    (at,) = struct.unpack(order + where, _at(file, 8 if big else 4, pointer))
    for _ in range(pages + 1):
        if at == 0:
            return
        width = struct.calcsize(count)
        (tags,) = struct.unpack(order + count, _at(file, at, width))
        rows = _at(file, at + width, min(tags, _TAGS) * entry)
        found = dict(_tag(rows[place : place + entry], order, big) for place in range(0, len(rows), entry))
        yield found.get(_WIDTH, 0), found.get(_HEIGHT, 0)
        (at,) = struct.unpack(order + where, _at(file, at + width + tags * entry, pointer))


def _tag(row: bytes, order: str, big: bool) -> tuple[int, int]:
    number, kind = struct.unpack(order + "HH", row[:4])
    form = {3: "H", 4: "I", 16: "Q"}.get(kind, "")
    value = row[12 if big else 8 :][: struct.calcsize(form)]
    return number, struct.unpack(order + form, value)[0] if form else 0


def _at(file: BinaryIO, at: int, size: int) -> bytes:
    file.seek(at)
    return file.read(size)
