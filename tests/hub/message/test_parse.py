"""Bytes two parsers could read differently are refused before anybody looks at a signature."""

import json
from typing import Any

import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from hub.message import canonical, parse
from hub.message.parse import MAX_DEPTH, MAX_INTEGER
from tests.rows import each

NAMES = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=8)
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
SCALARS = st.none() | st.booleans() | st.integers(-MAX_INTEGER + 1, MAX_INTEGER - 1) | TEXTS
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=20,
)


@given(VALUES)
def test_what_is_lawful_comes_back_whole_and_canonical_form_is_rfc_8785(value: Any) -> None:
    parsed = parse(json.dumps(value).encode())
    assert parsed.findings == ()
    assert parsed.value == value
    assert canonical(value) == rfc8785.dumps(value)


@each(
    ("raw", "code", "at"),
    [
        (b'{"a": 1, "a": 2}', "json.duplicate-key", "/a"),
        (b'{"a": [{"b": 1, "b": 1}]}', "json.duplicate-key", "/a/0/b"),
        (b'{"a": 1.5}', "json.float", "/a"),
        (b'{"a": 1e3}', "json.float", "/a"),
        (b'{"a": -1.0}', "json.float", "/a"),
        (b'{"a": NaN}', "json.float", "/a"),
        (b'{"a": Infinity}', "json.float", "/a"),
        (b'{"a": 9007199254740993}', "json.integer", "/a"),
        (b'{"a": ' + b"9" * 5000 + b"}", "json.integer", "/a"),
        (b'{"a": "x\\u0000y"}', "json.nul", "/a"),
        (b'{"a": "\\ud800"}', "json.surrogate", "/a"),
        ('{"项目": 1}'.encode(), "json.name", "/项目"),
        (b'{"a~/b": 1.5}', "json.float", "/a~0~1b"),
        (b'{"a": ', "json.malformed", ""),
        (b"", "json.malformed", ""),
        ('{"a": "项目"}'.encode("gbk"), "json.encoding", ""),
        (b"\xef\xbb\xbf{}", "json.encoding", ""),
        (b"[" * 100_000, "json.depth", ""),
        (b'{"a":' * (MAX_DEPTH + 1) + b"1" + b"}" * (MAX_DEPTH + 1), "json.depth", ""),
    ],
)
def test_each_ambiguity_has_its_code_and_place(raw: bytes, code: str, at: str) -> None:
    assert [(finding.code, finding.at) for finding in parse(raw).findings] == [(code, at)]


def test_all_findings_come_at_once() -> None:
    codes = {finding.code for finding in parse(b'{"a": 1.5, "a": 2, "b": "\\u0000", "c": [NaN]}').findings}
    assert codes == {"json.duplicate-key", "json.nul", "json.float"}


def test_brackets_inside_strings_are_no_depth() -> None:
    assert parse(json.dumps({"a": "[{" * 500 + '"\\'}).encode()).findings == ()


@given(st.binary(max_size=300))
def test_no_bytes_make_it_raise(raw: bytes) -> None:
    parsed = parse(raw)
    assert parsed.value is not None or parsed.findings or raw.strip() == b"null"


def test_a_number_that_is_refused_can_still_be_written_as_it_came():
    value = parse(b'{"a": 1.50, "b": [12345678901234567890]}').value
    assert canonical(value) == b'{"a":"1.50","b":["12345678901234567890"]}'
