"""The short way through `parse` never says more than the long way, and says it of ordinary messages."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.message import parse
from hub.message.strict import UNSURE, strict
from hub.standard import load

STANDARD = load()


def long_way(raw: bytes) -> Any:
    """`parse` without the short way."""
    patch = pytest.MonkeyPatch()
    patch.setattr(sys.modules[parse.__module__], "read", lambda raw: (UNSURE, None))
    try:
        return parse(raw)
    finally:
        patch.undo()


def agrees(raw: bytes) -> None:
    told, found = strict(raw), long_way(raw)
    if told is not UNSURE:
        assert found.findings == ()
        # repr tells True from 1 and keeps the order of members.
        assert repr(told) == repr(found.value)
    short = parse(raw)
    assert repr((short.value, short.findings)) == repr((found.value, found.findings))


def test_the_long_way_is_another_way() -> None:
    assert strict(b"{}") == {}
    assert long_way(b'{"a":1,"a":1}').findings[0].code == "json.duplicate-key"


def test_every_sample_goes_the_short_way() -> None:
    for stage in STANDARD.stages:
        envelope = STANDARD.sample(stage.id, 3)
        for ascii_only in (False, True):
            for indent in (None, 1):
                raw = json.dumps(envelope, ensure_ascii=ascii_only, indent=indent).encode()
                assert strict(raw) == envelope
                agrees(raw)


NAMES = st.sampled_from(["a", "b", "", '"', "\\", "a\nb", "甘", "a\0"])
TEXTS = st.one_of(st.text(max_size=5), st.sampled_from(['"', '\\"', "\\", "\0", "𠀀", "a:", '","a":"']))
NUMBERS = st.one_of(st.integers(-(2**66), 2**66), st.sampled_from([2**53, 2**53 + 1, -(2**53), 2**64, 0]))
VALUES = st.recursive(
    st.one_of(TEXTS, NUMBERS, st.booleans(), st.none(), st.floats(allow_nan=False)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(NAMES, inner, max_size=3)),
    max_leaves=20,
)


@given(st.dictionaries(NAMES, VALUES, max_size=4), st.booleans(), st.sampled_from([None, 0, 2]))
def test_any_value(value: dict[str, Any], ascii_only: bool, indent: int | None) -> None:
    agrees(json.dumps(value, ensure_ascii=ascii_only, indent=indent).encode())


PIECES = st.sampled_from(
    ['{"', '"', '":', ",", "{", "}", "[", "]", '"a"', '"a":1', '"a":"x"', '"b":{}', "1", "1.0", "-0", "1e2",
     "\\", '\\"', "\\\\", "\\u0022", "\\u0000", "\\ud800", "\\u005c", " ", "\n", "null", "true", "NaN", "01",
     "甘", "\ufeff"]
)  # fmt: skip


@given(st.lists(PIECES, max_size=12), st.booleans())
def test_any_pieces(pieces: list[str], wrapped: bool) -> None:
    text = "".join(pieces)
    agrees((f'{{"a":{{{text}}}}}' if wrapped else text).encode())


@given(st.lists(st.tuples(NAMES, VALUES), min_size=2, max_size=5))
def test_doubled_members_are_never_overlooked(members: list[tuple[str, Any]]) -> None:
    raw = ",".join(f"{json.dumps(name)}:{json.dumps(value)}" for name, value in [*members, members[0]])
    assert strict(f"{{{raw}}}".encode()) is UNSURE
    agrees(f"{{{raw}}}".encode())


@given(st.binary(max_size=30))
def test_any_bytes(raw: bytes) -> None:
    agrees(raw)
    agrees(b'{"a":"' + raw + b'"}')


@pytest.mark.parametrize("raw", [b"[" * 50_000, b'{"a":' * 50_000, b'{"a":' * 17 + b"1" + b"}" * 17])
def test_depth(raw: bytes) -> None:
    assert strict(raw) is UNSURE
    agrees(raw)
