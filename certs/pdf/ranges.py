"""The range of bytes that a PDF signature covers: all but the value itself, and nothing else left out."""

from __future__ import annotations

from certs.model.der import MalformedError

_WHITE = b"\0\t\n\x0c\r "
Ranges = tuple[int, int, int, int]


def byte_ranges(stated: list[int], size: int) -> Ranges:
    """Two stretches inside the file, in order."""
    if len(stated) != 4:
        raise MalformedError("a range is four numbers")
    start, length, again, rest = stated
    if min(stated) < 0 or start != 0 or again < length or again + rest > size:
        raise MalformedError("a range outside the file or out of order")
    return start, length, again, rest


def gap_faults(data: bytes, ranges: Ranges, contents: bytes) -> tuple[str, ...]:
    """Between the two stretches stands the value as a hexadecimal string, the one the signature has, and
    nothing besides: what hides there is signed by nobody."""
    gap = data[ranges[1] : ranges[2]]
    if gap[:1] != b"<" or gap[-1:] != b">":
        return ("the range leaves out more than the value",)
    digits = gap[1:-1].translate(None, _WHITE)
    try:
        written = bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode("ascii"))
    except ValueError:
        return ("the range leaves out more than the value",)
    return () if written == contents else ("the value is not the one the range leaves out",)


def value_of(contents: bytes) -> tuple[bytes, tuple[str, ...]]:
    """The value without the zeros it was padded with."""
    if len(contents) < 2:
        return contents, ()
    first, start = contents[1], 2
    size = first
    if first >= 128:
        count = first & 127
        start, size = 2 + count, int.from_bytes(contents[2 : 2 + count], "big")
    end = start + size
    if contents[0] != 0x30 or first == 128 or end > len(contents):
        return contents.rstrip(b"\0"), ()
    notes = ("bytes after the value",) if contents[end:].strip(b"\0") else ()
    return contents[:end], notes
