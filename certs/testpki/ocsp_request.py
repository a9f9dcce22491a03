"""An OCSP request as a responder reads it: what is asked about, and with which nonce."""

from __future__ import annotations

from typing import NamedTuple

from certs.algorithms.identifiers import DIGESTS
from certs.model import write as w
from certs.model.certificate import read_algorithm
from certs.model.der import OCTETS, SEQUENCE, MalformedError, Part, Reader
from certs.model.extensions import read_extensions
from certs.model.ocsp import NONCE

HASHES = {"sha1": "1.3.14.3.2.26", "sha256": "2.16.840.1.101.3.4.2.1", "sm3": "1.2.156.10197.1.401"}
_LARGEST = 1 << 16


class Asked(NamedTuple):
    """One certificate asked about: its CertID, and what is in it."""

    about: bytes
    kind: str
    hash_algorithm: bytes
    serial: int


def read_request(raw: bytes) -> tuple[list[Asked], bytes]:
    """What an OCSPRequest asks about, and its nonce; raises MalformedError. A signature is not looked at."""
    if len(raw) > _LARGEST:
        raise MalformedError("larger than any request")
    reader = Reader(raw, 2000)
    request = _first(reader, reader.whole())
    inner = [part for part in reader.inside(request) if part.tag != 0xA0]
    lists = [part for part in inner if part.tag == SEQUENCE]
    asked = [_asked(reader, _first(reader, row)) for one in lists[:1] for row in reader.inside(one)]
    nonce = b""
    for part in inner:
        if part.tag == 0xA2:
            wrapped = reader.parts(part.start, part.end)
            stated = read_extensions(reader, wrapped[0]).values if wrapped else {}
            nonce = _inner_octets(stated.get(NONCE, b""))
    if not asked:
        raise MalformedError("a request that asks nothing")
    return asked, nonce


def _first(reader: Reader, part: Part) -> Part:
    parts = reader.inside(part)
    if not parts:
        raise MalformedError("nothing inside")
    return parts[0]


def _asked(reader: Reader, about: Part) -> Asked:
    """A CertID, written anew from what was read, so that nothing odd is echoed."""
    parts = reader.inside(about)
    if len(parts) != 4:
        raise MalformedError("not a certificate's identity")
    read = read_algorithm(reader, parts[0])
    kind = DIGESTS.get(read.oid, "")
    if kind not in HASHES or read.parameters not in (None, w.NULL):
        raise MalformedError("hashed in a way that is not known here")
    algorithm = w.algorithm(read.oid, read.parameters or b"")
    name, key = (w.octets(reader.content(part, OCTETS)) for part in parts[1:3])
    serial = reader.integer(parts[3])
    return Asked(w.sequence(algorithm, name, key, w.integer(serial)), kind, algorithm, serial)


def _inner_octets(stated: bytes) -> bytes:
    if not stated:
        return b""
    reader = Reader(stated, 10)
    return reader.content(reader.whole(OCTETS))
