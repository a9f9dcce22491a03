"""Personal values are found however the bytes are written, and what is left is JSON of the same shape."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.journal.cuts import Cut, cuts

TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=2, max_size=12)


def shown(raw: bytes, places: tuple[Cut, ...] | None) -> bytes:
    """The bytes with their masks."""
    for start, end, mask, _ in reversed(places or ()):
        raw = raw[:start] + mask + raw[end:]
    return raw


def shape(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: shape(one) for name, one in value.items()}
    return [shape(one) for one in value] if isinstance(value, list) else type(value).__name__


@given(
    mine=TEXTS, other=TEXTS, number=st.integers(-(2**53), 2**53), ascii_=st.booleans(), spaced=st.booleans()
)
def test_what_is_left_is_json_and_the_value_is_under_its_name_no_more(
    mine: str, other: str, number: int, ascii_: bool, spaced: bool
) -> None:
    value = {"A": mine, "B": other, "N": number, "list": [mine + other, other], "C": "A"}
    parts = (", ", " : ") if spaced else (",", ":")
    raw = json.dumps(value, ensure_ascii=ascii_, separators=parts).encode()
    places = cuts(raw, [(0, "A", mine, len(mine.encode()) >= 6), (1, "N", number, False)])
    assert places is not None
    left = json.loads(shown(raw, places))
    assert shape(left) == shape(value)
    assert left["A"] == "***"
    assert left["N"] == 0
    whole, at = b"", 0
    for cut in places:
        whole, at = whole + raw[at : cut.end], cut.end
    assert whole + raw[at:] == raw


def test_a_value_is_cut_wherever_it_stands_but_a_short_one_only_under_its_name() -> None:
    number = "62999919810204062X"
    raw = f'{{"KEY":"{number}","X":{{"ID":"{number}"}},"T":"号{number}。","S":"2"}}'.encode()
    places = cuts(raw, [(0, "ID", "62999919810204062X", True), (1, "S", "2", False)])
    assert places is not None
    assert json.loads(shown(raw, places)) == {"KEY": "***", "X": {"ID": "***"}, "T": "号***。", "S": "***"}


def test_what_overlaps_belongs_to_both() -> None:
    raw = '{"ALL":"马燕玉、徐琴涛","ONE":"徐琴涛"}'.encode()
    places = cuts(raw, [(0, "ALL", "马燕玉、徐琴涛", True), (1, "ONE", "徐琴涛", True)])
    assert places is not None
    assert [cut.whose for cut in places] == [(0, 1), (1,)]


@pytest.mark.parametrize(
    "raw", [b'{"A":"x\\"B\\":\\"secret1\\""}', b'{"A":"B","C":"secret1"}', b'{"\\u0042":"secret1"}']
)
def test_a_value_that_is_not_under_its_name_is_said_not_to_be_found(raw: bytes) -> None:
    assert cuts(raw, [(0, "B", "secret1", True)]) is None
