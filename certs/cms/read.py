"""Reading signed data: RFC 5652, PKCS #7 and GB/T 35275 in one reader.

What a signature covers is kept as it came; what is only looked at may be clumsy, and is noted. The three
formats differ in two places: the arc of the identifiers, and whether the content stands in an octet string.
"""

from __future__ import annotations

from certs.cms import oids
from certs.cms.signed import Attributes, SignedData, Signer
from certs.model.armour import joined, unwrapped
from certs.model.certificate import read_algorithm
from certs.model.der import OCTETS, SEQUENCE, SET, MalformedError, Part, Reader
from certs.model.names import Name, read_name

_MOST_CERTIFICATES, _MOST_LISTS, _MOST_SIGNERS, _MOST_ATTRIBUTES = 200, 100, 100, 100
_ELEMENTS = 20_000  # certificates and lists are not looked into here


def read_signed(raw: bytes) -> SignedData:
    """The view of DER, BER, PEM or base64; raises MalformedError and nothing else."""
    der, notes = unwrapped(raw)
    reader = Reader(der, _ELEMENTS)
    for note in notes:
        reader.note(note)
    outer = reader.inside(reader.whole(), most=2)
    arc = oids.ARC_OF.get(reader.oid(outer[0])) if len(outer) == 2 else None
    if arc is None:
        raise MalformedError("not signed data")
    parts = reader.inside(_only(reader, outer[1], 0xA0))
    if len(parts) < 4:
        raise MalformedError("signed data has at least four parts")
    content_type, content = _content(reader, parts[2])
    rest = parts[3:]
    certificates = _certificates(reader, rest.pop(0)) if rest[0].tag == 0xA0 else ()
    crls, ocsp = _revocation(reader, rest.pop(0)) if rest and rest[0].tag == 0xA1 else ((), ())
    signers = reader.inside(rest[0], SET) if len(rest) == 1 else None
    if signers is None or len(signers) > _MOST_SIGNERS:
        raise MalformedError("signers expected, and not too many")
    digests = tuple(read_algorithm(reader, part) for part in reader.inside(parts[1], SET)[:_MOST_SIGNERS])
    people = tuple(read_signer(reader, part) for part in signers)
    if not {one.digest.oid for one in people} <= {one.oid for one in digests}:
        reader.note(
            "digest-not-announced"
        )  # the list is a help for reading in one go, and covered by nothing
    return SignedData(
        arc,
        reader.natural(parts[0]),
        digests,
        content_type,
        content,
        certificates,
        crls,
        ocsp,
        people,
        tuple(reader.notes),
    )


def _only(reader: Reader, part: Part, tag: int) -> Part:
    inner = reader.inside(part, tag)
    if len(inner) != 1:
        raise MalformedError("one element expected")
    return inner[0]


def _content(reader: Reader, part: Part) -> tuple[str, bytes | None]:
    """Type and octets; where no octet string is, the octets inside the element (RFC 5652, 5.2.1)."""
    parts = reader.inside(part)
    if not 1 <= len(parts) <= 2:
        raise MalformedError("content is a type and at most a value")
    kind = reader.oid(parts[0])
    if len(parts) == 1:
        return kind, None
    value = _only(reader, parts[1], 0xA0)
    if value.tag == OCTETS:
        return kind, reader.content(value)
    if value.tag == OCTETS | 0x20:
        reader.note("content-in-pieces")
        return kind, joined(reader.content(value))
    reader.note("content-not-octets")
    return kind, reader.content(value)


def _certificates(reader: Reader, part: Part) -> tuple[bytes, ...]:
    found: dict[bytes, None] = {}
    for one in reader.parts(part.start, part.end):
        if one.tag == SEQUENCE:
            found[reader.raw(one)] = None
        elif one.tag in (0xA0, 0xA1, 0xA2, 0xA3):
            reader.note("certificate-of-another-kind")
        else:
            raise MalformedError("not a certificate")
    if len(found) > _MOST_CERTIFICATES:
        raise MalformedError("too many certificates")
    return tuple(found)


def _revocation(reader: Reader, part: Part) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
    crls: list[bytes] = []
    ocsp: list[bytes] = []
    for one in reader.parts(part.start, part.end):
        if one.tag == SEQUENCE:
            crls.append(reader.raw(one))
            continue
        inner = reader.inside(one, 0xA1)
        if len(inner) == 2 and reader.oid(inner[0]) == oids.OCSP_RESPONSE:
            ocsp.append(reader.raw(inner[1]))
        else:
            reader.note("revocation-of-another-kind")
    if len(crls) + len(ocsp) > _MOST_LISTS:
        raise MalformedError("too much revocation data")
    return tuple(crls), tuple(ocsp)


def read_signer(reader: Reader, part: Part) -> Signer:
    """A SignerInfo; also the value of a countersignature."""
    parts = reader.inside(part)
    if len(parts) < 5:
        raise MalformedError("a signer has at least five parts")
    version, rest = reader.natural(parts[0]), parts[3:]
    issuer, serial, key = _named(reader, parts[1])
    raw: bytes | None = None
    attributes: Attributes = {}
    unsigned: Attributes = {}
    repeated = frozenset[str]()
    if rest[0].tag == 0xA0:
        raw = b"\x31" + reader.raw(rest[0])[1:]
        attributes, repeated = _attributes(reader, rest.pop(0))
    if len(rest) == 3 and rest[2].tag == 0xA1:
        unsigned, _ = _attributes(reader, rest.pop(2))
    if len(rest) != 2:
        raise MalformedError("not a signer")
    digest, algorithm = read_algorithm(reader, parts[2]), read_algorithm(reader, rest[0])
    signature = reader.content(rest[1], OCTETS)
    return Signer(
        version, issuer, serial, key, digest, algorithm, signature, raw, attributes, unsigned, repeated
    )


def _named(reader: Reader, part: Part) -> tuple[Name | None, int | None, bytes | None]:
    if part.tag == 0x80:
        return None, None, reader.content(part)
    parts = reader.inside(part)
    if len(parts) != 2:
        raise MalformedError("a signer is named by issuer and number, or by a key")
    return read_name(reader, parts[0]), reader.integer(parts[1]), None


def _attributes(reader: Reader, part: Part) -> tuple[dict[str, tuple[bytes, ...]], frozenset[str]]:
    found: dict[str, tuple[bytes, ...]] = {}
    repeated = set()
    rows = reader.parts(part.start, part.end)
    if len(rows) > _MOST_ATTRIBUTES:
        raise MalformedError("too many attributes")
    for row in rows:
        parts = reader.inside(row)
        if len(parts) != 2:
            raise MalformedError("an attribute is a kind and values")
        kind = reader.oid(parts[0])
        if kind in found:
            repeated.add(kind)
        values = tuple(reader.raw(value) for value in reader.inside(parts[1], SET))
        found[kind] = found.get(kind, ()) + values
    return found, frozenset(repeated)
