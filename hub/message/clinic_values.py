"""What a sender may have meant by the text in `sign.value`: bytes first, then a pair (r, s)."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator

_HEX = re.compile(r"(?:[0-9a-f]{2})+|(?:[0-9A-F]{2})+")
Reading = tuple[tuple[str, ...], bytes]


def readings(text: str) -> list[Reading]:
    """Every way to decode the text, the right one first; names of mistakes beside."""
    found: list[Reading] = []
    for names, data in _decoded(text):
        found.append((names, data))
        inner = data.decode("ascii", "replace")
        if _HEX.fullmatch(inner):
            found.append(((*names, "base64-of-hex"), bytes.fromhex(inner)))
        elif len(data) >= 16 and (again := _base64(inner)) is not None:
            found.append(((*names, "base64-twice"), again))
    if _HEX.fullmatch(text):
        upper = text != text.lower()
        found.append((("hex-upper" if upper else "hex",), bytes.fromhex(text)))
    return found


def _decoded(text: str) -> Iterator[Reading]:
    joined = "".join(text.split())
    names: tuple[str, ...] = ("base64-line-breaks",) if joined != text else ()
    if (data := _base64(joined)) is not None:
        yield names, data
        return
    if "-" in joined or "_" in joined:
        names += ("base64url",)
        joined = joined.replace("-", "+").replace("_", "/")
    if len(joined) % 4 and not joined.endswith("="):
        names += ("base64-no-padding",) if "base64url" not in names else ()
        joined += "=" * (-len(joined) % 4)
    if names and (data := _base64(joined)) is not None:
        yield names, data


def _base64(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


def pairs(data: bytes) -> Iterator[tuple[tuple[str, ...], int, int]]:
    """(r, s) in DER, in sloppy DER and bare; each also swapped and with its bytes turned round."""
    for names, r, s in _pairs(data):
        yield names, r, s
        yield (*names, "rs-swapped"), s, r
        size = 32 if max(r, s) < 1 << 256 else 48
        if max(r, s) < 1 << 8 * size:
            one, two = (int.from_bytes(number.to_bytes(size, "big"), "little") for number in (r, s))
            yield (*names, "rs-little-endian"), one, two


def _pairs(data: bytes) -> Iterator[tuple[tuple[str, ...], int, int]]:
    found = _der(data)
    if found is not None:
        one, two = found
        strict = all(_minimal(number) for number in found)
        yield (() if strict else ("der-integers",)), int.from_bytes(one, "big"), int.from_bytes(two, "big")
    elif len(data) in (64, 96):
        half = len(data) // 2
        yield ("raw-rs",), int.from_bytes(data[:half], "big"), int.from_bytes(data[half:], "big")


def _der(data: bytes) -> tuple[bytes, bytes] | None:
    """The contents of two integers in a sequence, whatever their leading bytes."""
    if len(data) < 8 or data[0] != 0x30 or data[1] != len(data) - 2 or data[2] != 2:
        return None
    middle = 4 + data[3]
    if middle + 2 > len(data) or data[middle] != 2 or middle + 2 + data[middle + 1] != len(data):
        return None
    return data[4:middle], data[middle + 2 :]


def _minimal(number: bytes) -> bool:
    if not number or number[0] & 0x80:
        return False
    return len(number) == 1 or number[0] != 0 or bool(number[1] & 0x80)
