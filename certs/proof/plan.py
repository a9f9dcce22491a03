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
from certs.proof.tree import Group, Reduced, digest, digests_of, grow, node
from certs.timestamp.messages import read_response
from certs.timestamp.model import Digest


@dataclass(frozen=True, slots=True)
class Plan:
    """`root` is what the next stamp has to be about; `completed` turns that stamp into the records."""

    root: Digest
    bases: tuple[Record, ...] = field(repr=False)
    trees: tuple[Reduced, ...] = field(repr=False)
    new_chain: bool

    def completed(self, token: bytes) -> tuple[Record, ...]:
        """The records, in the order of what was asked for. `token` may be the whole response; one that is
        no stamp raises MalformedError, one about something else ValueError. Whether to believe it is not
        asked here (`verify_timestamp`)."""
        bare = _bare(token)
        if info_of(bare).imprint != self.root:
            raise ValueError("this stamp is about something else than the plan's root")
        return tuple(self._one(base, tree, bare) for base, tree in zip(self.bases, self.trees, strict=True))

    def _one(self, base: Record, tree: Reduced, token: bytes) -> Record:
        name = self.root.algorithm
        stamp = ArchiveStamp.of(name, tree, token)
        chains = (
            (*base.chains, (stamp,)) if self.new_chain else (*base.chains[:-1], (*base.chains[-1], stamp))
        )
        return replace(base, digests=tuple(dict.fromkeys((*base.digests, name))), chains=chains)


def first_stamp(objects: Sequence[Group], algorithm: str = "sm3") -> Plan:
    """The beginning (4.2): every object's digest is a leaf, or that of a group of objects."""
    groups = [digests_of(data, algorithm) for data in objects]
    leaves = [node(found, algorithm) for found in groups]
    plan = _plan([Record((), ())] * len(leaves), leaves, algorithm, new_chain=True)
    trees = tuple(
        tree if len(found) == 1 else (tuple(sorted(found)), *tree[1:])
        for found, tree in zip(groups, plan.trees, strict=True)
    )
    return replace(plan, trees=trees)


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


def renew_tree(records: Sequence[Record], objects: Sequence[Group], algorithm: str) -> Plan:
    """Before a digest grows weak (5.2): objects and everything before are digested anew, in a new chain."""
    leaves = [
        renewed_leaf(record.chains, data, algorithm) for record, data in zip(records, objects, strict=True)
    ]
    return _plan(records, leaves, algorithm, new_chain=True)


def renewed_leaf(chains: tuple[tuple[ArchiveStamp, ...], ...], data: Group, algorithm: str) -> bytes:
    """h(i)' of 5.2: the object's digest, then that of the sequence so far; the order is not by value."""
    found = node(digests_of(data, algorithm), algorithm)
    return digest(found + digest(sequence_of(chains), algorithm), algorithm)


def algorithm_of(stamp: ArchiveStamp) -> str:
    """The digest of a stamp's tree: named, or that of the token's imprint (4.1)."""
    if stamp.algorithm is not None:
        return stamp.algorithm
    return info_of(stamp.token).imprint.algorithm


def _plan(records: Sequence[Record], leaves: Sequence[bytes], algorithm: str, *, new_chain: bool) -> Plan:
    value, trees = grow(leaves, algorithm)
    return Plan(Digest(algorithm, value), tuple(records), tuple(trees[leaf] for leaf in leaves), new_chain)


def _bare(token: bytes) -> bytes:
    reader = Reader(token, 2_000_000)
    first = reader.inside(reader.whole())
    if first and first[0].tag == 0x06:
        return token
    found = read_response(token).token
    if found is None:
        raise MalformedError("a response without a stamp")
    return found
