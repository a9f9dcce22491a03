"""What travels between whoever wants a stamp and whoever gives it: request and answer (RFC 3161, 2.4)."""

from __future__ import annotations

from dataclasses import dataclass

from certs.algorithms.identifiers import DIGESTS
from certs.model.der import BITS, SEQUENCE, MalformedError
from certs.timestamp.model import SIZES, Digest, extensions, opened, options, read_imprint


@dataclass(frozen=True, slots=True)
class Request:
    """TimeStampReq."""

    version: int
    algorithm: str
    imprint: Digest | None
    policy: str | None
    nonce: int | None
    wants_certificates: bool
    extensions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Response:
    """TimeStampResp: a status, why not, and the token if there is one."""

    status: int
    texts: tuple[str, ...]
    failures: frozenset[int]
    token: bytes | None


def read_request(raw: bytes) -> Request:
    """TimeStampReq; an imprint whose digest is of an unknown kind or the wrong length is None."""
    reader = opened(raw)
    parts = reader.inside(reader.whole())
    if len(parts) < 2:
        raise MalformedError("not a request")
    oid, value = read_imprint(reader, parts[1])
    name = DIGESTS.get(oid, oid)
    found = options(parts[2:], (0x06, 0x02, 0x01, 0xA0))
    return Request(
        reader.integer(parts[0]),
        name,
        Digest(name, value) if SIZES.get(name) == len(value) else None,
        reader.oid(found[0x06]) if 0x06 in found else None,
        reader.integer(found[0x02]) if 0x02 in found else None,
        reader.boolean(found[0x01]) if 0x01 in found else False,
        extensions(reader, found[0xA0], critical=False) if 0xA0 in found else (),
    )


def read_response(raw: bytes) -> Response:
    """TimeStampResp."""
    reader = opened(raw)
    parts = reader.inside(reader.whole())
    if not 1 <= len(parts) <= 2:
        raise MalformedError("not a response")
    status = reader.inside(parts[0])
    if not status:
        raise MalformedError("a response without status")
    found = options(status[1:], (SEQUENCE, BITS))
    texts = [reader.content(one, 0x0C) for one in reader.inside(found[SEQUENCE])] if SEQUENCE in found else []
    return Response(
        reader.integer(status[0]),
        tuple(text.decode("utf-8", "replace")[:200] for text in texts[:8]),
        reader.flags(found[BITS]) if BITS in found else frozenset(),
        reader.raw(parts[1]) if len(parts) == 2 else None,
    )
