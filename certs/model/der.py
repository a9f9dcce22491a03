"""Reading DER within bounds: slices of one buffer, no recursion, one exception.

What is signed is checked over the bytes as they came, so a reader may forgive a clumsy encoding without
harm; it must say so (`notes`). What would let two readers see two different things is not forgiven:
indefinite lengths, tags of several bytes, elements that stick out of their parent.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

BOOLEAN, INTEGER, BITS, OCTETS, NULL, OID, ENUM = 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0A
SEQUENCE, SET, UTC_TIME, GENERALIZED_TIME = 0x30, 0x31, 0x17, 0x18
_LONGEST_NUMBER = 2100  # RSA of 16,384 bits and some


class MalformedError(ValueError):
    """The only exception of the model: these bytes are not what they should be."""


class Part(NamedTuple):
    """One element: its identifier octet, where its header begins, and its content."""

    tag: int
    head: int
    start: int
    end: int


class Reader:
    """A buffer, what was forgiven in it, and how many elements may still be looked at."""

    __slots__ = ("buf", "left", "notes")

    def __init__(self, buf: bytes, limit: int = 100_000) -> None:
        self.buf = buf
        self.left = limit
        self.notes: list[str] = []

    def note(self, what: str) -> None:
        if what not in self.notes and len(self.notes) < 64:
            self.notes.append(what)

    def parts(self, start: int, end: int, most: int | None = None) -> list[Part]:
        """All elements between two offsets; given `most`, what has more is refused before it is read."""
        out: list[Part] = []
        left = self.left if most is None else min(most, self.left)
        buf, at, last = self.buf, start, end - 1
        new, kind = tuple.__new__, Part  # a call less: this is where reading spends its time
        while at < end:
            if at >= last or (tag := buf[at]) & 31 == 31:
                raise MalformedError(f"no element at {at}")
            content = at + 2
            stop = content + buf[at + 1]
            if stop >= content + 128:
                content, size = self._long(at + 1, end)
                stop = content + size
            if stop > end:
                raise MalformedError(f"element at {at} is cut short")
            out.append(new(kind, (tag, at, content, stop)))
            at = stop
            if len(out) > left:
                raise MalformedError("too many elements")
        self.left -= len(out)
        return out

    def _long(self, at: int, end: int) -> tuple[int, int]:
        count = self.buf[at] & 127
        if not 0 < count <= 4 or at + 1 + count > end:
            raise MalformedError(f"length at {at} is indefinite or too long")
        size = int.from_bytes(self.buf[at + 1 : at + 1 + count], "big")
        if size < 128 or self.buf[at + 1] == 0:
            self.note("length-not-minimal")
        return at + 1 + count, size

    def whole(self, tag: int = SEQUENCE) -> Part:
        """The one element that the buffer is."""
        buf = self.buf
        if self.left > 0 and len(buf) > 1 and buf[0] == tag and buf[1] == len(buf) - 2 < 128:
            self.left -= 1
            return Part(tag, 0, 2, len(buf))  # short and as it should be: nearly all are
        found = self.parts(0, len(self.buf), 1)
        if len(found) != 1 or found[0].tag != tag:
            raise MalformedError("not one element of the expected kind")
        return found[0]

    def inside(self, part: Part, tag: int = SEQUENCE, most: int | None = None) -> list[Part]:
        if part.tag != tag:
            raise MalformedError(f"element at {part.head} has tag {part.tag:#x}, not {tag:#x}")
        return self.parts(part.start, part.end, most)

    def raw(self, part: Part) -> bytes:
        """Header and content."""
        return self.buf[part.head : part.end]

    def content(self, part: Part, tag: int | None = None) -> bytes:
        if tag is not None and part.tag != tag:
            raise MalformedError(f"element at {part.head} has tag {part.tag:#x}, not {tag:#x}")
        return self.buf[part.start : part.end]

    def oid(self, part: Part) -> str:
        return dotted(self.content(part, OID))

    def integer(self, part: Part, tag: int = INTEGER) -> int:
        content = self.content(part, tag)
        if not 0 < len(content) <= _LONGEST_NUMBER:
            raise MalformedError("a number without or with too many digits")
        if len(content) > 1 and (content[0], content[1] >> 7) in ((0, 0), (255, 1)):
            self.note("integer-not-minimal")
        return int.from_bytes(content, "big", signed=True)

    def natural(self, part: Part, tag: int = INTEGER) -> int:
        """A small count; what is beyond any use is cut, so arithmetic on it stays cheap."""
        found = self.integer(part, tag)
        if found < 0:
            raise MalformedError("a negative count")
        return min(found, 1 << 32)

    def boolean(self, part: Part, tag: int = BOOLEAN) -> bool:
        content = self.content(part, tag)
        if len(content) != 1:
            raise MalformedError("a truth value of more or less than one byte")
        if content[0] not in (0, 255):
            self.note("boolean-not-ff")
        return content[0] != 0

    def bits(self, part: Part, tag: int = BITS) -> tuple[int, bytes]:
        """How many bits are unused, and the bytes."""
        content = self.content(part, tag)
        if not content or content[0] > 7 or (content[0] and len(content) == 1):
            raise MalformedError("a bit string without its first byte")
        return content[0], content[1:]

    def octet_bits(self, part: Part) -> bytes:
        """A bit string that holds bytes: a key or a signature."""
        unused, content = self.bits(part)
        if unused:
            raise MalformedError("a bit string of odd length where bytes belong")
        return content

    def flags(self, part: Part, tag: int = BITS) -> frozenset[int]:
        """The numbers of the bits that are set."""
        _, content = self.bits(part, tag)
        if len(content) > 8:
            raise MalformedError("too many named bits")
        return frozenset(
            8 * at + bit for at, byte in enumerate(content) for bit in range(8) if byte << bit & 128
        )


@lru_cache(4096)
def dotted(content: bytes) -> str:
    """An object identifier in digits and dots."""
    if not 0 < len(content) <= 64 or content[-1] & 128:
        raise MalformedError("not an object identifier")
    numbers, value = [], 0
    for byte in content:
        if value == 0 and byte == 128:
            raise MalformedError("an object identifier with padding")
        value = value << 7 | byte & 127
        if byte < 128:
            numbers.append(value)
            value = 0
    first = min(numbers[0] // 40, 2)
    return ".".join(map(str, (first, numbers[0] - 40 * first, *numbers[1:])))
