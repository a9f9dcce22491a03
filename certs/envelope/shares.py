"""A content key that only all holders together have: as many parts as holders, their XOR is the key.

Each part is enveloped to one holder as a kind of recipient of our own, so that no kit takes a part for the
key. A part carries a check value: whoever hands in another one is found, before anything is decrypted.
Fewer than all parts tell nothing about the key.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import reduce

from certs.algorithms.digest import mac
from certs.envelope import oids
from certs.envelope.recipient import Recipient, read_recipient
from certs.envelope.transport import Style, transport
from certs.model import write as w
from certs.model.certificate import Certificate
from certs.model.der import OCTETS, MalformedError, Part, Reader

MOST = 100
_VERSION, _SET, _UTF8, _CHECK = 1, 16, 0x0C, 32
_LONGEST = 64
_LONGEST_HOLDER = 1000
Random = Callable[[int], bytes]


@dataclass(frozen=True, slots=True)
class Share:
    """One holder's part of the key of one envelope; as secret as a key."""

    group: bytes
    index: int
    total: int
    holder: str
    value: bytes = field(repr=False)

    @classmethod
    def whole(cls, binding: bytes, holder: str, key: bytes) -> Share:
        """A content key that is not split, in the form of the only part there is; `binding` as the envelope
        states it."""
        return cls(binding[:_SET], 1, 1, holder, key)

    @property
    def check(self) -> bytes:
        """What stands beside it in the envelope, if it is the part that was sealed."""
        return mac(self.group + bytes((self.index, self.total)), self.value, "hmac-sm3")

    def written(self) -> bytes:
        """DER, for the way to where the parts are put together; to be enveloped to that place."""
        numbers = (w.integer(_VERSION), w.octets(self.group), w.integer(self.index), w.integer(self.total))
        return w.sequence(*numbers, w.utf8(self.holder), w.octets(self.value))

    @classmethod
    def read(cls, der: bytes) -> Share:
        """Raises MalformedError."""
        reader = Reader(der, 16)
        group, index, total, holder, value = _head(reader, reader.inside(reader.whole()))
        return cls(group, index, total, holder, value)


@dataclass(frozen=True, slots=True)
class SealedShare:
    """The same as it stands in the envelope: `check` instead of the value, and how the value travels."""

    group: bytes
    index: int
    total: int
    holder: str
    check: bytes
    recipient: Recipient

    def agrees(self, share: Share) -> bool:
        if (share.group, share.index, share.total) != (self.group, self.index, self.total):
            return False
        return hmac.compare_digest(share.check, self.check)

    def with_value(self, value: bytes) -> Share:
        return Share(self.group, self.index, self.total, self.holder, value)


def split(key: bytes, certificates: Sequence[Certificate], style: Style, random: Random) -> tuple[bytes, ...]:
    """The recipients of an envelope that all of them must open; OtherRecipientInfo each."""
    parts = [random(len(key)) for _ in certificates[1:]]
    parts.append(reduce(_xor, parts, key))
    group, total = random(_SET), len(parts)
    return tuple(
        _sealed(group, index, total, part, certificate, style)
        for index, (part, certificate) in enumerate(zip(parts, certificates, strict=True), 1)
    )


def _sealed(
    group: bytes, index: int, total: int, value: bytes, certificate: Certificate, style: Style
) -> bytes:
    stated = w.sequence(
        w.integer(_VERSION),
        w.octets(group),
        w.integer(index),
        w.integer(total),
        w.utf8(str(certificate.subject)[:_LONGEST_HOLDER]),
        w.octets(Share(group, index, total, "", value).check),
        transport(value, certificate, style),
    )
    return w.implicit(4, w.sequence(w.oid(oids.KEY_SHARE), stated))


def joined(shares: Sequence[Share]) -> bytes:
    """The key; the caller has seen that these are all, and each once."""
    return reduce(_xor, (share.value for share in shares))


def read_share(reader: Reader, part: Part) -> SealedShare:
    parts = reader.inside(part)
    if len(parts) != 7:
        raise MalformedError("a key share has seven parts")
    group, index, total, holder, check = _head(reader, parts[:6])
    if len(check) != _CHECK:
        raise MalformedError("the check value of a key share has 32 bytes")
    return SealedShare(group, index, total, holder, check, read_recipient(reader, parts[6]))


def _head(reader: Reader, parts: Sequence[Part]) -> tuple[bytes, int, int, str, bytes]:
    if len(parts) != 6 or reader.natural(parts[0]) != _VERSION:
        raise MalformedError("not a key share of version 1")
    group, value = (reader.content(parts[at], OCTETS) for at in (1, 5))
    index, total = (reader.natural(parts[at]) for at in (2, 3))
    try:
        holder = reader.content(parts[4], _UTF8).decode()
    except UnicodeDecodeError as error:
        raise MalformedError("a holder's name is UTF-8") from error
    if len(group) != _SET or not 0 < len(value) <= _LONGEST or not 1 <= index <= total <= MOST:
        raise MalformedError("a key share out of bounds")
    return group, index, total, holder, value


def complete(found: Sequence[SealedShare]) -> None:
    """One group, every number once; raises MalformedError."""
    first = found[0]
    numbers = sorted(one.index for one in found)
    if any((one.group, one.total) != (first.group, first.total) for one in found):
        raise MalformedError("key shares of several groups")
    if numbers != list(range(1, first.total + 1)):
        raise MalformedError("key shares missing or repeated in the envelope")


def _xor(one: bytes, two: bytes) -> bytes:
    if len(one) != len(two):
        raise MalformedError("key shares of several lengths")
    return bytes(a ^ b for a, b in zip(one, two, strict=True))
