"""Where two byte strings part."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from conformance.difference import first_difference, hexdump


@given(st.binary(max_size=80), st.binary(max_size=80))
def test_the_offset_is_the_first_one(left: bytes, right: bytes) -> None:
    told = first_difference(left, right)
    if left == right:
        assert told == ""
        return
    at = int(told.split()[1])
    assert left[:at] == right[:at]
    assert left[at : at + 1] != right[at : at + 1]


def test_context_stands_around_the_place() -> None:
    left = bytes(range(100))
    right = left[:70] + b"!" + left[71:]
    told = first_difference(left, right)
    assert "offset 70 (0x46)" in told and "[46]" in told and "[21]" in told


def test_a_missing_tail_is_an_end() -> None:
    assert "offset 3" in first_difference(b"abc", b"abcd")
    assert hexdump(b"") == ["00000000  (end)"]
