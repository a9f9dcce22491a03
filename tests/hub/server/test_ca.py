"""Certificate services over HTTP: real certificates of the sandbox's CAs, one result object, no 500."""

from __future__ import annotations

import base64
import copy
import random
from datetime import UTC, datetime, timedelta

import pytest

import certs
from certs.algorithms.digest import digest
from certs.cli.kinds import recognise_kind
from certs.ofd.make import make_ofd, sign_ofd
from certs.testpki.world import World
from certs.timestamp import request, respond, verify_timestamp
from certs.trustlist import TrustList
from hub.journal.entry import Kind
from tests.hub.server.ca_kit import b64, ca, folder, pki

__all__ = ["ca", "folder"]

VENDORS = ("C01", "C02", "C03", "C04", "C05", "P01")
NAMES = {"recognise": "certificate", "verify": "signature", "explain": "file", "timestamps": "token"}
TEXT = "开标一览表".encode()
MEMBERS = {
    "code", "format", "result", "sofCode", "subIndication", "zh", "en", "kind", "kindZh", "medium",
    "certificate", "subject", "ca", "chain", "checks", "reasons", "forgiven", "facts", "advice", "remarks",
    "time", "list", "policy", "checkedBy", "gateway",
}  # fmt: skip


async def _asked(ca, path, body, owner="T01"):
    return await ca.asked(owner, "POST", f"/v1/ca/{path}", body)


async def _good(ca, path, body):
    status, said = await _asked(ca, path, body)
    assert status == 200, said
    assert set(said) == MEMBERS and said["list"]["region"] == "620000" and said["checkedBy"] == "hub"
    assert all({"check", "outcome", "zh", "en", "clause"} <= set(one) for one in said["checks"])
    return said


def _entries(journal):
    return [one.seq for one in journal.heads(0, 10_000) if one.facts["kind"] not in (Kind.HEAD, Kind.STAMP)]


def _codes(said):
    return {one["code"] for one in said["reasons"]}


@pytest.mark.parametrize("vendor", VENDORS)
async def test_a_holder_of_any_ca_is_recognised_alike(ca, vendor):
    holder = "neighbour" if vendor == "P01" else "builder"
    key = pki().vendors[vendor].signer(holder)
    said = await _good(ca, "recognise", {"certificate": b64(key.certificate), "sector": "engineering"})
    assert (said["result"], said["sofCode"], said["ca"]["id"]) == ("valid", 1, vendor), said["zh"]
    assert said["zh"] == "有效" and said["subject"]["bound"]["kind"] == "uscc"
    assert (said["ca"]["through"] is not None) == (vendor == "P01")
    raw = {"kind": "raw", "certificate": b64(key.certificate), "data": b64(TEXT)}
    value = pki().vendors[vendor].message_signer(holder).sign(TEXT)
    good = await _good(ca, "verify", {**raw, "signature": b64(value)})
    assert (good["result"], good["kind"]) == ("valid", "raw"), good["zh"]
    other = await _good(ca, "verify", {**raw, "signature": b64(value), "data": b64(TEXT + b".")})
    assert (other["result"], other["sofCode"], _codes(other)) == ("invalid", -1, {"signature"})


async def test_with_a_token_and_without_one_the_answer_differs_in_medium_and_its_evidence_alone(ca):
    raw = b64(pki().vendors["C01"].signer("builder").certificate)
    at = datetime.now(UTC).isoformat()
    one = await _good(ca, "recognise", {"certificate": raw, "medium": "token", "at": at})
    two = await _good(ca, "recognise", {"certificate": raw, "medium": "tokenless", "at": at})
    assert (one.pop("medium"), two.pop("medium")) == ("token", "tokenless")
    for said in (one, two):
        step = next(step for step in said["checks"] if step["check"] == "medium")
        assert step.pop("evidence") in {"token", "tokenless"} and step["outcome"] == "passed"
    assert one == two


@pytest.mark.parametrize(("holder", "code", "word"), [("revoked", -3, "revoked"), ("frozen", -4, "frozen")])
async def test_revoked_and_frozen_are_told_apart_and_no_caller_talks_it_away(ca, holder, code, word):
    key = pki().vendors["C03"].signer(holder)
    for mode in (None, "required", "if-known", "ignored"):
        body = {"certificate": b64(key.certificate), **({"revocation": mode} if mode else {})}
        said = await _good(ca, "recognise", body)
        assert (said["result"], said["sofCode"], _codes(said)) == ("invalid", code, {word}), (
            mode,
            said["zh"],
        )
        assert said["advice"]["zh"] and said["advice"]["en"]


async def test_times_and_usages_and_subjects(ca):
    key = pki().vendors["C01"].signer("builder")
    raw = b64(key.certificate)
    later = (datetime.now(UTC) + timedelta(days=4000)).isoformat()
    expired = await _good(ca, "recognise", {"certificate": raw, "at": later})
    assert expired["result"] == "invalid" and "expired" in _codes(expired) and expired["sofCode"] == -2
    wrong = await _good(ca, "recognise", {"certificate": raw, "purpose": "enciphering"})
    assert "key-usage" in _codes(wrong)
    code = pki().holders["builder"].code
    assert (await _good(ca, "recognise", {"certificate": raw, "subject": code}))["result"] == "valid"
    foreign = {"certificate": raw, "subject": pki().holders["agency"].code}
    signed = {"signature": b64(certs.sign_cms(TEXT, key)), "subject": foreign["subject"]}
    said = await _good(ca, "verify", signed)
    assert (said["result"], _codes(said)) == ("invalid", {"identity-differs"}), "also of what is signed"
    assert "identity-differs" in _codes(await _good(ca, "recognise", foreign))
    unknown = World.open(now=datetime.now(UTC)).vendors["C05"].signer("builder").certificate
    said = await _good(ca, "recognise", {"certificate": b64(unknown)})
    assert said["result"] == "invalid" and said["sofCode"] == -1 and said["ca"] is None


@pytest.mark.parametrize("arc", ["rsa", "sm2"])
@pytest.mark.parametrize("vendor", ["C01", "C02"])
async def test_signed_data_of_both_arcs_attached_and_detached(ca, vendor, arc):
    key = pki().vendors[vendor].signer("builder")
    now = datetime.now(UTC)
    inside = certs.sign_cms(TEXT, key, arc=arc, time=now)
    apart = certs.sign_cms(TEXT, key, arc=arc, detached=True, time=now)
    for body in (
        {"kind": "attached", "signature": b64(inside)},
        {"signature": b64(inside), "data": b64(TEXT)},
        {"kind": "detached", "signature": b64(apart), "data": b64(TEXT)},
    ):
        said = await _good(ca, "verify", body)
        assert (said["result"], said["kind"], said["ca"]["id"]) == ("valid", "cms", vendor), said["zh"]
        assert said["subject"]["bound"]["kind"] == "uscc"
    altered = await _good(ca, "verify", {"kind": "detached", "signature": b64(apart), "data": b64(b"x")})
    assert altered["result"] == "invalid" and "digest" in _codes(altered)
    missing = await _good(ca, "verify", {"kind": "detached", "signature": b64(apart)})
    assert missing["result"] == "indeterminate"
    of_frozen = certs.sign_cms(TEXT, pki().vendors[vendor].signer("frozen"), arc=arc, time=now)
    said = await _good(ca, "verify", {"signature": b64(of_frozen)})
    assert (said["result"], said["sofCode"]) == ("invalid", -4)


async def test_xml_seals_and_ofd(ca):
    vendor = pki().vendors["C01"]
    key, now = vendor.signer("builder"), datetime.now(UTC)
    xml = certs.sign_xml(b"<bid><price>1</price></bid>", key)
    said = await _good(ca, "verify", {"kind": "xml", "signature": b64(xml)})
    assert (said["result"], said["kind"]) == ("valid", "xml"), said["zh"]
    bad = await _good(ca, "verify", {"signature": b64(xml.replace(b">1<", b">2<"))})
    assert bad["result"] == "invalid" and "digest" in _codes(bad)
    name = next(one.id for one in pki().seals.values() if one.vendor == "C01")
    seal = pki().seal(name)
    made = certs.sign_with_seal(seal, vendor.signer(pki().seals[name].holder), digest(TEXT), now)
    for more in ({"data": b64(TEXT)}, {"digest": f"sm3:{digest(TEXT).hex()}"}):
        said = await _good(ca, "verify", {"kind": "seal", "signature": b64(made), **more})
        assert (said["result"], said["kind"]) == ("valid", "seal-signature"), said["zh"]
    said = await _good(ca, "verify", {"kind": "seal", "signature": b64(made), "data": b64(b"other")})
    assert said["result"] == "invalid" and "digest" in _codes(said)
    file = sign_ofd(make_ofd("第一页"), key, time=now)
    said = await _good(ca, "verify", {"signature": b64(file)})
    assert (said["result"], said["kind"]) == ("valid", "ofd"), said["zh"]


async def test_a_stamp_of_the_hub_holds_for_anybody_and_over_nothing_else(ca):
    status, made = await _asked(ca, "timestamps", {"data": b64(TEXT)})
    assert status == 200, made
    good = {"token": made["token"], "data": b64(TEXT)}
    said = await _good(ca, "timestamps", good)
    assert (said["result"], said["kind"]) == ("valid", "timestamp"), said["zh"]
    other = await _good(ca, "timestamps", {**good, "data": b64(b"other")})
    assert other["result"] == "invalid"
    by_digest = {"token": made["token"], "digest": made["digest"]}
    assert (await _good(ca, "timestamps", by_digest))["result"] == "valid"
    root = ca.running.ctx.hub._parts.notary.stamper.authority.trust(datetime.now(UTC))
    outside = verify_timestamp(base64.b64decode(made["token"]), TEXT, trust=root, at=datetime.now(UTC))
    assert outside.ok, outside.sentence()
    status, said = await _asked(ca, "timestamps", {"digest": "md5:" + "0" * 32})
    assert status == 422 and said["findings"][0]["code"] == "tsa.algorithm"
    status, said = await _asked(ca, "timestamps", {})
    assert status == 422 and said["code"] == "ca.request"
    vendor = pki().vendors["C01"]
    token = respond(request(TEXT), vendor.tsa(), at=datetime.now(UTC), serial=1, policy="1.2.3")
    assert (await _good(ca, "timestamps", {"token": b64(token), "data": b64(TEXT)}))["result"] == "valid"


async def test_many_at_once_each_in_its_place(ca):
    keys = [pki().vendors[one].signer("builder") for one in ("C01", "C03", "C04")]
    items = [
        {
            "kind": "raw",
            "certificate": b64(key.certificate),
            "data": b64(TEXT),
            "signature": b64(key.sign(TEXT)),
        }
        for key in keys * 40
    ]
    items[7] = {"kind": "raw"}
    items[8] = copy.deepcopy(items[8]) | {"data": b64(b"other")}
    status, said = await _asked(ca, "verify", {"items": items})
    results = said["results"]
    assert status == 200 and len(results) == 120
    assert results[7]["code"] == "ca.request" and results[8]["result"] == "invalid"
    assert {one["result"] for place, one in enumerate(results) if place not in (7, 8)} == {"valid"}
    status, said = await _asked(ca, "verify", {"items": []})
    assert (status, said["code"]) == (422, "ca.request")


async def test_the_list_is_the_centres_own_bytes_and_can_be_checked_without_us(ca, folder):
    async with ca.http.get(ca.url + "/v1/ca/trustlist") as reply:
        raw = await reply.read()
        assert reply.status == 200
    assert raw == (folder / "trustlist.json").read_bytes()
    signer = recognise_kind((folder / "signers.pem").read_bytes()).data
    assert isinstance(TrustList.read(raw, signers=[signer], at=datetime.now(UTC)), TrustList)


async def test_a_file_is_explained_with_its_chain_drawn(ca, folder):
    key = pki().vendors["C02"].signer("frozen")
    signed = certs.sign_cms(TEXT, key, time=datetime.now(UTC))
    status, said = await _asked(ca, "explain", {"file": b64(signed), "name": "投标函.p7s"})
    assert status == 200 and said["kind"] == "cms" and said["drawing"]["zh"].startswith("<svg")
    assert said["headline"]["zh"].startswith("无效") and "RFC" in said["headline"]["zh"]
    assert said["headline"]["en"].startswith("invalid") and len(said["chain"]) == 4
    raw = (folder / "trustlist.json").read_bytes()
    status, said = await _asked(ca, "explain", {"file": b64(raw)})
    assert (status, said["kind"], said["state"]) == (200, "trustlist", "valid")
    status, words = await ca.asked("T01", "GET", "/v1/ca/explain")
    assert status == 200 and words["reasons"]["frozen"]["sof"] == -4 and words["checks"]["path"]["clause"]
    status, said = await _asked(ca, "explain", {"file": b64(b"nothing")})
    assert (status, said["kind"]) == (200, "unknown")


async def test_nobody_unsigned_is_answered_and_no_question_leaves_an_entry(ca):
    body = {"certificate": b64(pki().vendors["C01"].signer("builder").certificate)}
    await _good(ca, "recognise", body)
    async with ca.http.post(ca.url + "/v1/ca/recognise", json=body) as reply:
        assert reply.status == 401
    proof = ca.proof("T01", "POST", "/v1/ca/recognise", b"{}")
    assert (await ca.asked("T01", "POST", "/v1/ca/recognise", {}, headers=proof))[0] == 422
    assert (await ca.asked("T01", "POST", "/v1/ca/recognise", {}, headers=proof))[0] == 401, (
        "nonces count once"
    )
    journal = ca.running.ctx.hub._parts.reading.journal
    before = _entries(journal)
    for _ in range(5):
        await _good(ca, "recognise", body)
    assert _entries(journal) == before


async def test_hostile_questions_are_refused_or_judged_and_never_break_anything(ca):
    chance = random.Random(7)
    key = pki().vendors["C03"].signer("builder")
    now = datetime.now(UTC)
    samples = [
        key.certificate,
        certs.sign_cms(TEXT, key, time=now),
        certs.sign_xml(b"<a>1</a>", key),
        pki().seal("builder-seal"),
    ]
    for _ in range(150):
        raw = bytearray(chance.choice(samples))
        for _ in range(chance.randrange(1, 6)):
            place = chance.randrange(len(raw))
            raw[place : place + chance.randrange(0, 3)] = chance.randbytes(chance.randrange(0, 3))
        path = chance.choice(["recognise", "verify", "explain", "timestamps"])
        body = {NAMES[path]: b64(bytes(raw)), **({} if path == "recognise" else {"data": b64(TEXT)})}
        status, said = await _asked(ca, path, body)
        assert status == 200, (path, said)
        assert (
            said.get("result", said.get("state")) != "valid" or bytes(raw) in samples or path == "recognise"
        ), said["zh"]
    for body in (
        [], "x", 1, None, {"certificate": 1}, {"certificate": "!!"}, {"certificate": {"digest": "sm3:00"}},
        {"at": "then"}, {"at": "2026-01-01T00:00:00"}, {"purpose": "harm"}, {"chain": "x"},
        {"chain": [1] * 60}, {"medium": 3},
        {"crls": ["!!"]}, {"subject": "a" * 300}, {"strange": 1}, {"revocation": []},
        {"sector": {"a": 1}}, {"digest": "sm3:1"}, {"kind": {}}, {"items": 3}, {"items": [None, [], "x", 3]},
    ):  # fmt: skip
        for path in ("recognise", "verify", "explain", "timestamps"):
            status, said = await _asked(ca, path, body)
            assert status in {200, 400, 415, 422}, (path, body, said)
            assert status != 200 or "results" in said, (path, body)
    nested = b'{"certificate":' + b"[" * 5000 + b"]" * 5000 + b"}"
    proof = ca.proof("T01", "POST", "/v1/ca/recognise", nested)
    headers = {**proof, "Content-Type": "application/json"}
    async with ca.http.post(ca.url + "/v1/ca/recognise", data=nested, headers=headers) as reply:
        assert reply.status in {400, 422}


async def test_files_already_sent_stand_for_their_octets(ca):
    key = pki().vendors["C01"].signer("builder")
    signed = certs.sign_cms(TEXT, key, detached=True, time=datetime.now(UTC))
    named = []
    for raw in (signed, TEXT):
        name = f"sm3:{digest(raw).hex()}"
        target = f"/v1/files/{name}"
        headers = ca.proof("P01", "PUT", target, raw) | {"X-Hutong-Body": name}
        async with ca.http.put(ca.url + target, data=raw, headers=headers) as reply:
            assert reply.status in {200, 201}, await reply.text()
        named.append({"name": "a", "digest": name, "size": len(raw), "media": "application/octet-stream"})
    body = {"kind": "detached", "signature": named[0], "data": named[1]}
    status, said = await _asked(ca, "verify", body, owner="P01")
    assert (status, said["result"]) == (200, "valid"), said
    status, said = await _asked(ca, "verify", body | {"data": named[1] | {"data": b64(TEXT)}}, owner="P01")
    assert (status, said["result"]) == (200, "valid"), said
    status, said = await _asked(ca, "verify", body | {"data": named[1] | {"data": b64(b"x")}}, owner="P01")
    assert (status, said["findings"][0]["at"]) == (422, "/data"), "named one thing, brought another"
    status, said = await _asked(ca, "verify", body, owner="T01")
    assert (status, said["code"]) == (422, "ca.request"), "another member's files are nobody's"


async def test_one_thing_shown_and_another_signed(ca):
    """A yes is about what the asker laid beside it, or there is none."""
    vendor, other = pki().vendors["C01"], pki().vendors["C03"]
    key, now = vendor.signer("builder"), datetime.now(UTC)
    xml, file = certs.sign_xml(b"<a>1</a>", key), sign_ofd(make_ofd("第一页"), key, time=now)
    for raw in (xml, file):
        said = await _good(ca, "verify", {"signature": b64(raw), "data": b64(b"another contract")})
        assert (said["result"], _codes(said)) == ("indeterminate", {"argument"})
    apart = certs.sign_cms(TEXT, key, detached=True, time=now)
    two = certs.sign_cms(TEXT, [other.signer("builder"), key], detached=True, time=now)
    asked = {"kind": "detached", "data": b64(TEXT), "certificate": b64(key.certificate)}
    for signature in (apart, two):
        said = await _good(ca, "verify", asked | {"signature": b64(signature)})
        assert said["result"] == "valid", said["zh"]
    for raw, body in ((apart, asked), (xml, {"kind": "xml"})):
        stranger = {"signature": b64(raw), "certificate": b64(other.signer("builder").certificate)}
        said = await _good(ca, "verify", body | stranger)
        assert (said["result"], _codes(said)) == ("invalid", {"identity-differs"}), said["zh"]
    value = {"kind": "raw", "signature": b64(key.sign(TEXT)), "certificate": b64(key.certificate)}
    both = {"data": b64(TEXT), "digest": f"sm3:{digest(TEXT).hex()}"}
    assert (await _good(ca, "verify", value | both))["result"] == "valid"
    status, said = await _asked(ca, "verify", value | both | {"digest": f"sm3:{digest(b'x').hex()}"})
    assert status == 422 and [one["at"] for one in said["findings"]] == ["/digest"]
