"""Validation data put where the next stamp will cover them: into the token of the newest one (RFC 4998, 5.2).

What a token carries beside what was signed (certificates, lists, answers) is not signed, so it can grow;
and the renewal digests the whole token, so what stands in it then cannot be exchanged later.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from certs.cms import oids
from certs.model import write as w
from certs.model.certificate import read_certificate
from certs.model.crl import Crl, read_crl
from certs.model.der import MalformedError, Reader
from certs.proof.record import ArchiveStamp, Record
from certs.trust import Trust

_MOST_LISTS, _MOST_ANSWERS = 60, 40


@dataclass(frozen=True, slots=True)
class Data:
    """Certificates, revocation lists and OCSP answers, DER."""

    certificates: tuple[bytes, ...] = field(default=(), repr=False)
    crls: tuple[bytes, ...] = field(default=(), repr=False)
    ocsp: tuple[bytes, ...] = field(default=(), repr=False)


def gathered(trust: Trust, chains: Sequence[Sequence[bytes]], at: datetime) -> Data:
    """Of what `trust` has at hand, what speaks at that moment; first what is about these chains.

    Lists of others are kept too, as far as there is room: a stamp inside may need them, or a seal's maker.
    """
    chain = tuple(dict.fromkeys(raw for one in chains for raw in one))
    names = [read_certificate(raw).subject for raw in chain]
    lists = [(raw, _list(raw)) for raw in trust.crls]
    current = [
        (raw, crl.issuer in names)
        for raw, crl in lists
        if crl is not None and crl.next_update is not None and crl.this_update <= at <= crl.next_update
    ]
    kept = [raw for raw, own in current if own] + [raw for raw, own in current if not own]
    return Data(chain, tuple(kept[:_MOST_LISTS]), trust.ocsp[:_MOST_ANSWERS])


def _list(raw: bytes) -> Crl | None:
    try:
        return read_crl(raw)
    except MalformedError:
        return None


def with_data(token: bytes, data: Data) -> bytes:
    """The same token with more in its open part; what is signed stays byte for byte."""
    reader = Reader(token, 2_000_000)
    outer = reader.inside(reader.whole())
    inner = reader.inside(outer[1], 0xA0) if len(outer) == 2 else []
    parts = reader.inside(inner[0]) if len(inner) == 1 else []
    if len(parts) < 4:
        raise MalformedError("not signed data")
    open_parts = {part.tag: part for part in parts[3:-1]}
    if not set(open_parts) <= {0xA0, 0xA1}:
        raise MalformedError("not signed data")
    held = {
        tag: {reader.raw(one) for one in reader.parts(part.start, part.end)}
        for tag, part in open_parts.items()
    }
    certificates = held.get(0xA0, set()) | set(data.certificates)
    answers = {w.implicit(1, w.sequence(w.oid(oids.OCSP_RESPONSE), raw)) for raw in data.ocsp}
    revocation = held.get(0xA1, set()) | set(data.crls) | answers
    version = reader.raw(parts[0]) if not answers else w.integer(5)  # RFC 5652, 5.1
    body = w.sequence(
        version, *(reader.raw(part) for part in parts[1:3]), _context(0, certificates),
        _context(1, revocation), reader.raw(parts[-1]),
    )  # fmt: skip
    return w.sequence(reader.raw(outer[0]), w.explicit(0, body))


def _context(number: int, parts: set[bytes]) -> bytes:
    return w.implicit(number, w.set_of(*parts)) if parts else b""


def completed(record: Record, data: Data) -> Record:
    """The record with the data in its newest stamp, which nothing covers yet."""
    stamp = record.chains[-1][-1]
    token = with_data(stamp.token, data)
    content = Reader(stamp.raw)
    whole = content.whole()
    before = stamp.raw[whole.start : whole.end - len(stamp.token)]
    newest = ArchiveStamp(stamp.algorithm, stamp.reduced, token, w.sequence(before, token))
    return replace(record, chains=(*record.chains[:-1], (*record.chains[-1][:-1], newest)))
