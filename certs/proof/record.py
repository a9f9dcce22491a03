"""EvidenceRecord of RFC 4998 as a frozen view, and its DER.

A chain holds stamps over the same kind of digest, each over the one before; a new chain begins when the
digest grows weak, and covers the objects and everything before anew. What is covered is covered as bytes,
so the view keeps the bytes of every stamp and chain beside what they say.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from certs.algorithms.identifiers import DIGESTS
from certs.model import write as w
from certs.model.certificate import read_algorithm
from certs.model.der import OCTETS, SEQUENCE, MalformedError, Part, Reader
from certs.proof.tree import DEEPEST, WIDEST, Reduced
from certs.timestamp.model import SIZES
from certs.timestamp.request import OIDS

LARGEST, MOST_STAMPS = 1 << 26, 64
_RECORD_VERSION = 1


@dataclass(frozen=True, slots=True)
class ArchiveStamp:
    """One ArchiveTimeStamp. `algorithm` None: the token's own; `token` is a whole ContentInfo."""

    algorithm: str | None
    reduced: Reduced
    token: bytes = field(repr=False)
    raw: bytes = field(repr=False)

    @classmethod
    def of(cls, algorithm: str, reduced: Reduced, token: bytes) -> ArchiveStamp:
        lists = (w.sequence(*map(w.octets, values)) for values in reduced)
        raw = w.sequence(
            w.implicit(0, digest_algorithm(algorithm)),
            w.implicit(2, w.sequence(*lists)) if reduced else b"",
            token,
        )
        return cls(algorithm, reduced, token, raw)


Chain = tuple[ArchiveStamp, ...]


@dataclass(frozen=True, slots=True)
class Record:
    """`chains` oldest first. `digests` are the names listed; what we do not know stands as its number."""

    digests: tuple[str, ...]
    chains: tuple[Chain, ...]
    notes: tuple[str, ...] = ()
    others: tuple[bytes, ...] = field(default=(), repr=False)  # cryptoInfos, encryptionInfo as they came

    @property
    def raw(self) -> bytes:
        digests = w.sequence(*map(digest_algorithm, self.digests))
        return w.sequence(w.integer(_RECORD_VERSION), digests, *self.others, sequence_of(self.chains))


def sequence_of(chains: tuple[Chain, ...]) -> bytes:
    """DER of an ArchiveTimeStampSequence."""
    return w.sequence(*(w.sequence(*(one.raw for one in chain)) for chain in chains))


def digest_algorithm(name: str) -> bytes:
    """Without parameters in all cases, as RFC 5754 and GM/T 0006 have it."""
    return w.algorithm(OIDS.get(name, name))


def read_record(raw: bytes) -> Record:
    """The view of DER; raises MalformedError and nothing else."""
    if len(raw) > LARGEST:
        raise MalformedError("larger than any evidence record")
    reader = Reader(raw, 500_000)
    parts = reader.inside(reader.whole())
    if len(parts) < 3 or reader.integer(parts[0]) != _RECORD_VERSION:
        raise MalformedError("not version 1 of an evidence record")
    others, last = parts[2:-1], parts[-1]
    if [tag for tag in (0xA0, 0xA1) if tag in [one.tag for one in others]] != [one.tag for one in others]:
        raise MalformedError("unknown, repeated or misplaced element")
    if any(one.tag == 0xA1 for one in others):
        # The digests would be over enciphered objects; whom to believe about that is another question.
        raise MalformedError("records over enciphered objects are not read")
    chains = tuple(
        tuple(_stamp(reader, one) for one in reader.inside(chain)) for chain in reader.inside(last)
    )
    if not chains or not all(chains) or sum(map(len, chains)) > MOST_STAMPS:
        raise MalformedError("no stamp, an empty chain, or too many stamps")
    digests = tuple(_name(reader, one) for one in reader.inside(parts[1]))
    if len(digests) > MOST_STAMPS:
        raise MalformedError("too many digests")
    return Record(digests, chains, tuple(reader.notes), tuple(reader.raw(one) for one in others))


def _name(reader: Reader, part: Part, tag: int = SEQUENCE) -> str:
    if part.tag != tag:
        raise MalformedError("an algorithm is expected")
    start = part.start - part.head
    found = read_algorithm(
        Reader(b"\x30" + reader.raw(part)[1:], 100), Part(SEQUENCE, 0, start, part.end - part.head)
    )
    return DIGESTS.get(found.oid, found.oid)


def _stamp(reader: Reader, part: Part) -> ArchiveStamp:
    parts = reader.inside(part)
    tags = [one.tag for one in parts]
    if not parts or tags[-1] != SEQUENCE or [tag for tag in (0xA0, 0xA1, 0xA2) if tag in tags] != tags[:-1]:
        raise MalformedError("not an archive time stamp")
    found = {one.tag: one for one in parts}
    if 0xA1 in found:
        reader.note("attributes-of-an-archive-stamp")
    algorithm = _name(reader, found[0xA0], 0xA0) if 0xA0 in found else None
    reduced = _lists(reader, found[0xA2]) if 0xA2 in found else ()
    return ArchiveStamp(algorithm, reduced, reader.raw(parts[-1]), reader.raw(part))


def _lists(reader: Reader, part: Part) -> Reduced:
    lists = reader.inside(part, 0xA2)
    if not 0 < len(lists) <= DEEPEST:
        raise MalformedError("a hash tree without or with too many lists")
    out = tuple(tuple(reader.content(one, OCTETS) for one in reader.inside(values)) for values in lists)
    if not all(0 < len(values) <= WIDEST for values in out):
        raise MalformedError("an empty or an endless list of digests")
    if len({len(value) for values in out for value in values}) != 1 or len(out[0][0]) not in SIZES.values():
        raise MalformedError("digests of different lengths in one tree")
    return out
