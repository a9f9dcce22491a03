"""A proof stands alone: made by the hub, checked without it, broken by any change."""

from __future__ import annotations

import argparse
import base64
import copy
import json
from itertools import pairwise

import pytest
from core_kit import CENTRE, Bench, until
from hypothesis import given
from hypothesis import strategies as st

from hub.engine import Reader
from hub.evidence import cli
from hub.evidence.heads import HeadKey, open_key
from hub.evidence.sealer import BLOCK
from hub.evidence.verify import verify

T01 = Reader("T01")


async def _proved(bench, hub):
    for seed in range(2, 6):
        await bench.send(hub, "eng-project", seed=seed)
    raw = bench.signed(bench.record("eng-project"))
    hub_id = (await hub.submit(raw)).data["hubId"]
    await until(lambda: hub.trace(T01, hub_id)["state"] == "delivered")
    assert hub.proof(T01, hub_id) is None, "not before a head covers it"
    await hub.timers.seal()
    return raw, hub_id, hub.proof(T01, hub_id)


async def test_a_proof_covers_the_message_and_every_attempt(tmp_path):
    bench = Bench(tmp_path)
    hub = await bench.open("T01", by_hand=True)
    raw, hub_id, proof = await _proved(bench, hub)
    verdict = verify(json.loads(json.dumps(proof)), original=raw)
    assert verdict.ok, verdict.faults
    told = len(hub.trace(T01, hub_id)["deliveries"])
    assert told >= 2
    assert len(proof["entries"]) == 1 + 2 * told, "the message, an attempt and an outcome for each receiver"
    assert sum("次投递:delivered" in claim for claim in verdict.claims) == told
    assert any("逐字节一致" in claim for claim in verdict.claims)
    assert base64.b64decode(proof["entries"][0]["raw"]) == raw
    assert "raw" not in hub.proof(CENTRE, hub_id)["entries"][0], "the bytes are the sender's"
    assert hub.proof(Reader("T03"), hub_id) is None
    assert hub.trace(T01, hub_id)["evidence"]["head"]["alg"] == "sm3"
    await hub.drain()
    verdict = verify(proof, public_pem=open_key(tmp_path / "evidence.key", realm="sandbox").public_pem)
    assert verdict.ok


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "format",
                        "head",
                        "entries",
                        "subject",
                        "publicKey",
                        "path",
                        "entry",
                        "leafIndex",
                        "size",
                        "root",
                        "alg",
                        "sign",
                    ]
                ),
                inner,
                max_size=4,
            )
        ),
        max_leaves=8,
    )
)
def test_no_document_makes_the_check_stumble(value):
    assert not verify(value).ok
    if isinstance(value, dict):
        assert not verify({**value, "format": "hutong-proof/1"}).ok


async def test_any_change_is_found(tmp_path):
    bench = Bench(tmp_path)
    hub = await bench.open("T01", by_hand=True)
    raw, _, proof = await _proved(bench, hub)
    await hub.drain()

    def bent(change):
        copied = copy.deepcopy(proof)
        change(copied)
        found = {code for code, _ in verify(copied).faults}
        assert "proof.signature" in found or "proof.malformed" in found, "the whole is signed as well"
        return found - {"proof.signature"}

    def edit(document):
        entry = json.loads(base64.b64decode(document["entries"][0]["entry"]))
        entry["from"] = "T09"
        document["entries"][0]["entry"] = base64.b64encode(json.dumps(entry).encode()).decode()

    def foreign_bytes(document):
        document["entries"][0]["raw"] = base64.b64encode(raw + b" ").decode()

    assert bent(edit) == {"entry.path", "entry.subject", "proof.empty"}
    assert bent(foreign_bytes) == {"raw.digest"}
    assert bent(lambda d: d["head"].update(size=d["head"]["size"] + 1)) >= {"head.signature"}
    assert bent(lambda d: d["head"].update(root="00" * 32)) >= {"head.signature", "entry.path"}
    assert bent(lambda d: d["subject"].update(hubId="x")) >= {"entry.subject", "proof.empty"}
    assert bent(lambda d: d["entries"][1]["path"].reverse()) >= {"entry.path"}
    assert bent(lambda d: d["head"].update(alg="md5")) == {"head.signature", "proof.malformed"}
    assert bent(lambda d: d.pop("entries")) == {"proof.malformed"}
    assert {code for code, _ in verify(proof, original=raw + b" ").faults} == {"raw.differs"}
    other = open_key(tmp_path / "other.key", realm="sandbox")
    assert isinstance(other, HeadKey)
    faults = {code for code, _ in verify(proof, public_pem=other.public_pem).faults}
    assert faults == {"proof.key", "proof.signature", "head.signature"}
    for hostile in (None, [], "x", {"format": "hutong-proof/1"}, 5):
        assert not verify(hostile).ok


async def test_sealing_says_nothing_new_twice_and_never_how_many(tmp_path):
    bench = Bench(tmp_path)
    hub = await bench.open("T01", by_hand=True)
    await hub.timers.seal()
    await hub.timers.pulse()
    await until(lambda: len(bench.transport.got["B01"]) == 1)
    for _ in range(3):
        await hub.timers.seal()
    assert len(bench.transport.got["B01"]) == 1, "a head and its own delivery are no news"
    await bench.send(hub, "eng-tender-project")
    await hub.timers.seal()
    await hub.timers.pulse()
    await until(lambda: len(bench.transport.got["B01"]) == 2)
    await hub.timers.pulse()
    await until(lambda: len(bench.transport.got["B01"]) == 3)
    said = bench.transport.got["B01"][-1]
    assert said["message"] == "chain.put" and said["stage"] == ""
    assert set(said["fields"]) == {"businessId", "digest", "digestAlgorithm", "digestTime", "stage"}
    assert (said["fields"]["stage"], said["fields"]["digestAlgorithm"]) == ("evidence-head", "01")
    sizes = [row[0] for row in hub._parts.store.connection.execute("SELECT size FROM tree ORDER BY size")]
    kinds = [
        json.loads(row[0])["kind"] for row in hub._parts.store.connection.execute("SELECT head FROM entry")
    ]
    assert kinds.count("padding") > 0 and len(sizes) == 5
    planned = hub._parts.store.connection.execute("SELECT count(*) FROM delivery WHERE receiver = 'B01'")
    assert planned.fetchone()[0] == 3, "the chain gets what was made on time, whatever was going on"
    await hub.drain()


async def test_what_is_published_grows_alike_with_and_without_news(tmp_path):
    """A few sealed records a pulse are not seen in the sizes of the heads that everybody may read."""
    bench = Bench(tmp_path)
    hub = await bench.open("T01", by_hand=True)
    sizes = []
    for news in (0, 0, 3, 0, 2):
        for _ in range(news):
            await bench.send(hub, "eng-tender-project")
            await hub.timers.seal()
        await hub.timers.pulse()
        sizes.append(hub._parts.index.tree().size)
    assert [size % BLOCK for size in sizes] == [0] * 5
    assert {later - before for before, later in pairwise(sizes)} == {BLOCK}
    await hub.drain()


async def test_an_event_of_the_desk_can_be_proved(tmp_path):
    bench = Bench(tmp_path)
    hub = await bench.open(by_hand=True)
    hub_id = await hub.record_event("onboarding.approve", {"system": "T01", "state": "online"})
    await hub.timers.seal()
    assert verify(hub.proof(CENTRE, hub_id)).ok
    assert verify(hub.proof(T01, hub_id)).ok
    assert hub.proof(Reader("public"), hub_id) is None and hub.proof(Reader("T03"), hub_id) is None
    await hub.drain()


async def test_the_command_checks_a_file(tmp_path, capsys):
    bench = Bench(tmp_path / "data")
    hub = await bench.open("T01", by_hand=True)
    raw, _, proof = await _proved(bench, hub)
    await hub.drain()
    (tmp_path / "proof.json").write_text(json.dumps(proof), "utf-8")
    (tmp_path / "raw.json").write_bytes(raw)
    parser = argparse.ArgumentParser()
    cli.configure(parser)
    words = ["verify", str(tmp_path / "proof.json"), "--message", str(tmp_path / "raw.json")]
    assert cli.run(parser.parse_args(words)) == 0
    assert "核验通过" in capsys.readouterr().out
    assert cli.run(parser.parse_args([*words, "--json"])) == 0
    assert json.loads(capsys.readouterr().out)["ok"] is True
    (tmp_path / "proof.json").write_text("{}", "utf-8")
    assert cli.run(parser.parse_args(words)) == 1


def test_production_does_not_make_its_own_key(tmp_path):
    from hub.errors import SettingsError

    with pytest.raises(SettingsError):
        open_key(tmp_path / "evidence.key", realm="production")
