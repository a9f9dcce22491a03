"""Two heads of one log: the later only added. RFC 6962's examples, every pair of sizes, every change."""

from __future__ import annotations

import copy
import json

import pytest
from core_kit import Bench
from hypothesis import given, settings
from hypothesis import strategies as st
from test_verification import _ran

from certs.algorithms.digest import digest
from hub.evidence import merkle
from hub.evidence.continuity import compare
from hub.evidence.heads import open_key

ALG = "sm3"


def _log(size: int) -> tuple[list[bytes], merkle.Look]:
    leaves = [merkle.leaf(f"entry {index}".encode(), ALG) for index in range(size)]
    return leaves, merkle.append(leaves, 0, lambda node: b"", ALG).__getitem__


def _defined(leaves: list[bytes]) -> bytes:
    """MTH as RFC 6962 defines it, on leaf hashes."""
    if len(leaves) == 1:
        return leaves[0]
    middle = 1
    while middle * 2 < len(leaves):
        middle *= 2
    return digest(b"\x01" + _defined(leaves[:middle]) + _defined(leaves[middle:]), ALG)


def test_the_examples_of_the_standard():
    """RFC 6962, 2.1.3: PROOF(3, D[7]) = [c, d, g, l], PROOF(4, D[7]) = [l], PROOF(6, D[7]) = [i, j, k]."""
    leaves, look = _log(7)
    c, d = leaves[2], leaves[3]
    g, j = _defined(leaves[0:2]), leaves[6]
    k, m = _defined(leaves[0:4]), _defined(leaves[4:7])
    assert merkle.consistency(3, 7, look, ALG) == [c, d, g, m]
    assert merkle.consistency(4, 7, look, ALG) == [m]
    assert merkle.consistency(6, 7, look, ALG) == [_defined(leaves[4:6]), j, k]


def test_every_pair_of_sizes_and_no_other_root():
    leaves, look = _log(33)
    roots = {size: _defined(leaves[:size]) for size in range(1, 34)}
    for second in range(1, 34):
        for first in range(1, second + 1):
            proof = merkle.consistency(first, second, look, ALG)
            assert merkle.consistent(first, roots[first], second, roots[second], proof, ALG)
            other = digest(b"other", ALG)
            assert not merkle.consistent(first, other, second, roots[second], proof, ALG)
            assert not merkle.consistent(first, roots[first], second, other, proof, ALG)
            assert not merkle.consistent(first, roots[first], second, roots[second], [*proof, other], ALG)
            if proof:
                assert not merkle.consistent(first, roots[first], second, roots[second], proof[:-1], ALG)


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 200), st.data())
def test_a_rewritten_entry_has_no_proof(size, data):
    first = data.draw(st.integers(1, size - 1))
    changed = data.draw(st.integers(0, first - 1))
    leaves, look = _log(size)
    other = [*leaves]
    other[changed] = merkle.leaf(b"rewritten", ALG)
    rewritten = merkle.append(other, 0, lambda node: b"", ALG).__getitem__
    proof = merkle.consistency(first, size, rewritten, ALG)
    before, after = merkle.root(first, look, ALG), merkle.root(size, rewritten, ALG)
    assert not merkle.consistent(first, before, size, after, proof, ALG)


@pytest.mark.parametrize("pair", [(0, 5), (6, 5), (-1, 5)])
def test_sizes_that_cannot_be(pair):
    _, look = _log(5)
    with pytest.raises(ValueError, match="no tree"):
        merkle.consistency(*pair, look, ALG)
    assert not merkle.consistent(*((pair[0], b"", pair[1], b"")), [], ALG)


async def test_heads_that_were_published_only_grew(tmp_path):
    bench = Bench(tmp_path, tsa_url="off")
    hub = await bench.open("T01", by_hand=True)
    assert hub.heads(0)["heads"] == [] and hub.heads(1) is None
    await bench.send(hub, "eng-project")
    await hub.timers.seal()
    await hub.timers.pulse()
    first = json.loads(json.dumps(hub.heads(0)))
    size = first["heads"][-1]["size"]
    assert len(first["heads"]) == 1, "only heads made on time are shown"
    for seed in range(2, 5):
        await bench.send(hub, "eng-project", seed=seed)
        await hub.timers.seal()
        await hub.timers.pulse()
    second = json.loads(json.dumps(hub.heads(size)))
    assert [head["size"] for head in second["heads"]] == sorted(head["size"] for head in second["heads"])
    assert len(second["heads"]) == 3 and second["since"] == size
    verdict = compare(first, second)
    assert verdict.ok and any("只增未改" in claim for claim in verdict.claims), verdict.faults
    assert hub.heads(second["heads"][-1]["size"] + 1) is None
    for between in (1, size + 1, second["heads"][-1]["size"] - 1):
        assert hub.heads(between)["consistency"], (
            "any size gets an answer, whether a head was made there or not"
        )
    again = hub.heads(second["heads"][-1]["size"])
    assert compare(second, json.loads(json.dumps(again))).ok, "nothing new is consistent, too"
    await hub.drain()

    key = open_key(tmp_path / "evidence.key", realm="sandbox")

    def bent(change, *, signed: bool = True):
        copied = copy.deepcopy(second)
        change(copied)
        if signed:
            del copied["sign"]
            copied = key.sign(copied)
        return {code for code, _ in compare(first, copied).faults}

    def forked(document):
        head = {**document["heads"][-1], "root": "ab" * 32}
        del head["sign"]
        document["heads"][-1] = key.sign(head)

    assert bent(lambda d: d["heads"].pop(0), signed=False) == {"heads.signature"}
    assert bent(forked) == {"heads.forked"}, "even when the log's own key signed both"
    assert bent(lambda d: d["consistency"].pop()) == {"heads.forked"}
    assert bent(lambda d: d.update(since=size - 1)) == {"heads.since"}
    assert bent(lambda d: d["heads"][0].update(time="2020-01-01T00:00:00+08:00")) == {"head.signature"}
    assert bent(lambda d: d.update(more=1)) == {"heads.malformed"}
    assert bent(lambda d: d.update(stamp={"head": 1})) == {"heads.malformed"}
    other = open_key(tmp_path / "other.key", realm="sandbox")
    assert "proof.key" in {code for code, _ in compare(first, second, public_pem=other.public_pem).faults}
    for hostile in (None, [], {}, {"format": "hutong-heads/1"}, {**second, "heads": 5}):
        assert not compare(first, hostile).ok and not compare(hostile, second).ok


async def test_the_stamp_of_published_heads_is_checked_as_well(tmp_path, capsys):
    bench = Bench(tmp_path / "data")
    hub = await bench.open("T01", by_hand=True)
    await hub.timers.pulse()
    await hub.timers.stamp()
    first = json.loads(json.dumps(hub.heads(0)))
    await hub.timers.pulse()
    second = json.loads(json.dumps(hub.heads(first["heads"][-1]["size"])))
    await hub.drain()
    assert second["stamp"]["head"] == first["heads"][-1], "the newest stamp, over an earlier head"
    verdict = compare(first, second)
    assert verdict.ok and any("叶不晚于 2026-11-22T09:00:00+08:00" in claim for claim in verdict.claims)
    key = open_key(tmp_path / "data" / "evidence.key", realm="sandbox")
    unstamped = key.sign({name: value for name, value in {**second, "stamp": None}.items() if name != "sign"})
    assert "stamp.missing" in {code for code, _ in compare(first, unstamped).open}
    files = [tmp_path / "old.json", tmp_path / "new.json"]
    for file, document in zip(files, (first, second), strict=True):
        file.write_text(json.dumps(document), "utf-8")
    anchor = tmp_path / "data" / "sandbox-tsa" / "anchor.pem"
    assert _ran("consistency", *files, "--tsa-anchor", anchor) == 0
    assert "只增未改" in capsys.readouterr().out
    assert _ran("consistency", *reversed(files), "--json") == 1
    told = json.loads(capsys.readouterr().out)
    assert not told["ok"] and told["faults"]
