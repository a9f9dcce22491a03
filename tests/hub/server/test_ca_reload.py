"""The recognition data change while the hub runs: within two seconds, whole or not at all, never back."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime

import pytest

import certs
from certs.algorithms.sm2_keys import read_private
from certs.cli.kinds import recognise_kind
from certs.keys.held import HeldKey
from certs.model.certificate import read_certificate
from certs.testpki.issue import Authority
from certs.trustlist import publish
from certs.trustlist.publishing import content_of
from certs.verdict import Moment
from hub.ca.belief import read_belief
from hub.ca.judges import Judges
from hub.ca.policy import Policy, read_policy, shipped, sign_policy
from hub.ca.question import Circumstances
from hub.ca.sandbox import KEY
from hub.ca.verifying import recognised
from hub.errors import SettingsError
from hub.settings import Settings
from tests.hub.server.ca_kit import b64, ca, folder, pki

__all__ = ["ca", "folder"]


def _centre(folder) -> HeldKey:
    certificate = recognise_kind((folder / "signers.pem").read_bytes()).data
    return HeldKey("sm2-sm3", read_private((folder / KEY).read_bytes()), certificate, ())


async def _recognised(ca, key):
    status, said = await ca.asked("T01", "POST", "/v1/ca/recognise", {"certificate": b64(key.certificate)})
    assert status == 200, said
    return said


async def _signed(ca, key):
    """What is said of signed data of this signer, asked twice: once from memory, if it is good."""
    raw = certs.sign_cms(b"bid", key, arc="sm2", time=datetime.now(UTC))
    told = [
        await ca.asked("T01", "POST", "/v1/ca/verify", {"kind": "attached", "signature": b64(raw)})
        for _ in range(2)
    ]
    assert told[0][0] == 200 and told[0][1]["reasons"] == told[1][1]["reasons"], told
    return told[1][1]["result"], {one["code"] for one in told[1][1]["reasons"]}


async def _becomes(ca, key, result, code):
    """Asked until it is so; two seconds is the promise, the rest is for a machine at its limit."""
    async with asyncio.timeout(60):
        while True:
            said = await _recognised(ca, key)
            if (said["result"], said["sofCode"]) == (result, code):
                return said
            await asyncio.sleep(0.05)


def _publish(folder, change):
    content = content_of((folder / "trustlist.json").read_bytes())
    content["sequence"] += 1
    change(content)
    data, _ = publish(content, _centre(folder), at=datetime.now(UTC))
    draft = folder / ".next"
    draft.write_bytes(data)
    draft.replace(folder / "trustlist.json")


async def test_a_changed_revocation_list_is_in_force_without_a_restart(ca, folder):
    vendor = pki().vendors["C05"]
    key = vendor.signer("agency")
    assert (await _recognised(ca, key))["result"] == "valid"
    assert await _signed(ca, key) == ("valid", set())
    serial = read_certificate(key.certificate).serial
    now = datetime.now(UTC).replace(microsecond=0)
    raw = vendor.issuing().crl([(serial, now, 1)], number=9, this_update=now)
    old = next(path for path in (folder / "crl").iterdir() if path.read_bytes() == vendor.crl())
    draft = folder / "crl" / ".next"
    draft.write_bytes(raw)
    draft.replace(old)
    said = await _becomes(ca, key, "invalid", -3)
    assert {one["code"] for one in said["reasons"]} == {"revoked"}
    assert await _signed(ca, key) == ("invalid", {"revoked"})
    _status, last = await ca.asked("centre", "GET", "/v1/admin/reload")
    assert (last["outcome"], last["changed"], last["by"]) == ("taken", ["ca.crl"], "file")


async def test_a_ca_taken_off_the_list_is_believed_no_longer(ca, folder):
    key = pki().vendors["C04"].signer("builder")
    assert (await _recognised(ca, key))["result"] == "valid"
    assert await _signed(ca, key) == ("valid", set())

    def without(content):
        content["cas"] = [one for one in content["cas"] if one["id"] != "C04"]

    before = (folder / "trustlist.json").read_bytes()
    _publish(folder, without)
    said = await _becomes(ca, key, "invalid", -1)
    assert said["ca"] is None
    assert (await _signed(ca, key))[0] == "invalid"
    (folder / "trustlist.json").write_bytes(before)
    status, told = await ca.asked("centre", "POST", "/v1/admin/reload", {})
    assert status == 422 and "list-rollback" in told["findings"][0]["observed"], told
    assert (await _recognised(ca, key))["result"] == "invalid", "the older list does not come back"


@pytest.mark.parametrize("harm", ["altered", "stranger", "nonsense", "crl", "policy"])
async def test_what_is_wrong_is_named_and_everything_stays_as_it_was(ca, folder, harm):
    key = pki().vendors["C01"].signer("builder")
    assert (await _recognised(ca, key))["result"] == "valid"
    path = folder / "trustlist.json"
    if harm == "altered":
        path.write_bytes(path.read_bytes().replace(b'"token"', b'"tokem"', 1))
    elif harm == "stranger":
        content = content_of(path.read_bytes())
        content["sequence"] += 1
        other = Authority.root("别人", now=datetime.now(UTC)).issue("别人的签发", days=30)
        path.write_bytes(publish(content, other, at=datetime.now(UTC))[0])
    elif harm == "nonsense":
        path.write_bytes(b"\xff{")
    elif harm == "crl":
        (folder / "crl" / "x.crl").write_bytes(b"no list")
    else:
        (folder / "policy.json").write_text('{"policy": {}}')
    status, told = await ca.asked("centre", "POST", "/v1/admin/reload", {})
    assert status == 422 and all(one["code"] == "ca.data" for one in told["findings"]), told
    assert str(folder) in told["findings"][0]["at"] and told["findings"][0]["advice"]
    assert (await _recognised(ca, key))["result"] == "valid"


async def test_the_centres_policy_decides_what_must_be_known(ca, folder):
    key = pki().vendors["C05"].signer("builder")
    assert (await _recognised(ca, key))["result"] == "valid"
    for path in (folder / "crl").iterdir():
        path.unlink()
    said = await _becomes(ca, key, "indeterminate", -6)
    assert "revocation-unknown" in {one["code"] for one in said["reasons"]}
    body = {"certificate": b64(key.certificate), "revocation": "if-known"}
    _status, said = await ca.asked("T01", "POST", "/v1/ca/recognise", body)
    assert said["result"] == "valid" and said["forgiven"], "left to callers by the shipped policy, and said"
    content = shipped().as_dict() | {"version": "1", "relaxed": [], "sequence": 2}
    content["issued"] = "2026-11-22T00:00:00+08:00"
    signed = sign_policy(content, _centre(folder))
    assert isinstance(read_policy(signed, [_centre(folder).certificate]), Policy)
    (folder / "policy.json").write_bytes(signed)
    async with asyncio.timeout(60):
        while (await ca.asked("T01", "POST", "/v1/ca/recognise", body))[1]["result"] == "valid":
            await asyncio.sleep(0.05)
    loosened = json.loads(signed)
    loosened["policy"]["relaxed"] = ["ignored"]
    findings = read_policy(json.dumps(loosened).encode(), [_centre(folder).certificate])
    assert [one.code for one in findings] == ["list-signature"]
    assert [one.code for one in read_policy(signed, [])] == ["list-signer"]
    assert [one.code for one in read_policy(signed, [_centre(folder).certificate], newest=3)] == [
        "list-rollback"
    ]


async def test_without_a_usable_list_nothing_is_answered_and_the_rest_goes_on(make_world, tmp_path):
    world = await make_world(ca_dir=tmp_path / "empty")
    status, said = await world.asked("T01", "POST", "/v1/ca/recognise", {"certificate": "AA=="})
    assert (status, said["code"]) == (503, "ca.unready")
    assert (await world.get("/v1/ca/trustlist"))[0] == 503
    assert (await world.get("/readyz"))[0] == 200


async def test_in_production_the_sandboxs_certificates_are_nobodys(folder, tmp_path):
    settings = Settings(data=tmp_path, realm="production", ca_dir=folder)
    now = datetime.now(UTC)
    belief = read_belief(settings, now)
    judges = Judges(belief, "production", belief.crls, belief.ocsp)
    raw = pki().vendors["C01"].signer("builder").certificate
    found = recognised(judges, raw, Circumstances(Moment(now)))
    assert not found.verdict.ok and "sandbox" in {one.code for one in found.verdict.reasons}
    with pytest.raises(SettingsError):
        read_belief(Settings(data=tmp_path, ca_dir=tmp_path), now)
