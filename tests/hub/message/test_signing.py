"""A signature covers every member but itself, belongs to its sender, and ages."""

import copy
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.message import CST, Key, check_time, content_digest, sign, sign_request, verify, verify_request, wall

KEYS = {
    "T01-1": Key("T01-1", "T01", "hmac-sm3", b"1" * 32),
    "T02-1": Key("T02-1", "T02", "hmac-sha256", b"2" * 32),
}
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
