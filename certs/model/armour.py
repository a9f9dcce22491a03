"""From what people hand over to DER: PEM, bare base64, BER of streaming writers, padding behind.

Only for whole messages (signed data, envelopes, time stamps); what inside them was signed in DER, attributes
and certificates, gets its DER back. A certificate by itself is never transcoded.
"""

from __future__ import annotations

import binascii
import re

from certs.model.der import MalformedError, Reader
from certs.model.write import element

LARGEST = 1 << 28
_DEEPEST, _MOST = 64, 500_000
_BEGIN, _END = (re.compile(rb"-----%b [A-Z0-9 #]{1,40}-----" % word) for word in (b"BEGIN", b"END"))
_MARK = re.compile(rb"-----(BEGIN|END) ([A-Z0-9 #]{1,40})-----")
_CONSTRUCTED_OCTETS, _OCTETS = 0x24, 0x04


def unwrapped(data: bytes) -> tuple[bytes, tuple[str, ...]]:
    """One definite-length element, and what was forgiven on the way; raises MalformedError."""
    if len(data) > LARGEST:
        raise MalformedError("larger than any message")
    raw = bytes(data) if data[:1] == b"\x30" else _decoded(data)
    if raw[1:2] == b"\x80":
        return definite(raw), ("indefinite-length",)
    return _unpadded(raw)


def _decoded(data: bytes) -> bytes:
    text = b"".join(_inside(data).split())
    try:
        return binascii.a2b_base64(text, strict_mode=True)
    except binascii.Error as error:
        raise MalformedError("neither DER nor base64 of it") from error


def _inside(data: bytes) -> bytes:
    """What stands in the first block of PEM, or all of it."""
    begin = _BEGIN.search(data) if b"-----BEGIN" in data[:4096] else None
    end = _END.search(data, begin.end() + 1) if begin is not None else None
    return data if begin is None or end is None else data[begin.end() : end.start()]


def blocks(data: bytes, most: int) -> list[tuple[bytes, bytes]]:
    """Label and inside of each block of PEM whose end bears its own label. Each mark is looked at once:
    strangers send texts of nothing but beginnings."""
    marks = list(_MARK.finditer(data))
    ends: dict[bytes, list[re.Match[bytes]]] = {}
    for one in reversed(marks):
        if one[1] == b"END":
            ends.setdefault(one[2], []).append(one)
    found: list[tuple[bytes, bytes]] = []
    at = 0
    for one in marks:
        if len(found) >= most:
            break
        waiting = ends.get(one[2], [])
        if one[1] == b"END" or one.start() < at:
            continue
        while waiting and waiting[-1].start() <= one.end():
            waiting.pop()
        if waiting:
            found.append((one[2], data[one.end() : waiting[-1].start()]))
            at = waiting[-1].end()
    return found


def _unpadded(raw: bytes) -> tuple[bytes, tuple[str, ...]]:
    """Zero bytes behind the element are dropped: signatures in documents are kept in fields of fixed size."""
    if len(raw) < 2:
        raise MalformedError("nothing there")
    count = raw[1] & 127 if raw[1] >= 128 else 0
    size = int.from_bytes(raw[2 : 2 + count], "big") if count else raw[1]
    end = 2 + count + size
    if count > 4 or end >= len(raw):
        return raw, ()
    if raw[end:].strip(b"\0"):
        raise MalformedError("bytes behind the message")
    return raw[:end], ("padding",)


class _Open:
    """An element that has not ended yet: where it ends (-1: by a mark), where it must have, what it holds."""

    __slots__ = ("bound", "changed", "end", "head", "out", "tag")

    def __init__(self, tag: int, head: int, end: int, bound: int) -> None:
        self.tag, self.head, self.end = tag, head, end
        self.bound = bound if end < 0 else end
        self.changed = end < 0 or tag == _CONSTRUCTED_OCTETS
        self.out: list[bytes] = []


def definite(raw: bytes) -> bytes:
    """The first element without indefinite lengths, octet strings in one piece; all else byte for byte."""
    frames: list[_Open] = []
    at, bound, left = 0, len(raw), _MOST
    while True:
        left -= 1
        if left < 0 or len(frames) > _DEEPEST:
            raise MalformedError("too many or too deep elements")
        tag, start, end = _header(raw, at, bound)
        if tag & 0x20:
            frames.append(_Open(tag, at, end, bound))
            at, bound = start, frames[-1].bound
        elif frames:
            frames[-1].out.append(raw[at:end])
            at = end
        else:
            raise MalformedError("not a message")
        while at == frames[-1].end or (frames[-1].end < 0 and raw[at : min(at + 2, bound)] == b"\0\0"):
            done = frames.pop()
            at += 0 if done.end >= 0 else 2
            whole = _closed(done) if done.changed else raw[done.head : at]
            if not frames:
                return whole
            frames[-1].out.append(whole)
            frames[-1].changed |= done.changed
            bound = frames[-1].bound


def _header(raw: bytes, at: int, bound: int) -> tuple[int, int, int]:
    """Identifier, where the content begins, where it ends (-1 if a mark says so)."""
    if at + 2 > bound or raw[at] & 31 == 31 or raw[at] == 0:
        raise MalformedError(f"no element at {at}")
    if raw[at + 1] == 0x80 and raw[at] & 0x20:
        return raw[at], at + 2, -1
    count = raw[at + 1] & 127 if raw[at + 1] >= 128 else 0
    start = at + 2 + count
    if count > 4 or raw[at + 1] == 0x80 or start > bound:
        raise MalformedError(f"length at {at} is indefinite or too long")
    end = start + (int.from_bytes(raw[at + 2 : start], "big") if count else raw[at + 1])
    if end > bound:
        raise MalformedError(f"element at {at} is cut short")
    return raw[at], start, end


def _closed(done: _Open) -> bytes:
    if done.tag != _CONSTRUCTED_OCTETS:
        return element(done.tag, *done.out)
    return element(_OCTETS, joined(b"".join(done.out)))


def joined(pieces: bytes) -> bytes:
    """What the octet strings that stand here hold together."""
    reader = Reader(pieces, _MOST)
    return b"".join(reader.content(part, _OCTETS) for part in reader.parts(0, len(pieces)))
