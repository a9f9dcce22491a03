"""Head and body: every member missing, unknown or badly written is named, all at once."""

import copy
from typing import Any

import pytest

from hub.message import check_shape
from tests.rows import each

GOOD: dict[str, Any] = {
    "head": {
        "ver": "1",
        "realm": "sandbox",
        "from": "T01",
        "msgId": "m-1",
        "msgType": "record.put",
        "stage": "eng-project",
        "time": "2026-11-22T09:00:00+08:00",
        "nonce": "abcdefgh",
        "sign": {"alg": "hmac-sm3", "keyId": "T01-1", "value": "AAAA"},
    },
    "body": {
        "op": "insert",
        "key": "k1",
        "version": 1,
        "fields": {},
        "files": [
            {
                "name": "公告.pdf",
                "digest": "sm3:" + "0" * 64,
                "size": 1,
                "media": "application/pdf",
                "role": "X",
            }
        ],
    },
}
ABSENT = object()


def put(pointer: str, value: object) -> dict[str, Any]:
    """GOOD with the member at `pointer` replaced or removed."""
    changed = copy.deepcopy(GOOD)
    *path, last = pointer.strip("/").split("/")
    spot: Any = changed
    for name in path:
        spot = spot[int(name)] if isinstance(spot, list) else spot[name]
    if value is ABSENT:
        del spot[last]
    else:
        spot[int(last) if isinstance(spot, list) else last] = value
    return changed


def test_a_good_envelope_has_no_findings() -> None:
    assert check_shape(GOOD) == []


@each(
    ("at", "value", "code"),
    [
        ("/head/ver", "2", "envelope.format"),
        ("/head/ver", ABSENT, "envelope.required"),
        ("/head/realm", "test", "envelope.format"),
        ("/head/from", "", "envelope.format"),
        ("/head/from", 1, "envelope.format"),
        ("/head/msgId", "有空 格", "envelope.format"),
        ("/head/msgId", "x" * 65, "envelope.format"),
        ("/head/time", "2026-11-22T09:00:00Z", "envelope.format"),
        ("/head/time", "20261122090000", "envelope.format"),
        ("/head/time", "2026-13-22T09:00:00+08:00", "envelope.format"),
        ("/head/nonce", "short", "envelope.format"),
        ("/head/nonce", "abcdefgh\n", "envelope.format"),
        ("/head/stage", ABSENT, "envelope.required"),
        ("/head/sign", ABSENT, "envelope.required"),
        ("/head/sign/alg", "md5", "envelope.format"),
        ("/head/sign/value", "!!", "envelope.format"),
        ("/head/extra", "x", "envelope.unknown"),
        ("/body/op", "upsert", "envelope.format"),
        ("/body/version", "1", "envelope.format"),
        ("/body/version", True, "envelope.format"),
        ("/body/version", -1, "envelope.format"),
        ("/body/fields", [], "envelope.format"),
        ("/body/files/0/digest", "md5:0", "envelope.format"),
        ("/body/files/0/name", "../x", "envelope.format"),
        ("/body/files/0", 3, "envelope.type"),
    ],
)
def test_each_defect_is_found_at_its_place(at: str, value: object, code: str) -> None:
    assert (code, at) in [(finding.code, finding.at) for finding in check_shape(put(at, value))]


@pytest.mark.parametrize("value", [None, [], 3, "x", {}])
def test_what_is_no_envelope_is_said_to_be_none(value: object) -> None:
    assert check_shape(value)


def test_a_sample_may_be_unsigned() -> None:
    assert check_shape(put("/head/sign", ABSENT), signed=False) == []
