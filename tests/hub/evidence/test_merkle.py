"""The Merkle log against the definition of RFC 6962, and against tampering."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.evidence import merkle


def naive_root(leaves: list[bytes]) -> bytes:
    """RFC 6962 section 2.1, word for word, on SHA-256."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return hashlib.sha256(b"\x01" + naive_root(leaves[:k]) + naive_root(leaves[k:])).digest()


def grown(data: list[bytes], cuts: list[int], alg: str = "sha256"):
    """The stored nodes after appending in groups."""
    nodes: dict[merkle.Node, bytes] = {}
    done = 0
    for cut in [*sorted(cut % (len(data) + 1) for cut in cuts), len(data)]:
        hashes = [merkle.leaf(one, alg) for one in data[done:cut]]
        nodes |= merkle.append(hashes, done, nodes.__getitem__, alg)
        done = max(done, cut)
    return nodes


DATA = st.lists(st.binary(max_size=8), min_size=1, max_size=70)


@given(DATA, st.lists(st.integers(0, 80), max_size=5))
def test_root_equals_the_definition_however_it_grew(data, cuts):
    nodes = grown(data, cuts)
    for size in {0, 1, len(data) // 2, len(data)}:
        assert merkle.root(size, nodes.__getitem__, "sha256") == naive_root(data[:size])


@settings(max_examples=60)
@given(DATA, st.data())
def test_every_leaf_has_a_path_and_no_other_leaf_fits_it(data, draw):
    nodes = grown(data, [3, 17], "sm3")
    size = draw.draw(st.integers(1, len(data)))
    index = draw.draw(st.integers(0, size - 1))
    root = merkle.root(size, nodes.__getitem__, "sm3")
    path = merkle.path(index, size, nodes.__getitem__, "sm3")
    mine = merkle.leaf(data[index], "sm3")
    assert merkle.implied_root(mine, index, size, path, "sm3") == root
    assert len(path) <= size.bit_length()
    assert merkle.implied_root(merkle.leaf(data[index] + b"!", "sm3"), index, size, path, "sm3") != root
    for at in range(len(path)):
        bent = [*path[:at], bytes(32), *path[at + 1 :]]
        assert merkle.implied_root(mine, index, size, bent, "sm3") != root
    assert merkle.implied_root(mine, index, size, [*path, bytes(32)], "sm3") != root
    if path:
        assert merkle.implied_root(mine, index, size, path[:-1], "sm3") != root
    for other in {0, size - 1, index + 1} - {index}:
        if data[other % len(data)] != data[index]:
            assert merkle.implied_root(mine, other, size, path, "sm3") != root


def test_a_path_needs_few_nodes():
    data = [b"%d" % n for n in range(5000)]
    nodes, asked = grown(data, []), []

    def look(node):
        asked.append(node)
        return nodes[node]

    merkle.path(1234, 5000, look, "sha256")
    assert len(asked) <= 26


def test_no_path_outside_the_tree():
    with pytest.raises(ValueError):
        merkle.path(3, 3, {}.__getitem__, "sm3")
    assert merkle.implied_root(bytes(32), 3, 3, [], "sm3") is None
