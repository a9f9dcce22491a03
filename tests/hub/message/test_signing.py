"""A signature covers every member but itself, belongs to its sender, and ages."""

import base64
import copy
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st

from certs.algorithms.digest import mac
from certs.algorithms.signature import SIGNATURES, family
from hub.message import (
    CST,
    CannotSignError,
    Key,
    check_time,
    content_digest,
    parse,
    sign,
    sign_request,
    signing_bytes,
    verify,
    verify_request,
    wall,
)

KEYS = {
    "T01-1": Key("T01-1", "T01", "hmac-sm3", b"1" * 32),
    "T02-1": Key("T02-1", "T02", "hmac-sha256", b"2" * 32),
}

RSA_PEM = rsa.generate_private_key(65537, 2048).private_bytes(
    Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
)
EC_PEM = ec.generate_private_key(ec.SECP256R1()).private_bytes(
    Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
)
RAW = {"sm2-sm3": b"\x21" * 32, "rsa-sha256": RSA_PEM, "ecdsa-sha256": EC_PEM}


def pair(alg: str, number: int = 1) -> Key:
    """The sender's key: both halves."""
    private = family(alg).read_private(RAW[alg])
    return Key(f"T01-{alg}-{number}", "T01", alg, public=family(alg).public_of(private), private=private)


def public_half(key: Key) -> Key:
    return replace(key, private=b"")


NOW = datetime(2026, 11, 22, 9, 0, tzinfo=CST)


def envelope(**head: Any) -> dict[str, Any]:
    return {
        "head": {"ver": "1", "from": "T01", "msgId": "m1", "time": wall(NOW), "nonce": "n" * 8, **head},
        "body": {"fields": {"PROJECT_NAME": "兰州𠮷项目", "AMOUNT": "0.10"}},
    }


def codes(signed: dict[str, Any]) -> list[str]:
    return [finding.code for finding in verify(signed, KEYS.get)]


@pytest.mark.parametrize("key_id", KEYS)
def test_what_the_sender_signed_is_believed(key_id: str) -> None:
    assert codes(sign(envelope(**{"from": KEYS[key_id].owner}), KEYS[key_id])) == []


@given(st.sampled_from(["ver", "from", "msgId", "time", "nonce"]), st.text(min_size=1))
def test_no_member_of_the_head_can_be_changed(name: str, value: str) -> None:
    signed = sign(envelope(), KEYS["T01-1"])
    if signed["head"][name] == value:
        return
    signed["head"][name] = value
    assert codes(signed)


def test_no_byte_of_a_field_can_be_changed() -> None:
    signed = sign(envelope(), KEYS["T01-1"])
    changed = copy.deepcopy(signed)
    changed["body"]["fields"]["AMOUNT"] = "0.1"
    assert codes(changed) == ["auth.signature"]


def test_another_members_key_and_an_unknown_key_get_one_answer() -> None:
    foreign = verify(sign(envelope(), KEYS["T02-1"]), KEYS.get)
    unknown = verify(sign(envelope(), Key("T09-1", "T01", "hmac-sm3", b"9")), KEYS.get)
    assert [f.code for f in foreign] == [f.code for f in unknown] == ["auth.key"]
    assert foreign[0].expected == unknown[0].expected


def test_an_algorithm_is_not_the_senders_choice() -> None:
    weaker = Key("T01-1", "T01", "hmac-sha256", b"1" * 32)
    assert codes(sign(envelope(), weaker)) == ["auth.algorithm"]


@pytest.mark.parametrize(("off", "ok"), [(0, True), (299, True), (-299, True), (301, False), (-301, False)])
def test_the_window_is_five_minutes_either_way(off: int, ok: bool) -> None:
    assert (check_time(wall(NOW + timedelta(seconds=off)), NOW, "/head/time") == []) is ok


def test_a_retry_with_fresh_time_and_nonce_is_the_same_message() -> None:
    first = sign(envelope(), KEYS["T01-1"])
    again = sign(envelope(time=wall(NOW + timedelta(seconds=60)), nonce="m" * 8), KEYS["T01-1"])
    other = sign(envelope(msgId="m2"), KEYS["T01-1"])
    assert content_digest(first) == content_digest(again) != content_digest(other)


def test_a_request_without_envelope_is_bound_to_its_target() -> None:
    headers = sign_request("GET", "/v1/messages?from=T01", KEYS["T01-1"], now=NOW, nonce="n1234567")
    assert verify_request("GET", "/v1/messages?from=T01", headers, KEYS.get) == (KEYS["T01-1"], [])
    for method, target in (("POST", "/v1/messages?from=T01"), ("GET", "/v1/messages?from=T02")):
        key, findings = verify_request(method, target, headers, KEYS.get)
        assert key is None
        assert [finding.code for finding in findings] == ["auth.signature"]
    assert len(verify_request("GET", "/", {}, KEYS.get)[1]) == 5


def test_a_key_never_prints_its_secret() -> None:
    assert "1111" not in repr(KEYS["T01-1"])


@pytest.mark.parametrize("alg", SIGNATURES)
class TestKeyPairs:
    def test_the_public_half_believes_what_the_private_half_signed(self, alg: str) -> None:
        key = pair(alg)
        signed = sign(envelope(), key)
        ring = {key.key_id: public_half(key)}
        assert verify(signed, ring.get) == []
        changed = copy.deepcopy(signed)
        changed["body"]["fields"]["AMOUNT"] = "0.1"
        assert [finding.code for finding in verify(changed, ring.get)] == ["auth.signature"]

    def test_requests_too(self, alg: str) -> None:
        key = pair(alg)
        headers = sign_request("GET", "/v1/messages", key, now=NOW, nonce="n1234567")
        assert verify_request("GET", "/v1/messages", headers, {key.key_id: public_half(key)}.get)[1] == []
        assert verify_request("PUT", "/v1/messages", headers, {key.key_id: public_half(key)}.get)[0] is None

    def test_a_public_half_cannot_sign(self, alg: str) -> None:
        with pytest.raises(CannotSignError):
            sign(envelope(), public_half(pair(alg)))

    def test_the_message_does_not_choose_the_algorithm(self, alg: str) -> None:
        """The old trick: a keyed digest whose secret is the public key everybody knows."""
        key = pair(alg)
        confused = Key(key.key_id, "T01", "hmac-sm3", key.public)
        assert [f.code for f in verify(sign(envelope(), confused), {key.key_id: key}.get)] == [
            "auth.algorithm"
        ]
        for other in SIGNATURES:
            signed = sign(envelope(), replace(pair(other), key_id=key.key_id))
            codes = [finding.code for finding in verify(signed, {key.key_id: key}.get)]
            assert codes == ([] if other == alg else ["auth.algorithm"])


def test_the_identity_of_sm2_belongs_to_the_key() -> None:
    key = replace(pair("sm2-sm3"), ident="甘肃省公共资源".encode())
    signed = sign(envelope(), key)
    assert verify(signed, {key.key_id: key}.get) == []
    usual = {key.key_id: pair("sm2-sm3")}
    assert [finding.code for finding in verify(signed, usual.get)] == ["auth.signature"]


def test_only_der_is_a_value_of_sm2() -> None:
    key = pair("sm2-sm3")
    signed = sign(envelope(), key)
    r, s = decode_dss_signature(base64.b64decode(signed["head"]["sign"]["value"]))
    raw = base64.b64encode(r.to_bytes(32, "big") + s.to_bytes(32, "big")).decode()
    signed["head"]["sign"]["value"] = raw
    assert [finding.code for finding in verify(signed, {key.key_id: key}.get)] == ["auth.signature"]


def test_an_empty_key_believes_nobody() -> None:
    for alg in ("hmac-sm3", *SIGNATURES):
        nobody = Key("T01-1", "T01", alg)
        block = {"alg": alg, "keyId": "T01-1"}
        if alg == "hmac-sm3":
            data = signing_bytes(envelope(sign=block))
            block["value"] = base64.b64encode(mac(data, b"")).decode()
        else:
            block["value"] = "AAAA"
        found = verify(envelope(sign=block), {"T01-1": nobody}.get)
        assert [finding.code for finding in found] == ["auth.signature"]


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("0.1", "0.10000000000000000555"),
        ("9007199254740993", "9007199254740992"),
        ("1.10", "1.1"),
        ("100000000000000000001", "100000000000000000002"),
    ],
)
def test_amounts_that_collide_as_doubles_never_share_a_signature(one: str, two: str) -> None:
    """As strings they are signed apart; as numbers they are refused before any signature is looked at."""
    assert float(one) == float(two)
    made = [envelope() for _ in (one, two)]
    for each, amount in zip(made, (one, two), strict=True):
        each["body"]["fields"]["AMOUNT"] = amount
    assert signing_bytes(made[0]) != signing_bytes(made[1])
    changed = sign(made[0], KEYS["T01-1"])
    changed["body"]["fields"]["AMOUNT"] = two
    assert codes(changed) == ["auth.signature"]
    refused = [parse(f'{{"AMOUNT":{number}}}'.encode()) for number in (one, two)]
    assert any(parsed.findings for parsed in refused)
