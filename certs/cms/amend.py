"""Adding to signed data what no signature covers: time stamps, countersignatures, certificates, lists.

What is signed stays byte for byte: a signature must not break because a proof was added to it.
"""

from __future__ import annotations

from collections.abc import Sequence

from certs.cms.read import read_signed
from certs.model import write as w
from certs.model.armour import unwrapped
from certs.model.der import SET, Part, Reader


def with_unsigned(data: bytes, number: int, kind: str, *values: bytes) -> bytes:
    """The message with one more unsigned attribute on one signer (from 0); values are whole elements.

    Raises MalformedError for what is not signed data, IndexError for a signer who is not there.
    """
    reader, parts = _parts(data)
    rows = [reader.raw(part) for part in reader.inside(parts[-1], SET)]
    one = Reader(rows[number])
    fields = one.inside(one.whole())
    present: list[bytes] = []
    if fields[-1].tag == 0xA1:
        present = [one.raw(part) for part in one.inside(fields.pop(), 0xA1)]
    present.append(w.sequence(w.oid(kind), w.set_of(*values)))
    kept = one.buf[fields[0].head : fields[-1].end]
    rows[number] = w.sequence(kept, w.implicit(1, w.set_of(*present)))
    signers = w.element(SET, *rows)  # in their old order: who counts signers shall find the same ones
    return _wrapped(reader, [*(reader.raw(part) for part in parts[:-1]), signers])


def with_certificates(data: bytes, certificates: Sequence[bytes], crls: Sequence[bytes] = ()) -> bytes:
    """The message with more certificates and lists, those already there kept."""
    reader, parts = _parts(data)
    middle = {
        part.tag: [reader.raw(one) for one in reader.parts(part.start, part.end)] for part in parts[3:-1]
    }
    out = [reader.raw(part) for part in parts[:3]]
    for tag, more in ((0xA0, certificates), (0xA1, crls)):
        rows = {*middle.get(tag, ()), *more}
        out.append(w.implicit(tag & 31, w.set_of(*rows)) if rows else b"")
    return _wrapped(reader, [*out, reader.raw(parts[-1])])


def _parts(data: bytes) -> tuple[Reader, list[Part]]:
    read_signed(data)
    reader = Reader(unwrapped(data)[0], 20_000)
    outer = reader.inside(reader.whole())
    return reader, reader.inside(reader.inside(outer[1], 0xA0)[0])


def _wrapped(reader: Reader, parts: list[bytes]) -> bytes:
    kind = reader.inside(reader.whole())[0]
    return w.sequence(reader.raw(kind), w.explicit(0, w.sequence(*parts)))
