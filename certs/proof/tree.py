"""Hash trees of RFC 4998, 4.2 and 4.3: many objects under one time stamp, each provable without the others.

A node is the digest of its children's values in ascending order, so a proof needs no left and right. The
standard keeps leaves and nodes not apart; whoever proves a pair of digests proves nothing but that pair.
"""

from __future__ import annotations

from collections.abc import Sequence

from certs.timestamp.model import Digest

Reduced = tuple[tuple[bytes, ...], ...]
DEEPEST, WIDEST = 64, 4096


def digest(data: bytes, algorithm: str) -> bytes:
    """By a name of `certs.timestamp.model.SIZES`; another name is a ValueError."""
    return Digest.of(data, algorithm).value


def node(values: Sequence[bytes], algorithm: str) -> bytes:
    """One value stands for itself (as Bouncy Castle and DSS read it); several are sorted and digested."""
    return values[0] if len(values) == 1 else digest(b"".join(sorted(values)), algorithm)


# One object, or several that belong together: a document with its attachments.
Group = bytes | Sequence[bytes]


def digests_of(data: Group, algorithm: str) -> tuple[bytes, ...]:
    return tuple(digest(one, algorithm) for one in ((data,) if isinstance(data, bytes) else data))


def led(data: Group, reduced: Reduced, algorithm: str) -> bytes | None:
    """Where the lists lead from these objects. The first list of several names them all, and no other."""
    found = digests_of(data, algorithm)
    if len(found) == 1:
        return root(found[0], reduced, algorithm)
    if not reduced or set(reduced[0]) != set(found):
        return None
    return root(found[0], reduced, algorithm)


def grow(leaves: Sequence[bytes], algorithm: str) -> tuple[bytes, dict[bytes, Reduced]]:
    """The root, and for every leaf the lists that lead from it to the root; none if it is the root."""
    level = list(dict.fromkeys(leaves))
    if not level:
        raise ValueError("a tree without leaves")
    below: list[list[bytes]] = [[leaf] for leaf in level]
    lists: dict[bytes, list[tuple[bytes, ...]]] = {leaf: [] for leaf in level}
    while len(level) > 1:
        upper, covered = [], []
        for at in range(0, len(level), 2):
            pair = level[at : at + 2]
            upper.append(node(pair, algorithm))
            covered.append([leaf for leaves in below[at : at + 2] for leaf in leaves])
            for side, other in ((0, 1), (1, 0)) if len(pair) == 2 else ():
                for leaf in below[at + side]:
                    lists[leaf].append((pair[other],))
        level, below = upper, covered
    # The leaf stands alone in its first list, so that its record proves no neighbour.
    return level[0], {leaf: ((leaf,), *found) if found else () for leaf, found in lists.items()}


def root(leaf: bytes, reduced: Reduced, algorithm: str) -> bytes | None:
    """Where the lists lead from this leaf; None if it is not in the first list. No lists: the leaf."""
    if not reduced:
        return leaf
    if leaf not in reduced[0]:
        return None
    value = node(reduced[0], algorithm)
    for values in reduced[1:]:
        value = node((*values, value), algorithm)
    return value
