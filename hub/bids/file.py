"""A bid's file as it lies on the shelf: an envelope, or the head of one with its ciphertext behind it.

An envelope up to `WHOLE` stands in one piece. A larger one is a stream (`certs.envelope.seal_stream`): the
signed head first, the ciphertext right behind it in the same file, and never more than a few pieces of it
in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from certs.algorithms.digest import digest
from hub.files.name import Name, running
from hub.files.shelf import Shelf

WHOLE = 16 << 20
HEAD = 1 << 20
_SEQUENCE, _LONG = 0x30, 0x80
Pieces = Callable[[], Iterable[bytes]]


class NoBidFileError(ValueError):
    """These bytes cannot be the file of a bid; says why."""


@dataclass(frozen=True, slots=True)
class BidFile:
    """`ciphertext` is None where the head is the whole envelope."""

    head: bytes
    ciphertext: Pieces | None


@dataclass(frozen=True, slots=True)
class Measured:
    """What the bytes on the shelf are now."""

    digest: str
    size: int


def measure(shelf: Shelf, name: Name) -> Measured:
    """Read all of it. Raises OSError, DamagedFileError."""
    own, size = running(name.algorithm), 0
    with shelf.open(name) as opened:
        for piece in opened.pieces():
            own.update(piece)
            size += len(piece)
    return Measured(f"{name.algorithm}:{own.hexdigest()}", size)


def read_bid(shelf: Shelf, name: Name) -> BidFile:
    """Raises NoBidFileError, OSError, DamagedFileError."""
    with shelf.open(name) as opened:
        size = opened.size
        start = b"".join(islice(opened.pieces(0, 16), 2))[:16]
        head = _head(start, size)
        _fits(head, size)
        data = b"".join(opened.pieces(0, head))
    return BidFile(data, None if head == size else _rest(shelf, name, head))


def read_measured(shelf: Shelf, name: Name) -> tuple[Measured, BidFile | None]:
    """What lies there, and the bid in it; read once if it is small. No file where it is not to be read as
    one. Raises OSError, DamagedFileError."""
    with shelf.open(name) as opened:
        data = b"".join(opened.pieces()) if opened.size <= WHOLE else b""
    try:
        if not data:
            return measure(shelf, name), read_bid(shelf, name)
        found = Measured(f"{name.algorithm}:{digest(data, name.algorithm).hex()}", len(data))
        head = _head(data[:16], len(data))
        _fits(head, len(data))
    except NoBidFileError:
        return measure(shelf, name), None
    if head == len(data):
        return found, BidFile(data, None)
    return found, BidFile(data[:head], lambda: (data[head:],))


def _fits(head: int, size: int) -> None:
    if head > (WHOLE if head == size else HEAD):
        raise NoBidFileError(f"{head} B in one piece: make it a stream")


def _rest(shelf: Shelf, name: Name, head: int) -> Pieces:
    def rest() -> Iterator[bytes]:
        with shelf.open(name) as again:
            yield from again.pieces(head)

    return rest


def split(data: bytes) -> tuple[bytes, bytes | None]:
    """The same of a file in memory: the head, and the ciphertext behind it if there is one."""
    head = _head(data[:16], len(data))
    return data[:head], None if head == len(data) else data[head:]


def _head(start: bytes, size: int) -> int:
    """How long the first element is; all of it where DER does not say (BER, text)."""
    if len(start) < 2 or start[0] != _SEQUENCE or start[1] == _LONG:
        return size
    if start[1] < _LONG:
        return min(2 + start[1], size)
    octets = start[1] - _LONG
    if octets > 8 or len(start) < 2 + octets:
        return size
    return min(2 + octets + int.from_bytes(start[2 : 2 + octets], "big"), size)
