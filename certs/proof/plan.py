"""Making and renewing evidence records: first what is to be stamped, then the records that come of the stamp.

No network here: a plan names the digest that a time-stamp service is to be asked for; the token it gives
makes the records. One stamp carries any number of objects, in renewals too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from certs.model.der import MalformedError, Reader
from certs.proof.record import ArchiveStamp, Record, sequence_of
from certs.proof.stamps import info_of
from certs.proof.tree import Reduced, digest, grow
from certs.timestamp.messages import read_response
from certs.timestamp.model import Digest


@dataclass(frozen=True, slots=True)
class Plan:
    """`root` is what the next stamp has to be about; `completed` turns that stamp into the records."""

    root: Digest
    bases: tuple[Record, ...] = field(repr=False)
    leaves: tuple[bytes, ...] = field(repr=False)
    trees: dict[bytes, Reduced] = field(repr=False)
    new_chain: bool

    def completed(self, token: bytes) -> tuple[Record, ...]:
        """The records, in the order of what was asked for. `token` may be the whole response."""
        bare = _bare(token)
        return tuple(self._one(base, leaf, bare) for base, leaf in zip(self.bases, self.leaves, strict=True))

    def _one(self, base: Record, leaf: bytes, token: bytes) -> Record:
        name = self.root.algorithm
        stamp = ArchiveStamp.of(name, self.trees[leaf], token)
        chains = (
            (*base.chains, (stamp,)) if self.new_chain else (*base.chains[:-1], (*base.chains[-1], stamp))
        )
        return replace(base, digests=tuple(dict.fromkeys((*base.digests, name))), chains=chains)


def first_stamp(objects: Sequence[bytes], algorithm: str = "sm3") -> Plan:
    """The beginning (4.2): every object's digest is a leaf."""
    leaves = [digest(data, algorithm) for data in objects]
    return _plan([Record((), ())] * len(leaves), leaves, algorithm, new_chain=True)


def renew_stamp(records: Sequence[Record]) -> Plan:
    """Before a stamp's certificate ends or its signature grows weak (5.2): a new stamp over the newest.

    All records are of one digest. Put the validation data of the newest stamp into it first (`completing`):
    only what is covered by the new stamp can be believed later.
    """
    names = {algorithm_of(record.chains[-1][-1]) for record in records}
    if len(names) != 1:
        raise ValueError("records of different digests are renewed apart")
    name = names.pop()
    leaves = [digest(record.chains[-1][-1].token, name) for record in records]
    return _plan(records, leaves, name, new_chain=False)


def renew_tree(records: Sequence[Record], objects: Sequence[bytes], algorithm: str) -> Plan:
    """Before a digest grows weak (5.2): objects and everything before are digested anew, in a new chain."""
    leaves = [
        renewed_leaf(record.chains, data, algorithm) for record, data in zip(records, objects, strict=True)
    ]
    return _plan(records, leaves, algorithm, new_chain=True)


def renewed_leaf(chains: tuple[tuple[ArchiveStamp, ...], ...], data: bytes, algorithm: str) -> bytes:
    """h(i)' of 5.2: the object's digest, then that of the sequence so far; the order is not by value."""
    return digest(digest(data, algorithm) + digest(sequence_of(chains), algorithm), algorithm)


def algorithm_of(stamp: ArchiveStamp) -> str:
    """The digest of a stamp's tree: named, or that of the token's imprint (4.1)."""
    if stamp.algorithm is not None:
        return stamp.algorithm
    return info_of(stamp.token).imprint.algorithm


def _plan(records: Sequence[Record], leaves: Sequence[bytes], algorithm: str, *, new_chain: bool) -> Plan:
    value, trees = grow(leaves, algorithm)
    return Plan(Digest(algorithm, value), tuple(records), tuple(leaves), trees, new_chain)


def _bare(token: bytes) -> bytes:
    reader = Reader(token, 2_000_000)
    first = reader.inside(reader.whole())
    if first and first[0].tag == 0x06:
        return token
    found = read_response(token).token
    if found is None:
        raise MalformedError("a response without a stamp")
    return found
