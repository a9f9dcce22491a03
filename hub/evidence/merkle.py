"""The Merkle log of RFC 6962 section 2, with a named digest instead of SHA-256.

Only complete subtrees are stored: node (level, place) covers leaves place*2^level up to
(place+1)*2^level. They never change once made, so appending stores each once, and a path or a root
needs O(log n) of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from certs.algorithms.digest import digest

Node = tuple[int, int]
Look = Callable[[Node], bytes]


def leaf(data: bytes, alg: str) -> bytes:
    return digest(b"\x00" + data, alg)


def join(left: bytes, right: bytes, alg: str) -> bytes:
    return digest(b"\x01" + left + right, alg)


def append(leaves: Sequence[bytes], size: int, look: Look, alg: str) -> dict[Node, bytes]:
    """Nodes made complete by putting `leaves` (leaf hashes) behind the first `size`."""
    made: dict[Node, bytes] = {}
    for index, value in enumerate(leaves, size):
        level, place, current = 0, index, value
        made[(0, place)] = current
        while place & 1:
            left = (level, place - 1)
            current = join(made[left] if left in made else look(left), current, alg)
            level, place = level + 1, place >> 1
            made[(level, place)] = current
    return made


def peaks(size: int) -> Iterator[Node]:
    """The complete subtrees a tree of this size consists of, from the left."""
    start = 0
    for level in range(size.bit_length() - 1, -1, -1):
        if size >> level & 1:
            yield level, start >> level
            start += 1 << level


def root(size: int, look: Look, alg: str) -> bytes:
    """Root hash; that of the empty tree is the digest of nothing."""
    found = [look(node) for node in peaks(size)]
    if not found:
        return digest(b"", alg)
    return _fold(found, alg)


def _fold(hashes: Sequence[bytes], alg: str) -> bytes:
    current = hashes[-1]
    for left in reversed(hashes[:-1]):
        current = join(left, current, alg)
    return current


def path(index: int, size: int, look: Look, alg: str) -> list[bytes]:
    """Inclusion path of leaf `index` in the tree of `size`, nearest sibling first."""
    if not 0 <= index < size:
        raise ValueError(f"leaf {index} is not in a tree of {size}")
    tops = list(peaks(size))
    mine = next(at for at, (level, place) in enumerate(tops) if index >> level == place)
    found, place = [], index
    for level in range(tops[mine][0]):
        found.append(look((level, place ^ 1)))
        place >>= 1
    if mine + 1 < len(tops):
        found.append(_fold([look(node) for node in tops[mine + 1 :]], alg))
    found += [look(node) for node in reversed(tops[:mine])]
    return found


def implied_root(
    leaf_hash: bytes, index: int, size: int, siblings: Sequence[bytes], alg: str
) -> bytes | None:
    """The root a path leads to (RFC 9162 section 2.1.3.2); None when it does not fit size and index."""
    if not 0 <= index < size:
        return None
    place, last, current = index, size - 1, leaf_hash
    for sibling in siblings:
        if last == 0:
            return None
        if place & 1 or place == last:
            current = join(sibling, current, alg)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            current = join(current, sibling, alg)
        place, last = place >> 1, last >> 1
    return current if last == 0 else None


def consistency(first: int, second: int, look: Look, alg: str) -> list[bytes]:
    """That the tree of `second` only added to that of `first` (RFC 6962 section 2.1.2)."""
    if not 0 < first <= second:
        raise ValueError(f"no tree of {first} in one of {second}")
    return _kept(first, 0, second, look, alg, whole=True)


def _kept(size: int, low: int, high: int, look: Look, alg: str, *, whole: bool) -> list[bytes]:
    """SUBPROOF(size, D[low:high], whole)."""
    count = high - low
    if size == count:
        return [] if whole else [_over(low, high, look, alg)]
    middle = 1 << (count - 1).bit_length() - 1
    if size <= middle:
        left = _kept(size, low, low + middle, look, alg, whole=whole)
        return [*left, _over(low + middle, high, look, alg)]
    right = _kept(size - middle, low + middle, high, look, alg, whole=False)
    return [*right, _over(low, low + middle, look, alg)]


def _over(low: int, high: int, look: Look, alg: str) -> bytes:
    """The hash over leaves low to high, where `low` is a multiple of the largest subtree in between."""
    return _fold([look((level, (low >> level) + place)) for level, place in peaks(high - low)], alg)


def consistent(
    first: int, first_root: bytes, second: int, second_root: bytes, nodes: Sequence[bytes], alg: str
) -> bool:
    """Does this proof lead from both trees to their roots (RFC 9162 section 2.1.4.2)?"""
    if not 0 < first <= second:
        return False
    if first == second:
        return not nodes and first_root == second_root
    rest = [first_root, *nodes] if first & (first - 1) == 0 else list(nodes)
    if not rest:
        return False
    place, last = first - 1, second - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    old = new = rest[0]
    for node in rest[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            old, new = join(node, old, alg), join(node, new, alg)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            new = join(new, node, alg)
        place, last = place >> 1, last >> 1
    return last == 0 and old == first_root and new == second_root
