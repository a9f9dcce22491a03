"""Enveloped data as a frozen view over its bytes: RFC 5652, RFC 5083, PKCS #7 and GB/T 35275 in one reader.

The two arcs differ in identifiers and version numbers only. Signed-and-enveloped data of PKCS #7 keeps the
parts of its signed data as they came, to be put together again around the content (`signed_inside`).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from certs.cms.oids import RSA_ARC
from certs.envelope import oids
from certs.envelope.recipient import Recipient, read_recipient
from certs.envelope.shares import SealedShare, complete, read_share
from certs.model.armour import joined, unwrapped
from certs.model.certificate import Algorithm, read_algorithm
from certs.model.der import OCTETS, SEQUENCE, SET, MalformedError, Part, Reader

MOST_RECIPIENTS = 200
_ELEMENTS = 1_000_000
_KEY_TRANSPORT, _OTHER = SEQUENCE, 0xA4


@dataclass(frozen=True, slots=True)
class SignedParts:
    """What signed-and-enveloped data says of its signers, raw: digests, certificates, lists, signers."""

    digests: bytes
    optional: bytes
    signers: bytes


@dataclass(frozen=True, slots=True)
class Enveloped:
    """Either whole keys for `recipients` or `shares` of one key, never both.

    `ciphertext` is None if it is kept elsewhere; `tag` and `aad` belong to authenticated data.
    """

    kind: str
    arc: str
    version: int
    recipients: tuple[Recipient, ...]
    shares: tuple[SealedShare, ...]
    content_type: str
    algorithm: Algorithm
    ciphertext: bytes | None = field(repr=False)
    tag: bytes = field(default=b"", repr=False)
    aad: bytes = field(default=b"", repr=False)
    signed: SignedParts | None = field(default=None, repr=False)
    notes: tuple[str, ...] = ()

    @property
    def authenticated(self) -> bool:
        return self.kind == oids.AUTHENTICATED


def content_kind(raw: bytes) -> str:
    """What a ContentInfo says it is; raises MalformedError."""
    reader = Reader(unwrapped(raw)[0], _ELEMENTS)
    parts = reader.inside(reader.whole(), most=9)
    if not parts:
        raise MalformedError("content is a type and a value")
    return reader.oid(parts[0])


def read_enveloped(raw: bytes) -> Enveloped:
    """From a ContentInfo: DER, BER, PEM or base64. Raises MalformedError and nothing else."""
    der, notes = unwrapped(raw)
    reader = Reader(der, _ELEMENTS)
    for note in notes:
        reader.note(note)
    outer = reader.inside(reader.whole(), most=9)
    if len(outer) != 2:
        raise MalformedError("content is a type and a value")
    inner = reader.inside(outer[1], 0xA0)
    if len(inner) != 1:
        raise MalformedError("one element expected")
    return _read(reader, reader.oid(outer[0]), inner[0])


def read_bare(kind: str, raw: bytes) -> Enveloped:
    """From the content itself, as it stands in signed data that says its type."""
    der, notes = unwrapped(raw)
    reader = Reader(der, _ELEMENTS)
    for note in notes:
        reader.note(note)
    return _read(reader, kind, reader.whole())


def _read(reader: Reader, kind: str, part: Part) -> Enveloped:
    if kind not in oids.IS_ENVELOPE and kind not in oids.SIGNED_AND_ENVELOPED.values():
        raise MalformedError("not an envelope")
    parts = reader.inside(part)
    version, rest = reader.natural(parts[0]) if parts else 0, parts[1:]
    if rest and rest[0].tag == 0xA0:
        reader.note("originator-ignored")
        rest = rest[1:]
    if len(rest) < 2:
        raise MalformedError("an envelope has recipients and content")
    recipients, shares = _recipients(reader, rest[0])
    signed, at = _signed(reader, kind, rest)
    content_type, algorithm, ciphertext = _content(reader, rest[at])
    tag, aad = _authentication(reader, rest[at + 1 :]) if kind == oids.AUTHENTICATED else (b"", b"")
    arc = oids.ARC_OF.get(kind, RSA_ARC)
    return Enveloped(kind, arc, version, recipients, shares, content_type, algorithm, ciphertext, tag, aad,
                     signed, tuple(reader.notes))  # fmt: skip


def _recipients(reader: Reader, part: Part) -> tuple[tuple[Recipient, ...], tuple[SealedShare, ...]]:
    found = reader.inside(part, SET)
    if not 0 < len(found) <= MOST_RECIPIENTS:
        raise MalformedError("an envelope has recipients, and not too many")
    recipients: list[Recipient] = []
    shares: list[SealedShare] = []
    for one in found:
        if one.tag == _KEY_TRANSPORT:
            recipients.append(read_recipient(reader, one))
        elif one.tag == _OTHER and _is_share(reader, one):
            shares.append(read_share(reader, reader.inside(one, _OTHER)[1]))
        elif one.tag in (0xA1, 0xA2, 0xA3, _OTHER):
            reader.note("recipient-of-another-kind")
        else:
            raise MalformedError("not a recipient")
    if shares and len(shares) != len(found):
        raise MalformedError("key shares beside other recipients")
    if shares:
        complete(shares)
    return tuple(recipients), tuple(shares)


def _is_share(reader: Reader, part: Part) -> bool:
    parts = reader.inside(part, _OTHER)
    if len(parts) != 2:
        raise MalformedError("a recipient of another kind is a type and a value")
    return reader.oid(parts[0]) == oids.KEY_SHARE


def _signed(reader: Reader, kind: str, rest: list[Part]) -> tuple[SignedParts | None, int]:
    """What belongs to signers, and where the content stands."""
    if kind not in oids.SIGNED_AND_ENVELOPED.values():
        return None, 1
    if len(rest) < 4 or rest[-1].tag != SET or any(one.tag not in (0xA0, 0xA1) for one in rest[3:-1]):
        raise MalformedError("not signed-and-enveloped data")
    optional = b"".join(reader.raw(one) for one in rest[3:-1])
    return SignedParts(reader.raw(rest[1]), optional, reader.raw(rest[-1])), 2


def _content(reader: Reader, part: Part) -> tuple[str, Algorithm, bytes | None]:
    parts = reader.inside(part)
    if not 2 <= len(parts) <= 3:
        raise MalformedError("encrypted content is a type, a cipher, and at most a value")
    ciphertext = None if len(parts) == 2 else _octets(reader, parts[2])
    return reader.oid(parts[0]), read_algorithm(reader, parts[1]), ciphertext


def _octets(reader: Reader, part: Part) -> bytes:
    if part.tag == 0xA0:
        reader.note("content-in-pieces")
        return joined(reader.content(part))
    return reader.content(part, 0x80)


def _authentication(reader: Reader, rest: list[Part]) -> tuple[bytes, bytes]:
    """The tag, and the attributes it covers, as the SET they are covered as (RFC 5083, 2.2)."""
    aad = b""
    if rest and rest[0].tag == 0xA1:
        aad = b"\x31" + reader.raw(rest[0])[1:]
        rest = rest[1:]
    if not rest:
        raise MalformedError("authenticated data without a tag")
    return reader.content(rest[0], OCTETS), aad
