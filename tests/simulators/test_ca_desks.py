"""C03 and C05 judge, sign and stamp by themselves: out of the test PKI, with lists of a moment."""

from __future__ import annotations

import base64
from datetime import datetime, timedelta
from typing import Any

import pytest

import certs
from certs.algorithms import sm2
from certs.algorithms.digest import digest
from certs.algorithms.public_keys import load
from certs.model.certificate import read_certificate
from certs.testpki import World
from hub.message import CST, wall
from simulators.desk import Desk, Refusal
from simulators.roll import roll
from simulators.systems.books import open_books
from simulators.systems.signing import POLICY, gbk_named


def b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def opened(ident: str, **own: Any) -> Desk:
    row = roll()[ident]
    desk = Desk(ident, "", row.dialect, row.variant, {}, switches={"own": own} if own else {})
    open_books(desk, 7)
    return desk


NOW = datetime.now(CST).replace(hour=15, minute=0, second=0, microsecond=0)


class Server:
    """C03 with one holder's key at hand."""

    def __init__(self, **own: Any) -> None:
        self.desk = opened("C03", **own)
        self.ca = self.desk.switches["hierarchy"]
        self.key = self.ca.signer("builder")

    def verify(self, kind: str = "certificate", **changes: Any) -> dict[str, Any]:
        asked = {
            "requestNo": "YZ-1",
            "verifyKind": kind,
            "certificate": b64(self.key.certificate),
            "atTime": wall(NOW),
            "revocationRequired": True,
            "usage": "sign",
        }
        return dict(self.desk.books["ca.verify"]({**asked, **changes}, NOW))

    def sign(self, now: datetime = NOW, **changes: Any) -> dict[str, Any]:
        asked = {
            "requestNo": "QM-1",
            "certificate.digest": f"sm3:{digest(self.key.certificate).hex()}",
            "digest": f"sm3:{digest(b'contract').hex()}",
            "digestAlgorithm": "01",
            "signKind": "bare",
            "expireTime": wall(NOW + timedelta(minutes=2)),
        }
        return dict(self.desk.books["ca.sign"]({**asked, **changes}, now))

    def stamp(self, **changes: Any) -> dict[str, Any]:
        asked = {
            "requestNo": "SJC-1",
            "digest": f"sm3:{digest(b'data').hex()}",
            "digestAlgorithm": "01",
            "nonce": "18364758544493064720",
            "certIncluded": True,
        }
        return dict(self.desk.books["tsa.stamp"]({**asked, **changes}, NOW))


def refusal(call: Any, *args: Any, **changes: Any) -> str:
    with pytest.raises(Refusal) as caught:
        call(*args, **changes)
    return caught.value.code


def test_a_certificate_of_its_own_is_valid_and_described() -> None:
    told = Server().verify()
    assert told["verdict"] == "valid" and told["checkedBy"] == "C03"
    (reason,) = told["reasons"]
    assert reason["code"] == "revocation.crl" and reason["observed"] == f"{NOW:%Y%m%d}000000"
    assert told["certificateRef"]["issuer"].startswith("CN=沙箱丙CA")
    assert told["subject"]["code"] == told["certificateRef"]["subjectCode"] == "91620000MA71A0013W"


def test_signatures_of_each_kind_are_really_verified() -> None:
    server = Server()
    data, other = b"the contract", b"another contract"
    bare = server.key.sign(data)
    attached = certs.sign_cms(data, server.key, time=NOW)
    detached = certs.sign_cms(data, server.key, detached=True, time=NOW)
    cases = [
        ("bare-signature", bare, data, "valid"),
        ("bare-signature", bare, other, "invalid"),
        ("attached", attached, b"", "valid"),
        ("attached", attached[:-1] + bytes([attached[-1] ^ 1]), b"", "invalid"),
        ("detached", detached, data, "valid"),
        ("detached", detached, other, "invalid"),
    ]
    for kind, signature, original, verdict in cases:
        told = server.verify(kind, signature=b64(signature), original=b64(original))
        assert told["verdict"] == verdict, kind
        why = told["reasons"][0]["code"]
        assert (why in ("signature.value", "certificate.digest")) == (verdict == "invalid")
        assert (why == "certificate.digest") == (kind == "detached" and verdict == "invalid")
    token = server.stamp()["token"]
    assert server.verify("timestamp", signature=token, original=b64(b"data"))["verdict"] == "valid"
    assert server.verify("timestamp", signature=token, original=b64(b"date"))["verdict"] == "invalid"


@pytest.mark.parametrize(("holder", "verdict"), [("revoked", "revoked"), ("frozen", "frozen")])
def test_what_the_list_says(holder: str, verdict: str) -> None:
    server = Server()
    server.key = server.ca.signer(holder)
    told = server.verify()
    assert told["verdict"] == verdict and told["revocationTime"] < wall(NOW)
    assert server.verify(revocationRequired=False)["verdict"] == "valid"


def test_times_outside_the_certificate() -> None:
    server = Server()
    for days, verdict in ((800, "expired"), (-800, "not-yet-valid")):
        assert server.verify(atTime=wall(NOW + timedelta(days=days)))["verdict"] == verdict


def test_quirk_c03_crl_once_a_day() -> None:
    """Revoked after midnight is known tomorrow; without the quirk at once."""
    since = NOW - timedelta(hours=1)
    cases: list[tuple[dict[str, Any], str]] = [({}, "valid"), ({"quirks": []}, "revoked")]
    for own, verdict in cases:
        server = Server(**own)
        server.ca.revoke(read_certificate(server.key.certificate).serial, since)
        assert server.verify()["verdict"] == verdict
    server = Server()
    server.ca.revoke(read_certificate(server.key.certificate).serial, NOW - timedelta(hours=16))
    assert server.verify()["verdict"] == "revoked"


def test_quirk_c03_gbk_subject_names() -> None:
    """Names that are GBK octets in the certificate come back as text."""
    server = Server()
    odd = gbk_named(server.ca, "builder")
    name = "沙箱精诚建设有限公司"
    assert name.encode("gbk") in odd.certificate and name.encode() not in odd.certificate
    assert name.encode() in server.key.certificate
    told = server.verify(certificate=b64(odd.certificate))
    assert (told["verdict"], told["subject"]["name"]) == ("valid", name)


def test_where_there_is_no_verdict() -> None:
    server = Server()
    stranger = World.open(now=NOW, seed="elsewhere").vendors["C01"].signer("builder")
    assert refusal(server.verify, certificate=b64(b"nonsense")) == "ca.encoding"
    assert refusal(server.verify, certificate="***") == "ca.encoding"
    assert refusal(server.verify, "bare-signature") == "ca.encoding"
    assert refusal(server.verify, certificate=b64(stranger.certificate)) in (
        "ca.issuer-not-recognised",
        "ca.subject-unresolved",
    )


def test_it_signs_digests_for_its_holders_once() -> None:
    server = Server()
    told = server.sign()
    key = load(read_certificate(server.key.certificate).key)
    from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

    r, s = decode_dss_signature(base64.b64decode(told["signature"]))
    assert sm2.backend().verify(digest(b"contract"), r, s, key.key)
    assert not sm2.backend().verify(digest(b"other"), r, s, key.key)
    assert server.sign() == told, "the same request, the first signature"
    assert refusal(server.sign, digest="sm3:" + "0" * 64) == "sign.replayed"
    assert refusal(server.sign, requestNo="2", now=NOW + timedelta(minutes=3)) == "sign.expired"
    assert refusal(server.sign, requestNo="3", **{"certificate.digest": "sm3:0"}) == "sign.wrong-holder"
    assert refusal(server.sign, requestNo="4", digestAlgorithm="02") == "ca.algorithm"
    server.key = server.ca.signer("revoked")
    assert refusal(server.sign, requestNo="5") == "sign.refused"


def test_stamps_are_tokens_that_hold() -> None:
    server = Server()
    told = server.stamp()
    trust = server.ca.trust("sm2-sm3")
    token = base64.b64decode(told["token"])
    judged = certs.verify_timestamp(
        token, b"data", trust=trust, at=NOW, nonce=18364758544493064720, policy=POLICY
    )
    assert judged.ok, judged.sentence()
    assert server.stamp()["serialNo"] != told["serialNo"]
    assert refusal(server.stamp, digestAlgorithm="09") == "tsa.algorithm"
    assert refusal(server.stamp, digest="sm3:00") == "tsa.digest-length"
    assert refusal(server.stamp, policy="1.2.3") == "tsa.policy"


class Province:
    """C05 and one certificate that it has registered."""

    def __init__(self, holder: str = "neighbour", **own: Any) -> None:
        self.desk = opened("C05", **own)
        certificate = self.desk.switches["hierarchy"].signer(holder).certificate
        self.digest = f"sm3:{digest(certificate).hex()}"

    def ask(self, service: str, **asked: Any) -> dict[str, Any]:
        plain = {"certificate.digest": self.digest, "atTime": wall(NOW), "verifyKind": "certificate"}
        return dict(self.desk.books[service]({**plain, **asked}, NOW))

    def sync(self, version: str, content: str = "a", **asked: Any) -> dict[str, Any]:
        told = {
            "syncKind": "trust-list",
            "listVersion": version,
            "content.digest": content,
            "nextUpdate": wall(NOW + timedelta(days=7)),
        }
        return dict(self.desk.books["ca.sync"]({**told, **asked}, NOW))


def test_the_neighbour_vouches_for_what_it_has_registered() -> None:
    told = Province().ask("ca.verify")
    assert told["verdict"] == "valid" and told["reasons"][0]["code"] == "ca.note.cross-province"
    assert told["certificateRef"]["caId"] == "C05-CA1" and told["certificateRef"]["medium"] == "tokenless"
    unknown = {"certificate.digest": "sm3:00"}
    assert refusal(Province().ask, "ca.verify", **unknown) == "ca.encoding"
    assert refusal(Province().ask, "ca.status", **unknown) == "ca.unknown-serial"
    assert refusal(Province().ask, "ca.verify", verifyKind="attached") == "ca.encoding"
    good = Province().ask("ca.status")
    assert good["status"] == "good" and good["nextUpdate"] == wall(NOW + timedelta(hours=12))
    gone = Province("revoked").ask("ca.status")
    assert (gone["status"], gone["revocationReason"]) == (
        "revoked",
        "keyCompromise",
    ) and "nextUpdate" not in gone
    assert Province("frozen").ask("ca.status")["status"] == "frozen"
    assert Province("revoked").ask("ca.verify")["verdict"] == "revoked"


def test_quirk_c05_versioned_list() -> None:
    province = Province()
    first = province.sync("20261122090000", "a")
    assert first["appliedVersion"] == "20261122090000"
    assert province.sync("20261122090000", "a") == first
    assert refusal(province.sync, "20261122090000", "b") == "sync.rollback"
    assert refusal(province.sync, "20261121090000", "b") == "sync.rollback"
    assert refusal(province.sync, "20261122100000", "b", previousDigest="x") == "sync.gap"
    assert province.sync("20261122100000", "b", previousDigest="a")["appliedVersion"] == "20261122100000"
    assert province.sync("20261122110000", "c")["appliedVersion"], "a full list needs no digest before it"
    assert refusal(province.sync, "20261122120000", "d", nextUpdate=wall(NOW)) == "sync.expired"
    assert province.sync("20250101000000", "e", syncKind="crl"), "each kind has versions of its own"
    free = Province(trust_list="any")
    assert [free.sync(v, v)["appliedVersion"] for v in ("20261122090000", "20250101000000")]
