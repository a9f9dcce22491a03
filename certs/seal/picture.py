"""The picture of a seal: is it what it says, and small enough to be shown? Headers only.

A picture is never decoded here: a few hundred bytes can stand for gigabytes of pixels. Who shows it gets
the stated size checked against bounds first.
"""

from __future__ import annotations

from certs.seal.structure import Picture

LARGEST = 1 << 22
WIDEST = 10_000  # pixels
MOST_PIXELS = 40_000_000
WIDEST_SHOWN = 500  # millimetres
_KINDS = {"png": "png", "jpg": "jpeg", "jpeg": "jpeg", "gif": "gif", "bmp": "bmp", "ofd": "zip", "svg": "svg",
          "pdf": "pdf", "tif": "tiff", "tiff": "tiff"}  # fmt: skip
_MARKS = ((b"\x89PNG\r\n\x1a\n", "png"), (b"\xff\xd8\xff", "jpeg"), (b"GIF8", "gif"), (b"BM", "bmp"),
          (b"PK\x03\x04", "zip"), (b"%PDF-", "pdf"), (b"II*\x00", "tiff"), (b"MM\x00*", "tiff"))  # fmt: skip


def fault(picture: Picture) -> str | None:
    """Why this picture cannot be used, None if it can."""
    if not picture.data:
        return "empty"
    if len(picture.data) > LARGEST:
        return f"{len(picture.data)} bytes"
    if not (0 < picture.width <= WIDEST_SHOWN and 0 < picture.height <= WIDEST_SHOWN):
        return f"{picture.width} x {picture.height} mm"
    size = pixels(picture.data)
    if size is None:
        return None
    width, height = size
    if not 0 < width <= WIDEST or not 0 < height <= WIDEST or width * height > MOST_PIXELS:
        return f"{width} x {height} pixels"
    return None


def odd(picture: Picture) -> str | None:
    """What may be overlooked: the kind stated is not the kind found, or not known."""
    stated = _KINDS.get(picture.kind.strip().lstrip(".").lower().removeprefix("image/"))
    found = form(picture.data)
    if stated is None:
        return f"kind {picture.kind[:16]!r}"
    return None if stated in (found, "svg") else f"stated {picture.kind[:16]!r}, found {found or 'unknown'}"


def form(data: bytes) -> str:
    """The form of a picture by its first bytes; empty if none is known."""
    return next((name for mark, name in _MARKS if data.startswith(mark)), "")


def pixels(data: bytes) -> tuple[int, int] | None:
    """Width and height as the header states them; None where the form has none that we read."""
    kind = form(data)
    if kind == "png" and len(data) >= 24:
        return int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")
    if kind == "gif" and len(data) >= 10:
        return int.from_bytes(data[6:8], "little"), int.from_bytes(data[8:10], "little")
    if kind == "bmp" and len(data) >= 26:
        high = int.from_bytes(data[22:26], "little", signed=True)
        return int.from_bytes(data[18:22], "little"), abs(high)
    return _jpeg(data) if kind == "jpeg" else None


def _jpeg(data: bytes) -> tuple[int, int] | None:
    """From the first frame header; a few hundred segments at most are looked through."""
    at = 2
    for _ in range(400):
        if at + 9 > len(data) or data[at] != 0xFF:
            return None
        mark = data[at + 1]
        if 0xC0 <= mark <= 0xCF and mark not in (0xC4, 0xC8, 0xCC):
            return int.from_bytes(data[at + 7 : at + 9], "big"), int.from_bytes(data[at + 5 : at + 7], "big")
        at += 2 if 0xD0 <= mark <= 0xD8 or mark == 0x01 else 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return None
