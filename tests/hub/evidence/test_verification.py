"""A proof on another machine: every clause, every byte, and what is not proved is said."""

from __future__ import annotations

import argparse
import base64
import copy
import json
import subprocess
import sys

import pytest
from core_kit import CENTRE, NOW, Bench, until
from stamp_kit import Tsa, stamped_hub, ticking

from certs.model.certificate import read_certificate
from hub.engine import Reader
from hub.evidence import cli
from hub.evidence.heads import open_key
from hub.evidence.stamp_check import Anchors
from hub.evidence.verify import Given, read, verify, verify_with

T01 = Reader("T01")


async def _delivered(bench, hub, **more):
    answer = await bench.send(hub, "eng-project", **more)
    await until(lambda: hub.trace(T01, answer.data["hubId"])["state"] == "delivered")
    return answer.data


async def _proved(folder, **settings):
    """A proof with its time stamp, the key it can be checked by, and the authority."""
    tsa = Tsa(lambda: NOW)
    bench, hub = await stamped_hub(folder, tsa, **settings)
    receipt = await _delivered(bench, hub)
    await hub.timers.pulse()
    await hub.timers.stamp()
    proof = json.loads(json.dumps(hub.proof(T01, receipt["hubId"])))
    await hub.drain()
    await tsa.down()
    key = open_key(folder / "data" / "evidence.key", realm="sandbox")
    return proof, key, tsa, receipt


def _opened(verdict) -> set[str]:
    return {code for code, _ in verdict.open}


async def test_all_clauses_of_a_stamped_proof(tmp_path):
    proof, key, tsa, receipt = await _proved(tmp_path)
    root = tsa.root.key.certificate
    verdict = verify_with(proof, Given(key.public_pem, anchors=Anchors((root,)), now=NOW))
    assert verdict.ok and _opened(verdict) == {"raw.unseen", "tsa.sandbox"}, (verdict.faults, verdict.open)
    said = "\n".join(verdict.claims)
    for words in ("一字未改", "树头(", "验签受理", "第 1 次投递已开始", "投递:delivered", "回执(accepted",
                  "时间戳由", "不晚于 2026-11-22T09:00:00+08:00"):  # fmt: skip
        assert words in said, words
    assert proof["receipt"] == {name: value for name, value in receipt.items() if name != "sign"}
    bare = verify(proof)
    assert bare.ok and {"key.unconfirmed", "tsa.unconfirmed"} <= _opened(bare)
    stranger = Anchors((tsa.stranger.chain[0],))
    assert [code for code, _ in verify_with(proof, Given(anchors=stranger)).faults] == ["stamp.invalid"]
    ended = read_certificate(tsa.key.certificate).not_after.replace(year=2031)
    late = verify_with(proof, Given(anchors=Anchors((root,)), now=ended))
    assert late.ok and "tsa.ended" in _opened(late), "still holds on what was kept, and says what to do"


async def test_a_flipped_byte_anywhere_is_found(tmp_path):
    """Over the whole file; the same value written otherwise (white space) is no change."""
    proof, *_ = await _proved(tmp_path)
    text = json.dumps(proof, ensure_ascii=False, separators=(",", ":")).encode()
    step = max(1, len(text) // 900)
    for at in range(0, len(text), step):
        for bit in (0x01, 0x20):
            bent = bytearray(text)
            bent[at] ^= bit
            document = read(bent.decode("utf-8", "replace"))
            assert not verify(document).ok, (at, bytes(text[at - 20 : at + 20]))


PARTS = {
    "entry.path": lambda d: d["entries"][0]["path"].__setitem__(0, "00" * 32),
    "raw.digest": lambda d: d["entries"][0].update(raw=d["entries"][0]["raw"][:-8] + "AAAAfQ=="),
    "entry.subject": lambda d: d["entries"].pop(0),
    "receipt.differs": lambda d: d["receipt"].update(receiptState="held"),
    "proof.subject": lambda d: d["subject"].update(msgId="another"),
    "head.signature": lambda d: d["head"].update(time="2020-01-01T00:00:00+08:00"),
    "stamp.consistency": lambda d: d["stamp"].update(consistency=["00" * 32]),
    "stamp.head": lambda d: d["stamp"]["head"].update(time="2020-01-01T00:00:00+08:00"),
    "stamp.malformed": lambda d: d["stamp"].update(kept="AAAA"),
    "proof.malformed": lambda d: d["entries"][0].update(more=1),
}


@pytest.mark.parametrize("code", PARTS)
async def test_each_part_stands_by_itself_even_if_the_hub_signs_the_lie(tmp_path, code):
    """The signature over the whole is not what the proof rests on."""
    proof, key, _, _ = await _proved(tmp_path)
    bent = copy.deepcopy(proof)
    PARTS[code](bent)
    del bent["sign"]
    bent = key.sign(bent)
    faults = {fault for fault, _ in verify(bent).faults}
    assert code in faults and "proof.signature" not in faults


async def test_an_attempt_left_out_leaves_a_gap_and_an_outcome_left_out_is_said(tmp_path):
    tsa = Tsa(lambda: NOW)
    bench, hub = await stamped_hub(tmp_path, tsa)
    told = iter([{"kind": "retry", "code": "x"}])
    bench.transport.behave["D09"] = lambda said: next(told, {"kind": "delivered"})
    receipt = (await bench.send(hub, "eng-project")).data
    await until(lambda: bench.clock.on(0.1) or hub.trace(T01, receipt["hubId"])["state"] == "delivered")
    await hub.timers.pulse()
    await hub.timers.stamp()
    proof = json.loads(json.dumps(hub.proof(T01, receipt["hubId"])))
    await hub.drain()
    await tsa.down()
    key = open_key(tmp_path / "data" / "evidence.key", realm="sandbox")
    assert verify(proof).ok and not {"delivery.none", "delivery.open"} & _opened(verify(proof))
    facts = [json.loads(base64.b64decode(row["entry"])) for row in proof["entries"]]
    told = len({one["delivery"] for one in facts if one["kind"] == "attempt"})
    assert told >= 2 and sorted(one.get("n") for one in facts if one["kind"] == "attempt") == [1] * told + [2]
    twice = next(one["delivery"] for one in facts if one.get("n") == 2)

    def without(kind, n):
        left = [
            row
            for row, one in zip(proof["entries"], facts, strict=True)
            if (one["kind"], one.get("delivery"), one.get("n")) != (kind, twice, n)
        ]
        assert len(left) == len(facts) - 1
        rest = {name: value for name, value in proof.items() if name != "sign"}
        return verify(key.sign({**rest, "entries": left}))

    assert [code for code, _ in without("attempt", 1).faults] == ["delivery.gap"]
    assert without("outcome", 1).ok and "delivery.open" in _opened(without("outcome", 1))


async def test_another_proofs_stamp_does_not_fit(tmp_path):
    proof, key, _, _ = await _proved(tmp_path / "a")
    other, *_ = await _proved(tmp_path / "b")
    bent = {**proof, "stamp": {**proof["stamp"], "kept": other["stamp"]["kept"]}}
    del bent["sign"]
    assert [code for code, _ in verify(key.sign(bent)).faults] == ["stamp.other"]


async def test_what_is_not_stamped_yet_is_said(tmp_path):
    tsa = Tsa(lambda: NOW)
    bench, hub = await stamped_hub(tmp_path, tsa)
    ticking(hub)
    receipt = await _delivered(bench, hub)
    hub_id = receipt["hubId"]
    await hub.timers.seal()
    first = verify(hub.proof(T01, hub_id))
    assert first.ok and "stamp.missing" in _opened(first)
    await hub.timers.pulse()
    await hub.timers.stamp()
    whole = hub.proof(T01, hub_id)
    assert "stamp.missing" not in _opened(verify(whole)) and whole["stamp"]["head"] == whole["head"]
    for seed in range(5, 9):
        await _delivered(bench, hub, seed=seed)
    delivery = hub.trace(T01, hub_id)["deliveries"][0]["id"]
    assert await hub.replay(CENTRE, {"hubId": hub_id, "state": "delivered"}) >= 1
    await until(lambda: len(hub.trace(T01, hub_id)["deliveries"][0]["attempts"]) > 1)
    assert delivery
    await until(lambda: hub.trace(T01, hub_id)["deliveries"][0]["state"] == "delivered")
    await hub.timers.seal()
    part = hub.proof(T01, hub_id)
    verdict = verify(part)
    assert verdict.ok and "stamp.partial" in _opened(verdict), (verdict.faults, verdict.open)
    assert part["head"]["size"] > part["stamp"]["head"]["size"] and part["stamp"]["consistency"]
    assert len(part["entries"]) > len(whole["entries"]), "every attempt is in it"
    await hub.timers.pulse()
    await hub.timers.stamp()
    earliest = hub.proof(T01, hub_id)
    assert "stamp.partial" not in _opened(verify(earliest))
    bench.clock.on(3600)
    await hub.timers.pulse()
    await hub.timers.stamp()
    assert len(hub._parts.index.evidence.stamps(0, 9)) == 3
    again = hub.proof(T01, hub_id)
    assert again["stamp"] == earliest["stamp"], "the earliest time that can be proved, not the newest"
    await hub.drain()
    await tsa.down()


async def test_without_lists_it_is_said_that_revocation_was_not_looked_at(tmp_path):
    proof, _, tsa, _ = await _proved(tmp_path, lists=False)
    verdict = verify_with(proof, Given(anchors=Anchors((tsa.root.key.certificate,))))
    assert verdict.ok and "tsa.revocation" in _opened(verdict)


async def test_a_proof_of_the_first_form_is_still_read(tmp_path):
    proof, key, _, _ = await _proved(tmp_path)
    old = {name: proof[name] for name in ("subject", "entries", "head", "publicKey")}
    old = {"format": "hutong-proof/1", **old}
    verdict = verify(old, public_pem=key.public_pem)
    assert verdict.ok and "stamp.missing" in _opened(verdict)
    assert not verify({**old, "more": 1}).ok


async def test_the_digest_is_named_and_never_mixed(tmp_path):
    proof, key, _, _ = await _proved(tmp_path)
    assert proof["head"]["alg"] == "sm3" and proof["stamp"]["head"]["alg"] == "sm3"
    for part in ("head", "stamp"):
        bent = copy.deepcopy(proof)
        head = bent["head"] if part == "head" else bent["stamp"]["head"]
        head["alg"] = "sha256"
        del head["sign"], bent["sign"]
        signed = key.sign(head)
        bent = (
            {**bent, "head": signed}
            if part == "head"
            else {**bent, "stamp": {**bent["stamp"], "head": signed}}
        )
        assert {"stamp.consistency"} <= {code for code, _ in verify(key.sign(bent)).faults}


OFFLINE = """
import socket, sys
def refuse(*args, **kwargs): raise AssertionError("a network")
socket.socket.connect = socket.getaddrinfo = socket.create_connection = refuse
from hub.cli.main import main
sys.exit(main(sys.argv[1:]))
"""


async def test_the_command_on_another_machine(tmp_path, capsys):
    """No hub, no data directory, no network; exit codes and clauses as the contract says."""
    proof, key, tsa, _ = await _proved(tmp_path / "hub")
    place = tmp_path / "elsewhere"
    place.mkdir()
    (place / "proof.json").write_text(json.dumps(proof, ensure_ascii=False, indent=1), "utf-8")
    (place / "log.pem").write_text(key.public_pem)
    (place / "tsa.der").write_bytes(tsa.root.key.certificate)

    def run(*words):
        return subprocess.run(
            [sys.executable, "-c", OFFLINE, "evidence", "verify", *words],
            cwd=place, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip

    done = run("proof.json", "--log-key", "log.pem", "--tsa-anchor", "tsa.der", "--require-stamp")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "核验通过" in done.stdout and "✗" not in done.stdout and "tsa.unconfirmed" not in done.stdout
    (place / "bent.json").write_text(json.dumps({**proof, "made": "2020-01-01T00:00:00+08:00"}), "utf-8")
    bent = run("bent.json", "--json")
    assert bent.returncode == 1
    assert [one["code"] for one in json.loads(bent.stdout)["faults"]] == ["proof.signature"]
    assert run("none.json").returncode == 3 and run("proof.json", "--tsa-anchor", "log.pem").returncode == 3


def _ran(*words) -> int:
    parser = argparse.ArgumentParser()
    cli.configure(parser)
    return cli.run(parser.parse_args([str(word) for word in words]))


async def test_a_missing_stamp_can_be_required(tmp_path, capsys):
    bench = Bench(tmp_path, tsa_url="off")
    hub = await bench.open("T01", by_hand=True)
    receipt = await _delivered(bench, hub)
    await hub.timers.seal()
    (tmp_path / "proof.json").write_text(json.dumps(hub.proof(T01, receipt["hubId"])), "utf-8")
    await hub.drain()
    assert _ran("verify", tmp_path / "proof.json") == 0
    assert "没有时间戳" in capsys.readouterr().out
    assert _ran("verify", tmp_path / "proof.json", "--require-stamp") == 1


async def test_receipts_under_the_hubs_own_key_are_the_same_every_time(tmp_path, capsys):
    """Also after the key was changed; and each is provable to anybody."""
    bench = Bench(tmp_path, receipt_signature="hub-key", tsa_url="off")
    hub = await bench.open("T01", by_hand=True)
    raw = bench.signed(bench.record("eng-project"))
    first = (await hub.submit(raw)).data
    assert first["sign"]["keyId"].startswith("hub:") and (await hub.submit(raw)).data == first
    await hub.drain()
    assert _ran("rotate", "--data", tmp_path) == 0
    hub = await bench.open(by_hand=True)
    assert (await hub.submit(raw)).data == first
    later = (await bench.send(hub, "eng-project", seed=4)).data
    assert later["sign"]["keyId"] != first["sign"]["keyId"]
    await hub.timers.seal()
    for told in (first, later):
        proof = json.loads(json.dumps(hub.proof(T01, told["hubId"])))
        assert proof["receipt"] == told
        verdict = verify(proof)
        assert verdict.ok and any("直接签名" in claim for claim in verdict.claims), verdict.faults
        bent = {
            **proof,
            "receipt": {**told, "sign": {**told["sign"], "value": later["sign"]["value"][:-4] + "AAA="}},
        }
        del bent["sign"]
        bent = hub._parts.notary.ring.current.sign(bent)
        assert [code for code, _ in verify(bent).faults] == ["receipt.signature"]
    for file in (tmp_path / "evidence.retired").iterdir():
        file.unlink()
    await hub.drain()
    hub = await bench.open(by_hand=True)
    plain = (await hub.submit(raw)).data
    assert plain["sign"]["alg"] == "hmac-sm3", (
        "a destroyed key signs nothing; the member's own mac takes its place"
    )
    await hub.drain()
