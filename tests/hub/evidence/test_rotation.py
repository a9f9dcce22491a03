"""A new key for the log: old heads stay checkable, from either key, and the change is an entry."""

from __future__ import annotations

import copy
import json

import pytest
from core_kit import Bench
from test_verification import _delivered, _ran

from hub.engine import Reader
from hub.errors import SettingsError
from hub.evidence.continuity import compare
from hub.evidence.heads import open_key
from hub.evidence.ring import FILE, NEXT, RETIRED, change, change_holds, known_keys
from hub.evidence.verify import verify
from hub.journal.rebuild import differences, fresh_index
from hub.journal.sqlite import SqliteJournal

T01 = Reader("T01")


async def _rotated(folder):
    bench = Bench(folder, tsa_url="off")
    hub = await bench.open("T01", by_hand=True)
    receipt = await _delivered(bench, hub)
    await hub.timers.pulse()
    old = json.loads(json.dumps(hub.proof(T01, receipt["hubId"])))
    heads = json.loads(json.dumps(hub.heads(0)))
    await hub.drain()
    before = open_key(folder / FILE, realm="sandbox")
    assert _ran("rotate", "--data", folder) == 0
    return bench, before, old, heads, receipt


async def test_old_and_new_can_be_checked_from_either_key(tmp_path):
    bench, before, old, heads, receipt = await _rotated(tmp_path)
    with pytest.raises(SettingsError):
        _ran("rotate", "--data", tmp_path)
    hub = await bench.open(by_hand=True)
    after = open_key(tmp_path / FILE, realm="sandbox")
    assert after.fingerprint != before.fingerprint and not (tmp_path / NEXT).exists()
    assert (tmp_path / RETIRED / f"{before.fingerprint}.key").stat().st_mode & 0o077 == 0
    entries = [entry.facts for entry in hub._parts.reading.journal.heads(0, 1000)]
    changes = [facts["change"] for facts in entries if facts["kind"] == "key"]
    assert [(one["from"], one["to"]) for one in changes] == [(before.fingerprint, after.fingerprint)]
    again = (await bench.send(hub, "eng-project", seed=9)).data
    await hub.timers.pulse()
    new = json.loads(json.dumps(hub.proof(T01, again["hubId"])))
    earlier = json.loads(json.dumps(hub.proof(T01, receipt["hubId"])))
    assert new["head"]["key"] == after.fingerprint and old["head"]["key"] == before.fingerprint
    for proof in (new, earlier):
        for key in (before, after):
            verdict = verify(proof, public_pem=key.public_pem)
            assert verdict.ok and any("换用存证密钥" in claim for claim in verdict.claims), verdict.faults
    assert verify(old, public_pem=before.public_pem).ok
    since = heads["heads"][-1]["size"]
    assert compare(heads, json.loads(json.dumps(hub.heads(since))), public_pem=before.public_pem).ok
    connection = hub._parts.store.connection
    assert differences(connection, fresh_index(SqliteJournal(connection))) == []
    await hub.drain()
    assert (await (await bench.open(by_hand=True)).drain()) is None, "and starts again"


async def test_a_change_that_either_key_did_not_sign_leads_nowhere(tmp_path):
    bench, before, _, _, receipt = await _rotated(tmp_path)
    hub = await bench.open(by_hand=True)
    await hub.timers.seal()
    proof = json.loads(json.dumps(hub.proof(T01, receipt["hubId"])))
    ring = hub._parts.notary.ring
    thief = open_key(tmp_path / "thief.key", realm="sandbox")
    stolen = change(thief, ring.current, bench.clock())
    stolen["from"], stolen["oldKey"] = before.fingerprint, before.public_pem
    assert not change_holds(stolen) and change_holds(ring.changes[0])
    assert set(known_keys(before.public_pem, [stolen])) == {before.fingerprint}
    for which in ("from", "to"):
        bent = copy.deepcopy(proof)
        bent["keys"][0]["signs"][which] = thief.value(b"x")
        del bent["sign"]
        faults = {code for code, _ in verify(ring.current.sign(bent), public_pem=before.public_pem).faults}
        assert {"keys.change", "proof.key"} <= faults
    await hub.drain()


@pytest.mark.parametrize("put_away", [False, True])
async def test_a_crash_between_the_entry_and_the_files_is_made_up_for(tmp_path, put_away):
    """What a crash leaves: the change is journaled, the key files are still (or half) as they were."""
    bench, before, _, _, _ = await _rotated(tmp_path)
    await (await bench.open(by_hand=True)).drain()
    after = open_key(tmp_path / FILE, realm="sandbox")
    kept = tmp_path / RETIRED / f"{before.fingerprint}.key"
    (tmp_path / FILE).rename(tmp_path / NEXT)
    (tmp_path / FILE).write_bytes(kept.read_bytes())
    if not put_away:
        kept.unlink()
    hub = await bench.open(by_hand=True)
    assert hub._parts.notary.ring.current.fingerprint == after.fingerprint
    assert kept.exists() and not (tmp_path / NEXT).exists()
    kinds = [entry.facts["kind"] for entry in hub._parts.reading.journal.heads(0, 1000)]
    assert kinds.count("key") == 1, "journaled once"
    await hub.drain()


async def test_a_key_the_log_does_not_name_is_refused(tmp_path):
    bench, _, _, _, _ = await _rotated(tmp_path)
    await (await bench.open(by_hand=True)).drain()
    (tmp_path / FILE).unlink()
    with pytest.raises(SettingsError, match="evidence key"):
        await bench.open(by_hand=True)
