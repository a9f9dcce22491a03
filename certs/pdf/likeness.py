"""What a page shows of a signature, as far as it can be compared with a seal's own picture.

A file may draw any seal over a value of another, and whoever looks at the page sees the drawing. Compared are
samples, not looks: one picture and nothing beside it, as those who make such files here draw it. Whatever is
drawn otherwise (lines, words, several pictures, other colour spaces) is not called the seal's own.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from typing import Any

from certs.algorithms.digest import digest
from certs.pdf.appearance import is_ring
from certs.pdf.pixels import MOST, Samples, samples
from certs.seal.structure import Picture

RING, OTHER = b"ring", b"other"
_MOST_CONTENT, _MOST_FORMS = 4096, 16
_COMMENT = re.compile(rb"%[^\r\n]*")
_NUMBER = re.compile(rb"[+-]?(\d+\.?\d*|\.\d+)")


def drawn(widget: Any) -> bytes:
    """What the widget shows: RING as it is drawn here, the mark of its one picture, or OTHER. Empty where it
    has no appearance at all."""
    try:
        appearance = widget["/AP"]["/N"] if "/AP" in widget else None
        if appearance is None:
            return b""
        if is_ring(_content(appearance)):
            return RING
        pictures = list(_pictures(appearance))
        return _mark_of(pictures[0]) if len(pictures) == 1 else OTHER
    except (LookupError, TypeError, ValueError, AttributeError, zlib.error):
        return OTHER


def mark(picture: Picture) -> bytes:
    """Of a seal's own picture; empty where it cannot be shown in a PDF, and a ring stands for it."""
    found = samples(picture)
    return b"" if found is None else _mark(found)


def _mark(found: Samples) -> bytes:
    head = f"{found.width} {found.height} {found.jpeg} ".encode()
    if found.jpeg:
        return digest(head + found.colour)
    cover = b"" if found.mask is None else _plain(found.mask, found.width * found.height)
    cover = b"" if cover.count(b"\xff") == len(cover) else cover
    return digest(head + _plain(found.colour, 3 * found.width * found.height) + cover)


def _plain(packed: bytes, size: int) -> bytes:
    """So many octets and no more are unpacked."""
    found = zlib.decompressobj().decompress(packed, size + 1)
    if len(found) != size:
        raise ValueError("not as large as it says")
    return found


def _pictures(form: Any) -> Iterator[Any]:
    """The pictures that a form and those within it draw; ValueError where they draw anything else, or so many
    forms that one stands within itself or stands for millions."""
    pending, seen = [form], 0
    while pending:
        one, seen = pending.pop(), seen + 1
        if seen > _MOST_FORMS or one["/Subtype"] != "/Form" or "/OC" in one:
            raise ValueError("no plain form")
        for name in _shown(_content(one)):
            inner = one["/Resources"]["/XObject"][name]
            if inner["/Subtype"] == "/Image":
                yield inner
            else:
                pending.append(inner)


def _shown(content: bytes) -> Iterator[str]:
    """The names of what is drawn, where nothing else is."""
    before: list[bytes] = []
    for word in _COMMENT.sub(b" ", content).split():
        if word == b"Do":
            yield before.pop().decode("ascii")
        elif word in (b"q", b"Q", b"cm"):
            before.clear()
        elif word.startswith(b"/") or _NUMBER.fullmatch(word):
            before.append(word)
        else:
            raise ValueError("more than pictures")


def _content(form: Any) -> bytes:
    if _filter(form) == "/FlateDecode":
        found = zlib.decompressobj().decompress(bytes(form.encoded_data), _MOST_CONTENT + 1)
    else:
        found = bytes(form.encoded_data) if _filter(form) == "" else b""
    if len(found) > _MOST_CONTENT or (not found and _filter(form) not in ("", "/FlateDecode")):
        raise ValueError("more than a picture needs")
    return found


def _filter(stream: Any) -> str:
    """The one filter without parameters, empty for none."""
    stated = stream["/Filter"] if "/Filter" in stream else []  # noqa: SIM401  get() would give the reference
    several = [str(one) for one in stated] if isinstance(stated, list) else [str(stated)]
    if len(several) > 1 or "/DecodeParms" in stream or "/F" in stream:
        raise ValueError("filters we do not undo")
    return several[0] if several else ""


def _mark_of(image: Any) -> bytes:
    width, height = int(image["/Width"]), int(image["/Height"])
    odd = any(name in image for name in ("/Decode", "/Mask", "/ImageMask", "/OC", "/Alternates"))
    if odd or not 0 < width * height * 4 <= MOST or image["/ColorSpace"] != "/DeviceRGB":
        raise ValueError("not as we draw it")
    if int(image["/BitsPerComponent"]) != 8:
        raise ValueError("not as we draw it")
    if _filter(image) == "/DCTDecode":
        if "/SMask" in image:
            raise ValueError("a JPEG that is seen in part")
        return _mark(Samples(width, height, bytes(image.encoded_data), None, jpeg=True))
    cover = _cover(image["/SMask"], width, height) if "/SMask" in image else None
    return _mark(Samples(width, height, _flat(image), cover))


def _cover(mask: Any, width: int, height: int) -> bytes:
    as_drawn = int(mask["/Width"]), int(mask["/Height"]), mask["/ColorSpace"], int(mask["/BitsPerComponent"])
    if as_drawn != (width, height, "/DeviceGray", 8) or "/Matte" in mask or "/Decode" in mask:
        raise ValueError("not as we draw it")
    return _flat(mask)


def _flat(stream: Any) -> bytes:
    if _filter(stream) == "/FlateDecode":
        return bytes(stream.encoded_data)
    if _filter(stream) == "" and len(stream.encoded_data) <= MOST:
        return zlib.compress(bytes(stream.encoded_data))
    raise ValueError("filters we do not undo")
