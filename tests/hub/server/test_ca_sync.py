"""Across provinces: a neighbour's list, told or fetched, is in force or changes nothing; never back."""

import asyncio
import base64
import hashlib
import hmac
import json
import secrets
from datetime import UTC, datetime, timedelta
from functools import cache
from types import SimpleNamespace

import pytest

from adapters.hmac_open import DIALECT
from certs.algorithms.digest import digest
from certs.algorithms.sm2_keys import pem
from certs.testpki.issue import Authority
from certs.testpki.world import World
from certs.trustlist import publish
from certs.trustlist.delta import difference, digest_of, is_delta
from certs.trustlist.publishing import content_of
from certs.trustlist.sandbox import sandbox_content
from hub.dialects import Found
from tests.hub.auth.auth_kit import octets, raw
from tests.hub.server.ca_kit import b64, folder, pki
from tests.hub.server.test_ca_reload import _centre

__all__ = ["folder"]
REGION = "610000"
SECRETS = {"client_id": "ggzy-hub-6200", "client_secret": "cs-4f7a1e90b2d3"}
PATH = "/openapi/v1/ca/sync"
TEXT = "投标函".encode()


@cache
def theirs() -> SimpleNamespace:
    """Who signs lists over there, somebody who does not, and a second CA of theirs."""
    now = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
    root = Authority.root("邻省管理根", now=now)
    other = World.open(now=now, seed="another").vendors["C01"]
    return SimpleNamespace(now=now, key=root.issue("列表签发"), forger=root.issue("别的证书"), other=other)


def neighbours_list(number, *, change=None, key=None):
    """Their words are not ours: sectors and assurance have other names."""
    here = theirs()
    sectors = ("construction", "purchase", "land")
    content = sandbox_content(
        [pki().vendors["P01"], here.other], now=here.now, region=REGION, sequence=number, sectors=sectors
    )
    content["assurances"] = ["silver", "gold"]
    content["issued"] = (here.now + timedelta(minutes=number)).isoformat()
    content["nextUpdate"] = (here.now + timedelta(days=5)).isoformat()
    for one in content["cas"]:
        one["assurance"] = "gold"
    content["cas"][1]["id"] = "X01"
    if change is not None:
        change(content)
    return publish(content, key or here.key, at=datetime.now(UTC))[0]


def without_the_ca(content):
    content["cas"] = content["cas"][1:]


def less_sure(content):
    content["cas"][0]["assurance"] = "silver"


def name_them(folder, location="", *, same=True, system="C05"):
    """Our centre's list of lists: whose signature theirs bears, and what their words mean here."""
    (folder / "peers" / f"{REGION}.json").unlink(missing_ok=True)
    content = content_of((folder / "trustlist.json").read_bytes())
    content["sequence"] += 1
    peer = content["peers"][0]
    assert peer["region"] == REGION
    peer |= {
        "signers": [b64(theirs().key.certificate)],
        "sectors": {"construction": "engineering", "purchase": "procurement"},
        "assurances": {"gold": "high"},
        "sameArchitecture": same,
        "system": system,
    } | ({"location": location} if location else {})
    if not system:
        del peer["system"]
    data, made = publish(content, _centre(folder), at=datetime.now(UTC))
    assert made.trust_list is not None, made.findings
    (folder / ".next").write_bytes(data)
    (folder / ".next").replace(folder / "trustlist.json")


@pytest.fixture
async def ours(make_world, folder):
    name_them(folder)
    world = await make_world(ca_dir=folder, found=Found({"hmac-open": DIALECT}, {}))
    told = "\n".join(f'{name} = "{value}"' for name, value in SECRETS.items())
    (world.data / "peers.toml").write_text(
        f'[systems.C05]\nallow_from = ["127.0.0.1"]\n[systems.C05.credentials]\n{told}\n', "utf-8"
    )
    return world


async def told(world, given, version, *, previous=None, named=None, kind="trust-list"):
    """C05 calls, in its dialect."""
    stamp, nonce = str(int(world.clock().timestamp() * 1000)), secrets.token_hex(16)
    text = SECRETS["client_id"] + stamp + nonce
    sign = base64.b64encode(
        hmac.new(SECRETS["client_secret"].encode(), text.encode(), hashlib.sha256).digest()
    )
    headers = {
        "Content-Type": "application/json;charset=UTF-8", "X-Client-Id": SECRETS["client_id"],
        "X-Timestamp": stamp, "X-Nonce": nonce, "X-Signature": sign.decode(),
    }  # fmt: skip
    file = {"name": "list.json", "digest": named or f"sm3:{digest(given).hex()}", "size": len(given),
            "media": "application/json", "content": b64(given)}  # fmt: skip
    body = {
        "syncNo": f"TB-{version}", "syncKind": kind, "listVersion": version,
        "previousDigest": previous, "content": file, "entries": 1,
        "issueTime": "2026-11-22 09:00:00", "nextUpdate": "2026-11-29 09:00:00",
        "signature": {"alg": "sm2-sm3", "keyId": "61-list-1", "value": "MEUCIQDexample", "signTime": None},
    }  # fmt: skip
    written = json.dumps(body, ensure_ascii=False).encode()
    async with world.http.post(f"{world.url}/in/C05{PATH}", data=written, headers=headers) as reply:
        said = await reply.json(content_type=None)
    return said["code"], said["data"]


async def judged(world, **more):
    """Their builder logs in here and signs."""
    vendor = pki().vendors["P01"]
    about = {"certificate": b64(vendor.signer("neighbour").certificate), "purpose": "login", **more}
    _, who = await world.asked("T01", "POST", "/v1/ca/recognise", about)
    value = vendor.message_signer("neighbour").sign(TEXT)
    question = {**about, "kind": "raw", "purpose": "signing", "data": b64(TEXT), "signature": b64(value)}
    _, signed = await world.asked("T01", "POST", "/v1/ca/verify", question)
    if who["result"] != signed["result"]:  # taken up between the two questions
        _, who = await world.asked("T01", "POST", "/v1/ca/recognise", about)
    assert who["result"] == signed["result"], (who["zh"], signed["zh"])
    return who


async def logs_in(world, *, refused=False):
    """By challenge, as a member system asks for its user."""
    status, asked = await world.asked("P01", "POST", "/v1/auth/challenges?session=s-1", {"action": "login"})
    assert status == 200, asked
    proof = raw("P01", octets(asked), "neighbour") | {"challengeId": asked["challengeId"]}
    status, said = await world.asked("P01", "POST", "/v1/auth/logins?session=s-1", proof)
    if refused:
        assert (status, said["code"]) == (422, "login.refused"), said
    else:
        assert (status, said["result"]["ca"]["region"]) == (200, REGION) and said["session"]["token"], said


async def becomes(world, result):
    async with asyncio.timeout(60):
        while (said := await judged(world))["result"] != result:
            await asyncio.sleep(0.05)
    return said


def codes(said):
    return {one["code"] for one in said["reasons"]}


async def test_a_certificate_of_theirs_counts_here_as_long_as_their_list_says(ours, folder):
    before = await judged(ours)
    await logs_in(ours, refused=True)
    assert (before["result"], before["ca"]) == ("invalid", None) and "not-admitted" in codes(before)
    first, second = neighbours_list(1), neighbours_list(2, change=less_sure)
    assert (await told(ours, neighbours_list(1, key=theirs().forger), "20261122090000"))[0] == "4211"
    assert (await told(ours, difference(first, second), "20261122090001"))[0] == "4213", (
        "nothing to change yet"
    )
    assert (await told(ours, b"{}", "20261122090002"))[0] == "4202"
    own = (folder / "trustlist.json").read_bytes()
    code, data = await told(ours, own, "20261122090002")
    assert code == "0" and not data["appliedVersion"], "ours comes by the officer's hand alone"
    assert not list((folder / "peers").iterdir()) and (await judged(ours))["result"] == "invalid"
    code, data = await told(ours, first, "20261122090003")
    assert (code, data["appliedVersion"], data["receiptState"]) == ("0", "20261122090003", "ACCEPTED")
    said = await becomes(ours, "valid")
    await logs_in(ours)
    assert said["ca"]["through"] and said["ca"]["region"] == REGION and said["ca"]["listSequence"] == 1
    mapped = {
        "region": REGION,
        "assurance": {"from": "gold", "to": "high"},
        "sector": None,
        "sameArchitecture": True,
    }
    assert said["ca"]["mapped"] == mapped and said["ca"]["assurance"] == "high"
    page = await (await ours.http.get(f"{ours.url}/certificates?lang=en")).text()
    row = page.split(f'data-region="{REGION}"')[1].split("</article>")[0]
    assert "in force" in row and "construction → engineering" in row and "gold → high" in row, row
    there = (await judged(ours, sector="engineering"))["ca"]["mapped"]["sector"]
    assert there == {"from": ["construction"], "to": "engineering"}
    wrong = await judged(ours, sector="land")
    assert (wrong["result"], codes(wrong)) == ("invalid", {"sector"}) and wrong["ca"]["mapped"]["sector"][
        "to"
    ] is None


async def test_changes_come_as_deltas_and_nothing_goes_back(ours, folder):
    first, second = neighbours_list(1), neighbours_list(2, change=less_sure)
    third, fourth = neighbours_list(3), neighbours_list(4, change=without_the_ca)
    assert (await told(ours, first, "20261122090000"))[0] == "0"
    await becomes(ours, "valid")
    assert (await told(ours, difference(first, second), "20261122090001", previous="sm3:x"))[0] == "0"
    said = await becomes(ours, "invalid")
    assert codes(said) == {"peer-assurance"} and said["ca"]["mapped"]["assurance"] == {
        "from": "silver",
        "to": None,
    }
    held = (folder / "peers" / f"{REGION}.json").read_bytes()
    assert digest_of(held) == digest_of(second)
    refused = ((first, "4212"), (difference(first, third), "4213"), (neighbours_list(2), "4212"))
    for number, (wrong, code) in enumerate(refused):
        assert (await told(ours, wrong, f"2026112209050{number}"))[0] == code
    assert (folder / "peers" / f"{REGION}.json").read_bytes() == held, "the old list stays"
    # Two right after one another: the second is made for the first, which nobody has read again yet.
    assert (await told(ours, difference(second, third), "20261122091001"))[0] == "0"
    assert (await told(ours, second, "20261122091009"))[0] == "4212", "what lies there counts already"
    assert (await told(ours, difference(third, fourth), "20261122091002"))[0] == "0"
    async with asyncio.timeout(60):
        while (said := await judged(ours))["ca"] is not None:
            await asyncio.sleep(0.05)
    assert said["result"] == "invalid" and "not-admitted" in codes(said), "removed there, refused here"
    assert (await told(ours, third, "20261122091003"))[0] == "4212"
    _, last = await ours.asked("centre", "GET", "/v1/admin/reload")
    assert (last["outcome"], last["changed"]) == ("taken", ["ca.peers"])


async def test_an_expired_list_and_another_architecture_are_no_silent_yes(ours, folder):
    assert (await told(ours, neighbours_list(1), "20261122090000"))[0] == "0"
    await becomes(ours, "valid")
    name_them_again = folder / "peers" / f"{REGION}.json"
    held = name_them_again.read_bytes()
    name_them(folder, same=False)
    name_them_again.write_bytes(held)
    said = await becomes(ours, "invalid")
    async with asyncio.timeout(60):
        while codes(said := await judged(ours)) != {"peer-architecture"}:
            await asyncio.sleep(0.05)
    name_them(folder)
    name_them_again.write_bytes(held)
    await becomes(ours, "valid")
    ours.clock.ahead = timedelta(days=5)
    said = await judged(ours)
    assert (said["result"], codes(said)) == ("indeterminate", {"list-expired"}), said["zh"]
    assert (await told(ours, neighbours_list(2), "20261122090001"))[0] == "4214"


async def test_lists_are_fetched_from_the_address_ours_states_and_given_to_whoever_asks(
    make_world, folder, tmp_path
):
    there = tmp_path / "there"
    (there / "crl").mkdir(parents=True)
    (there / "signers.pem").write_text(pem("CERTIFICATE", theirs().key.certificate), "ascii")
    first, second = neighbours_list(1), neighbours_list(2, change=without_the_ca)
    (there / "trustlist.json").write_bytes(first)
    other = await make_world(ca_dir=there)
    name_them(folder, other.url + "/v1/ca/trustlist")
    ours = await make_world(ca_dir=folder)
    await becomes(ours, "valid")  # whom our list names is asked as soon as our list is read
    (there / ".next").write_bytes(second)
    (there / ".next").replace(there / "trustlist.json")
    async with asyncio.timeout(60):
        while await _given(other, "sm3:" + "0" * 64) != second:
            await asyncio.sleep(0.05)
    given = await _given(other, digest_of(first))
    assert is_delta(given) and len(given) < len(second) / 2
    await ours.running.ctx.hub.ca.tend()
    assert (await judged(ours))["result"] == "valid", "not asked again so soon"
    ours.clock.ahead = timedelta(minutes=5)
    await ours.running.ctx.hub.ca.tend()
    said = await becomes(ours, "invalid")
    assert said["ca"] is None and digest_of((folder / "peers" / f"{REGION}.json").read_bytes()) == digest_of(
        second
    )


async def _given(world, have):
    async with world.http.get(f"{world.url}/v1/ca/trustlist", params={"have": have}) as reply:
        assert reply.status == 200
        return await reply.read()
