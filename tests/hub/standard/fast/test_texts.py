"""Texts that two parsers could read differently are refused by the fast path as by `parse`."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.message import canonical, parse, signing_bytes
from hub.standard import Standard, load
from hub.standard.fast import Verdict
from tests.rows import each

STANDARD = load()
STAGE = "eng-tender-notice"


def text(**changes: Any) -> str:
    envelope = STANDARD.sample(STAGE, 1)
    envelope["body"]["fields"] |= changes
    return canonical(envelope).decode()


def verdict(raw: str | bytes) -> Verdict:
    return STANDARD.verdict(raw if isinstance(raw, bytes) else raw.encode())


@each(
    ("old", "new"),
    [
        ('"op":"insert"', '"op":"insert","op":"insert"'),
        ('"ver":"1"', '"ver":"1","ver":"1"'),
        ('"ver":"1"', '"ver":"2","ver":"1"'),
        ('"fields":{', '"fields":{"NOTICE_NAME":"甲",'),
        ('"fields":{', '"fields":{"NOTICE_NAME":1,'),
        ('"fields":{', '"fields":{"NOTICE_NAME":null,'),
        ('"fields":{', '"fields":{"NOTICE_BID_NUM":1,'),
        ('"fields":{', '"fields":{"NOTICE_\\u004eAME":"甲",'),
        ('"fields":{', '"fields":{},"fields":{'),
        ('"ext":{}', '"ext":{},"ext":{}'),
        ('"ext":{}', '"ext":{"a":1,"a":2}'),
        ('"ext":{}', '"ext":{"a":1.0}'),
        ('"ext":{}', '"ext":{"a":9007199254740993}'),
        ('"ext":{}', '"ext":{"甘":"x"}'),
        ('"ext":{}', '"ext":{"a":"\\u0000"}'),
        ('"ext":{}', '"ext":{"a":"\\ud800"}'),
        ('"version":1', '"version":1.0'),
        ('"version":1', '"version":1e0'),
        ('"version":1', '"version":1,"version":1'),
        ('"version":1', '"version":1,"version":2.5,"version":1'),
        ('"NOTICE_BID_NUM":1', '"NOTICE_BID_NUM":1.0'),
        ('"NOTICE_NAME":"', '"NOTICE_NAME":"\\u0000'),
        ('"NOTICE_NAME":"', '"NOTICE_NAME":"\\ud83d'),
        ('"NOTICE_NAME":"', '"NOTICE_NAME":"\n'),
        ('"NOTICE_NAME":"', '"NOTICE_NAME":"\x00'),
        ('"NOTICE_NAME":"', '"NOTICE_NAME":"\\x'),
        ('{"body"', '\ufeff{"body"'),
        ('{"body"', '{"body":{},"body"'),
    ],
)  # fmt: skip
def test_ambiguous_texts(old: str, new: str) -> None:
    good = text()
    assert old in good and verdict(good) is Verdict.CLEAN
    bad = good.replace(old, new, 1)
    assert parse(bad.encode()).findings
    assert verdict(bad) is Verdict.REFUSED


NONE = (b"", b"{", b"[" * 100_000, b"null", b"\xff", text().encode("gb18030"), b"1e999")


@pytest.mark.parametrize("raw", NONE)
def test_what_is_no_message(raw: bytes) -> None:
    assert verdict(raw) is Verdict.REFUSED


@each(
    "value",
    [
        '引号"中"间',
        "反斜杠\\",
        '\\"',
        '"\\"\\\\"',
        "行\n行\r\t",
        "行\u2028行",
        "𠀀𠀁",
        "\x7f\x1f",
        "a\\u0000",
        "\\ud800",
        "/",
    ],
)
def test_escapes_are_text(value: str) -> None:
    """Escaped quotation marks are no marks, however the sender writes."""
    envelope = STANDARD.sample(STAGE, 1)
    envelope["body"]["fields"]["NOTICE_NAME"] = value
    for ascii_only in (False, True):
        for indent in (None, 2):
            raw = json.dumps(envelope, ensure_ascii=ascii_only, indent=indent).encode()
            assert parse(raw).findings == ()
            assert verdict(raw) is Verdict.CLEAN
            twice = raw.replace(b'"fields":', b'"fields":{}, "fields":', 1)
            assert verdict(twice) is Verdict.REFUSED


@given(st.binary(max_size=40), st.integers(0, 1940), st.integers(0, 12))
def test_any_splinter_in_a_good_text(splinter: bytes, at: int, gone: int) -> None:
    raw = text().encode()
    raw = raw[:at] + splinter + raw[at + gone :]
    parsed = parse(raw)
    accepted = not parsed.findings and STANDARD.verdict(parsed.value) is not Verdict.REFUSED
    assert STANDARD.accepts(raw) == accepted


MARKS = ('"', "\\", "\\\\", '\\"', ",", ":", "{", "}", '"ver":"1"', "null", " ", "1", ".5")


@given(st.lists(st.sampled_from(MARKS), max_size=6), st.integers(0, 1940))
def test_any_punctuation_in_a_good_text(parts: list[str], at: int) -> None:
    good = text()
    raw = (good[:at] + "".join(parts) + good[at:]).encode()
    parsed = parse(raw)
    accepted = not parsed.findings and STANDARD.verdict(parsed.value) is not Verdict.REFUSED
    assert STANDARD.accepts(raw) == accepted


COLLIDING = [
    ("0.1", "0.1000000000000000055511151231257827"),
    ("1.10", "1.1"),
    ("1.0", "1"),
    ("9007199254740992", "9007199254740993"),
    ("12345678901234567890", "12345678901234567891"),
    ("100", "1e2"),
    ("0", "-0"),
    ("0.0", "-0.0"),
]


@each(("one", "other"), COLLIDING)
def test_numbers_that_collide_as_doubles(standard: Standard, one: str, other: str) -> None:
    """As strings two contents, two signatures; bare, those that readers disagree on are refused."""
    assert float(one) == float(other)
    envelopes = []
    for number in (one, other):
        envelope = standard.sample(STAGE, 1)
        envelope["body"]["fields"]["DOC_PRICE"] = number
        again = parse(canonical(envelope))
        assert again.findings == () and again.value["body"]["fields"]["DOC_PRICE"] == number
        envelopes.append(envelope)
    assert signing_bytes(envelopes[0]) != signing_bytes(envelopes[1])
    bare = [parse(f'{{"n":{number}}}'.encode()) for number in (one, other)]
    same = [parsed.value["n"] for parsed in bare if not parsed.findings]
    assert len(same) < 2 or (one, other) == ("0", "-0"), "at least one of a colliding pair is refused"
    if (one, other) == ("0", "-0"):
        assert canonical(bare[0].value) == canonical(bare[1].value)  # one number, written twice


@given(st.decimals(allow_nan=False, allow_infinity=False, places=6), st.integers(1, 3))
def test_zeros_behind_a_decimal_are_content(number: Any, zeros: int) -> None:
    one = {"head": {}, "body": {"fields": {"X": f"{number:f}"}}}
    other = {"head": {}, "body": {"fields": {"X": f"{number:f}" + "0" * zeros}}}
    assert signing_bytes(one) != signing_bytes(other)


@given(st.integers(2**53 + 1, 2**70))
def test_bare_integers_that_a_double_cannot_hold(number: int) -> None:
    for value in (number, -number):
        assert [finding.code for finding in parse(b'{"n":%d}' % value).findings] == ["json.integer"]
