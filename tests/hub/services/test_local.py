"""Certificates and stamps are answered by the hub first; a provider beside it must agree."""

from __future__ import annotations

import base64
import shutil
from datetime import UTC, datetime, timedelta

import pytest
from core_kit import Bench, Clock

import certs
from certs.algorithms.digest import digest
from certs.model.certificate import read_certificate
from certs.testpki.world import World
from certs.timestamp import verify_timestamp
from hub.engine import Reader
from hub.message import wall
from tests.hub.server.ca_kit import b64, pki, provided

TEXT = "中标通知书".encode()
T01 = Reader("T01")


@pytest.fixture
async def bench(tmp_path):
    folder = shutil.copytree(provided(), tmp_path / "ca")
    made = Bench(tmp_path / "hub", ca_dir=folder)
    made.clock = Clock(datetime.now(UTC))
    return made


@pytest.fixture
async def hub(bench):
    hub = await bench.open("T01", "P09")
    yield hub
    await hub.drain()


def _file(raw):
    return {
        "name": "a",
        "digest": f"sm3:{digest(raw).hex()}",
        "size": len(raw),
        "media": "application/octet-stream",
    }


async def _kept(hub, raw):
    """As if the asker had sent it before."""
    await hub._parts.enclosures.away("T01", {**_file(raw), "data": b64(raw)})
    return _file(raw)


_number = iter(range(10_000))


async def _ask(bench, hub, service, to="hub", **fields):
    head = {
        "ver": "1", "realm": "sandbox", "from": "T01", "msgId": f"m{next(_number)}", "msgType": service,
        **bench.circumstance(), **({} if to == "hub" else {"to": to}),
    }  # fmt: skip
    return await hub.service(bench.signed({"head": head, "body": {"fields": fields}}))


async def _verify(bench, hub, key, to="hub", kind="certificate", **more):
    files = {name: await _kept(hub, raw) for name, raw in more.items()}
    return await _ask(
        bench, hub, "ca.verify", to, requestNo="1", verifyKind=kind,
        certificate=await _kept(hub, key.certificate),
        atTime=wall(bench.clock()), revocationRequired=True, usage="sign", **files,
    )  # fmt: skip


def _said(verdict, **more):
    return lambda asked: {"kind": "delivered", "data": {
        "verdict": verdict, "reasons": [], "certificateRef": {"caId": "C01"}, "subject": {"code": "x"},
        "checkedBy": "C01", **more,
    }}  # fmt: skip


@pytest.mark.parametrize(
    ("vendor", "holder", "word"),
    [("C01", "builder", "valid"), ("C02", "revoked", "revoked"), ("C03", "frozen", "frozen"),
     ("C04", "agency", "valid"), ("P01", "neighbour", "valid")],
)  # fmt: skip
async def test_what_the_hub_knows_itself_nobody_else_is_asked(bench, hub, vendor, holder, word):
    key = pki().vendors[vendor].signer(holder)
    answer = await _verify(bench, hub, key)
    assert answer.status == 200, answer
    assert (answer.data["verdict"], answer.data["checkedBy"]) == (word, "hub")
    assert answer.data["certificateRef"]["caId"] == vendor and answer.data["subject"]["code"]
    assert answer.story["provider"] == "hub" and not bench.transport.got
    signed = certs.sign_cms(TEXT, key, detached=True, time=bench.clock())
    whole = await _verify(bench, hub, key, kind="detached", signature=signed, original=TEXT)
    assert whole.data["verdict"] == word, whole
    other = await _verify(bench, hub, key, kind="detached", signature=signed, original=b"other")
    assert other.data["verdict"] != "valid"


async def test_a_provider_the_caller_names_is_asked_too_and_has_to_agree(bench, hub):
    key = pki().vendors["C01"].signer("builder")
    bench.transport.behave["C01"] = _said("valid")
    answer = await _verify(bench, hub, key, to="C01")
    assert (answer.status, answer.data["verdict"], answer.findings) == (200, "valid", ()), answer
    bench.transport.behave["C01"] = _said("revoked")
    answer = await _verify(bench, hub, key, to="C01")
    assert answer.data["verdict"] == "revoked", "the stricter of two"
    assert [(one.code, one.observed) for one in answer.findings] == [("ca.disagreement", "revoked")]
    frozen = pki().vendors["C01"].signer("frozen")
    bench.transport.behave["C01"] = _said("valid")
    answer = await _verify(bench, hub, frozen, to="C01")
    assert answer.data["verdict"] == "frozen", "a lying gateway makes nobody valid"
    assert [one.code for one in answer.findings] == ["ca.disagreement"]
    assert len(bench.transport.got["C01"]) == 3


async def test_without_data_of_our_own_the_issuer_is_asked_and_that_is_said(bench, hub):
    for path in (bench.settings.ca_dir / "crl").iterdir():
        path.unlink()
    key = pki().vendors["C01"].signer("builder")
    bench.transport.behave["C05"] = bench.transport.behave["C01"] = _said("valid")
    answer = await _verify(bench, hub, key)
    assert answer.status == 200 and answer.data["checkedBy"] == "C01", answer
    assert [one.code for one in answer.findings] == ["ca.unconfirmed"]


async def test_where_nobody_can_say_our_own_reason_is_told_if_we_could_read_everything(bench, hub):
    for path in (bench.settings.ca_dir / "crl").iterdir():
        path.unlink()
    key = pki().vendors["C01"].signer("builder")
    refused = {"kind": "refused", "code": "ca.encoding", "blame": "sender", "foreign": "5002"}
    bench.transport.behave["C05"] = bench.transport.behave["C01"] = lambda asked: refused
    for to in ("hub", "C01"):
        answer = await _verify(bench, hub, key, to=to)
        assert (answer.status, answer.code) == (422, "ca.revocation-unknown"), answer
    assert bench.transport.got["C01"], "asked, and no wiser"
    silent = {"kind": "retry", "code": "network.refused", "blame": "network"}
    bench.transport.behave.update(dict.fromkeys(("C01", "C02", "C03", "C05"), lambda asked: silent))
    answer = await _verify(bench, hub, key)
    assert (answer.status, answer.code) == (502, "upstream.unavailable"), "silence is not dressed up"


async def test_refusals_in_the_standards_own_words(bench, hub):
    stranger = World.open(now=bench.clock()).vendors["C05"].signer("builder")
    assert (await _verify(bench, hub, stranger)).code == "ca.issuer-not-recognised"
    nonsense = await _ask(
        bench, hub, "ca.verify", requestNo="1", verifyKind="certificate", certificate=await _kept(hub, b"no"),
        atTime=wall(bench.clock()), revocationRequired=True, usage="sign",
    )  # fmt: skip
    assert (nonsense.status, nonsense.code) == (422, "ca.encoding")
    assert not bench.transport.got


def _reference(ca, raw):
    one = read_certificate(raw)
    return {
        "caId": ca, "issuer": str(one.issuer), "serialNo": f"{one.serial:X}",
        "digest": f"sm3:{digest(raw).hex()}",
        "medium": "token", "usage": "sign",
        "notBefore": wall(one.not_before), "notAfter": wall(one.not_after),
    }  # fmt: skip


async def test_the_status_comes_from_the_list_unless_something_fresher_is_wanted(bench, hub):
    vendor = pki().vendors["C01"]
    for holder, status in (("builder", "good"), ("revoked", "revoked"), ("frozen", "frozen")):
        about = _reference("C01", vendor.signer(holder).certificate)
        answer = await _ask(bench, hub, "ca.status", certificate=about)
        assert (answer.data["status"], answer.data["sourceSystem"]) == (status, "hub"), answer
        assert ("revocationTime" in answer.data) == (status != "good") and answer.data["nextUpdate"]
    assert not bench.transport.got
    about = _reference("C01", vendor.signer("builder").certificate)
    told = {"status": "frozen", "thisUpdate": wall(bench.clock()), "sourceSystem": "C01"}
    bench.transport.behave["C01"] = lambda asked: {"kind": "delivered", "data": told}
    answer = await _ask(bench, hub, "ca.status", certificate=about, method="ocsp")
    assert answer.data["status"] == "frozen" and answer.data["sourceSystem"] == "C01", answer
    unknown = await _ask(bench, hub, "ca.status", certificate={**about, "caId": "C99"})
    assert (unknown.status, unknown.code) == (422, "ca.issuer-not-recognised")


async def test_a_stamp_is_given_by_the_hub_and_kept_for_the_asker(bench, hub):
    answer = await _ask(
        bench, hub, "tsa.stamp", requestNo="1", digest=digest(TEXT).hex(), digestAlgorithm="01", nonce="77"
    )
    assert answer.status == 200, answer
    token = await hub._parts.enclosures.beside("T01", dict(answer.data["token"]), [1 << 20])
    trust = hub._parts.notary.stamper.authority.trust(bench.clock())
    at = bench.clock() + timedelta(seconds=1)
    verdict = verify_timestamp(base64.b64decode(token["data"]), TEXT, trust=trust, at=at, nonce=77)
    assert verdict.ok, verdict.sentence()
    assert not bench.transport.got
    wrong = await _ask(bench, hub, "tsa.stamp", requestNo="2", digest="00", digestAlgorithm="01", nonce="1")
    assert (wrong.status, wrong.code) == (422, "tsa.digest-length")
