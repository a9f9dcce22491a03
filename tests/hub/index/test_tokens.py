"""Tokens: values told apart, the same for one call and for many, and the same as they always were."""

from __future__ import annotations

import hmac
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.hmac import HMAC
from hypothesis import given
from hypothesis import strategies as st

from hub.index.tokens import Tokens, hexed, open_tokens, token
from tests.rows import each

SECRET = bytes(range(32))
ROWS = st.lists(st.lists(st.text(max_size=80), min_size=1, max_size=5).map(tuple), max_size=20)


def as_written_down(secret: bytes, kind: str, *values: str) -> int:
    """The form that stands in every index there is, by another library and in other words."""
    said = kind.encode()
    for value in values:
        said += b"\x1f" + str(len(value)).encode() + b":" + value.encode()
    state = HMAC(secret, hashes.SM3())
    state.update(said)
    return int.from_bytes(state.finalize(), "big") >> (256 - 63)


@given(ROWS)
def test_many_are_what_each_is_alone(rows: list[tuple[str, ...]]) -> None:
    tokens = Tokens(SECRET)
    wanted = [as_written_down(SECRET, *row) for row in rows]
    assert tokens.many(rows) == wanted
    assert [tokens.of(*row) for row in rows] == wanted


@each("length", [0, 1, 31, 32, 33, 63, 64, 65, 200])
def test_secrets_of_any_length(length: int) -> None:
    secret = bytes(range(200))[:length]
    assert Tokens(secret).of("known", "P01", "a") == as_written_down(secret, "known", "P01", "a")


def test_values_are_told_apart_whatever_they_hold() -> None:
    tokens = Tokens(SECRET)
    rows = [("a", "b", "c"), ("a", "bc"), ("a", "b\x1f1:c"), ("ab", "c"), ("a",), ("a", ""), ("a", "", "")]
    assert len(set(tokens.many(rows))) == len(rows)


@pytest.mark.parametrize("rows", [iter([("a", "b")]), (("a", "b"),), [("a", "b")]])
def test_rows_come_in_any_iterable(rows: object) -> None:
    assert Tokens(SECRET).many(rows) == [as_written_down(SECRET, "a", "b")]  # type: ignore[arg-type]


def test_a_lone_surrogate_is_no_text() -> None:
    tokens = Tokens(SECRET)
    with pytest.raises(UnicodeEncodeError):
        tokens.of("a", "\ud800")
    with pytest.raises(UnicodeEncodeError):
        tokens.many([("a", "b"), ("a", "\ud800")])


def test_hexed_and_back() -> None:
    one = Tokens(SECRET).of("a", "b")
    assert token(hexed(one)) == one
    assert 0 <= one < 1 << 63


def test_the_secret_is_made_once(tmp_path: Path) -> None:
    made = open_tokens(tmp_path / "t", lambda count: b"s" * count)
    again = open_tokens(tmp_path / "t", lambda count: b"x" * count)
    assert made.of("a", "b") == again.of("a", "b") == Tokens(b"s" * 32).of("a", "b")
    assert hmac.compare_digest((tmp_path / "t").read_bytes(), b"s" * 32)
