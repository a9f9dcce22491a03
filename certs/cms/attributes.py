"""The rules for signed attributes (RFC 5652, 5.3 and 11; RFC 5035; RFC 6211): what is wrong with them.

They are what is really signed, so they must bind the content, its kind and, if they name one, the
signer's certificate. Without them the signature is over the content itself, which lets somebody else's
signed attributes be passed off as content: what looks like such is refused.
"""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache

from certs.cms import oids
from certs.cms.schemes import content_digest, digest_name
from certs.cms.signed import Signer
from certs.model.certificate import Certificate, read_algorithm
from certs.model.der import OCTETS, SEQUENCE, SET, MalformedError, Part, Reader
from certs.model.general_names import DIRECTORY, read_general_names
from certs.model.times import read_time

_KEPT = 1 << 13
_digest = lru_cache(1024)(content_digest)  # of certificates, which come again


def wrong(signer: Signer, content_type: str | None, certificate: Certificate | None) -> list[str]:
    """What is against the rules, apart from the digest of the content; empty if nothing is. A
    countersignature states no content type (RFC 5652, 11.4): then it is None."""
    if signer.signed_attributes is None:
        return []
    out = [f"{kind} stands twice" for kind in sorted(signer.repeated)]
    for kind in oids.ONLY_ONCE:
        if len(signer.attributes.get(kind, (b"",))) != 1:
            out.append(f"{kind} has not one value")
    stated = _value(signer, oids.CONTENT_TYPE)
    if stated is None or content_type is None:
        out += ["no content type"] if content_type is not None else ["a content type"] if stated else []
    elif (named := _oid(stated)) != content_type:
        out.append(f"content type {named}, not {content_type}")
    if _value(signer, oids.MESSAGE_DIGEST) is None:
        out.append("no digest of the content")
    out += _protection(signer)
    return out if certificate is None else out + _certificate(signer, certificate)


def message_digest(signer: Signer) -> bytes | None:
    """What the attributes say the digest of the content is."""
    raw = _value(signer, oids.MESSAGE_DIGEST)
    reader = Reader(raw or b"")
    return None if raw is None else reader.content(reader.whole(OCTETS))


def signing_time(signer: Signer) -> datetime | None:
    """When the signer says it was; nobody vouches for it."""
    raw = _value(signer, oids.SIGNING_TIME)
    if raw is None:
        return None
    reader = Reader(raw)
    return read_time(reader, reader.parts(0, len(raw))[0])


def passed_off(content: bytes) -> bool:
    """Could these bytes be the signed attributes of another signature?"""
    if content[:1] != b"\x31":
        return False
    try:
        reader = Reader(content, 10_000)
        rows = [reader.inside(row) for row in reader.inside(reader.whole(SET), SET)]
        return any(row and reader.oid(row[0]) == oids.MESSAGE_DIGEST for row in rows)
    except MalformedError:
        return False


def _value(signer: Signer, kind: str) -> bytes | None:
    values = signer.attributes.get(kind, ())
    return values[0] if values else None


def _oid(raw: bytes) -> str:
    reader = Reader(raw)
    return reader.oid(reader.whole(0x06))


def _protection(signer: Signer) -> list[str]:
    """RFC 6211: the algorithms, once more, where nobody can exchange them."""
    raw = _value(signer, oids.ALGORITHM_PROTECTION)
    if raw is None:
        return []
    reader = Reader(raw)
    parts = reader.inside(reader.whole())
    if len(parts) != 2 or parts[1].tag != 0xA1:
        return ["algorithm protection that cannot be read"]
    signature = Reader(b"\x30" + reader.raw(parts[1])[1:])
    same = read_algorithm(reader, parts[0]) == signer.digest
    if same and read_algorithm(signature, signature.whole()) == signer.algorithm:
        return []
    return ["the protected algorithms are others"]


def _certificate(signer: Signer, certificate: Certificate) -> list[str]:
    """RFC 5035: the first certificate named must be the signer's."""
    out = []
    for kind, digest in ((oids.SIGNING_CERTIFICATE, "sha1"), (oids.SIGNING_CERTIFICATE_V2, "sha256")):
        raw = _value(signer, kind)
        if raw is not None and not _names(raw, digest, certificate):
            out.append(f"{kind} names another certificate")
    return out


def _names(raw: bytes, digest: str, certificate: Certificate) -> bool:
    reader = Reader(raw)
    outer = reader.inside(reader.whole())
    first = reader.inside(outer[0]) if outer else []
    parts = reader.inside(first[0]) if first else []
    if parts and parts[0].tag == SEQUENCE:
        digest = digest_name(read_algorithm(reader, parts.pop(0))) or ""
    if not parts or not digest:
        return False
    kept = len(certificate.raw) <= _KEPT
    if reader.content(parts[0], OCTETS) != (_digest if kept else content_digest)(digest, certificate.raw):
        return False
    return len(parts) == 1 or _same_number(reader, parts[1], certificate)


def _same_number(reader: Reader, part: Part, certificate: Certificate) -> bool:
    parts = reader.inside(part)
    if len(parts) != 2:
        return False
    names = [one.value for one in read_general_names(reader, parts[0]) if one.kind == DIRECTORY]
    return names == [certificate.issuer] and reader.integer(parts[1]) == certificate.serial
