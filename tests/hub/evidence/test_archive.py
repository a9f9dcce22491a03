"""Proofs that outlive the authority that stamped them: archived, renewed, rehashed, every link broken."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from core_kit import NOW
from stamp_kit import STAMPS, Tsa
from test_verification import _proved, _ran

from certs.testpki.issue import Authority
from certs.trust import Revocation, Trust
from hub.errors import SettingsError
from hub.evidence import archive
from hub.evidence.authority import StampError
from hub.evidence.stamp_check import Anchors
from hub.evidence.verify import Given, verify_with


def _asking(tsa: Tsa, at: datetime, *also: Tsa, days: int = 7) -> archive.Asking:
    """The authority of a day, with its own fresh lists and what is known of earlier ones."""
    everybody = (tsa, *also)
    trust = Trust(
        tuple(one.root.key.certificate for one in everybody), Revocation.REQUIRED,
        crls=tuple(one.root.crl(this_update=at, days=days) for one in everybody),
    )  # fmt: skip
    return archive.Asking(lambda asked: tsa.stamp(asked, at=at), trust, at)


def _later(name: str, at: datetime, days: int) -> Tsa:
    """An authority that begins on a later day."""
    tsa = Tsa(lambda: at)
    tsa.root = Authority.root(name, tsa.kind, now=at, days=days)
    tsa.key = tsa.root.issue(f"{name}机构", extended=STAMPS, days=days)
    return tsa


def _verdict(proof, folder, roots, now):
    record, lists = archive.record_for(folder, proof)
    return verify_with(proof, Given(anchors=Anchors(tuple(roots), record, lists), now=now))


async def test_twenty_years_on(tmp_path):
    proof, _, first, _ = await _proved(tmp_path)
    folder, data = tmp_path / "archive", tmp_path / "data"
    assert archive.begin(folder, data, NOW - timedelta(days=1), _asking(first, NOW)) == 0
    soon = NOW + timedelta(days=1)
    assert archive.begin(folder, data, soon, _asking(first, soon)) == 1
    assert archive.begin(folder, data, soon, _asking(first, soon)) == 0, "once"
    roots = [first.root.key.certificate]
    assert _verdict(proof, folder, roots, soon).ok

    then = NOW + timedelta(days=250)  # before the authority's certificate ends
    second = _later("第二根", then, 3000)
    assert archive.renew(folder, _asking(second, then, first)) == 1
    roots.append(second.root.key.certificate)
    thirty = NOW + timedelta(days=2500)
    third = _later("第三根", thirty, 5000)
    assert archive.renew(folder, _asking(third, thirty, second), "sha256") == 1
    roots.append(third.root.key.certificate)

    end = NOW + timedelta(days=7000)
    record, _ = archive.record_for(folder, proof)
    fresh = (third.root.crl(this_update=end),)
    verdict = verify_with(proof, Given(anchors=Anchors(tuple(roots), record, fresh), now=end))
    assert verdict.ok, verdict.faults
    assert any("归档记录(3 层)" in claim for claim in verdict.claims)
    assert any("不晚于 2026-11-22T09:00:00+08:00" in claim for claim in verdict.claims), (
        "the first time stands"
    )
    without = verify_with(proof, Given(anchors=Anchors(tuple(roots)), now=end))
    assert "tsa.ended" in {code for code, _ in without.open}
    one_less = verify_with(proof, Given(anchors=Anchors(tuple(roots[:2]), record, fresh), now=end))
    assert [code for code, _ in one_less.faults] == ["stamp.invalid"]
    for at in range(0, len(record), max(1, len(record) // 60)):
        bent = record[:at] + bytes([record[at] ^ 1]) + record[at + 1 :]
        found = verify_with(proof, Given(anchors=Anchors(tuple(roots), bent, fresh), now=end))
        assert found.ok is (found.claims == verdict.claims), "either unchanged in all it says, or refused"


async def test_too_late_is_too_late(tmp_path):
    proof, _, first, _ = await _proved(tmp_path)
    folder = tmp_path / "archive"
    soon = NOW + timedelta(days=1)
    archive.begin(folder, tmp_path / "data", soon, _asking(first, soon))
    after = NOW + timedelta(days=400)
    second = _later("第二根", after, 3000)
    with pytest.raises(SettingsError, match="不能续盖"):
        archive.renew(folder, _asking(second, after, first))
    with pytest.raises(SettingsError, match="no archive records"):
        archive.renew(tmp_path / "data", _asking(second, after, first))
    (folder / "9.ers").write_bytes(b"x")
    with pytest.raises(SettingsError, match="unreadable"):
        archive.renew(folder, _asking(second, after, first))
    assert proof


async def test_a_service_that_answers_wrongly_archives_nothing(tmp_path):
    proof, _, first, _ = await _proved(tmp_path)
    folder, soon = tmp_path / "archive", NOW + timedelta(days=1)
    good = _asking(first, soon)
    wrong = replace(good, ask=lambda asked: first.stamp(asked, key=first.stranger, at=soon))
    with pytest.raises(StampError):
        archive.begin(folder, tmp_path / "data", soon, wrong)
    assert list(folder.iterdir()) == []
    assert archive.record_for(folder, proof) == (None, ())
    assert archive.record_for(folder, {"stamp": None}) == (None, ())


async def test_the_commands_in_a_sandbox(tmp_path, capsys):
    from core_kit import Bench

    bench = Bench(tmp_path / "data")
    hub = await bench.open("T01", by_hand=True)
    answer = await bench.send(hub, "eng-project")
    await hub.timers.pulse()
    await hub.timers.stamp()
    from hub.engine import Reader

    proof = hub.proof(Reader("T01"), answer.data["hubId"])
    await hub.drain()
    (tmp_path / "proof.json").write_text(json.dumps(proof), "utf-8")
    words = ["--data", tmp_path / "data"]
    import asyncio

    def run(*given) -> int:
        return _ran(*given)

    assert await asyncio.to_thread(run, "archive", tmp_path / "kept", "--before", "2099-01-01", *words) == 0
    assert "已归档 1 个时间戳" in capsys.readouterr().out
    assert await asyncio.to_thread(run, "renew", tmp_path / "kept", *words) == 0
    assert await asyncio.to_thread(run, "renew", tmp_path / "kept", "--rehash", "sha256", *words) == 0
    anchor = tmp_path / "data" / "sandbox-tsa" / "anchor.pem"
    given = ["verify", tmp_path / "proof.json", "--archive", tmp_path / "kept", "--tsa-anchor", anchor]
    assert _ran(*given) == 0
    assert "归档记录(3 层)" in capsys.readouterr().out
    with pytest.raises(SettingsError, match="no journal"):
        await asyncio.to_thread(
            run, "archive", tmp_path / "k2", "--before", "2099-01-01", "--data", tmp_path / "x"
        )
