"""统一交易标识码: MOD 37-2, against the vectors of domain-data.md 3.2."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.standard.deal_code import check_character, make, mod_37_2


def test_vectors() -> None:
    assert mod_37_2("G123489654321") == "Y"
    made = make("A01", "12620000MB0A000182", date(2024, 3, 15), 1)
    assert made == "A01-12620000MB0A000182-20240315-000001-X"
    for code, wanted in (
        ("A99-91359128593462349A-20170601-002267-T", "6"),
        ("D01-12350100MB02709751-20190627-527731-5", "7"),
        ("D03-12350100MB02709751-20200319-102642-5", "A"),
        ("B01-12350100MB02709751-20161231-211018-2", "T"),
    ):
        assert check_character(code) == wanted


def test_strange_characters() -> None:
    for text in ("a", "*", "\uff11", "-"):
        with pytest.raises(ValueError, match="not of"):
            mod_37_2(text)


@given(st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=2, max_size=40), st.data())
def test_one_wrong_character_and_one_swap_are_noticed(text: str, data: st.DataObject) -> None:
    check = mod_37_2(text)
    place = data.draw(st.integers(0, len(text) - 2))
    swapped = text[:place] + text[place + 1] + text[place] + text[place + 2 :]
    if swapped != text:
        assert mod_37_2(swapped) != check
    other = data.draw(st.sampled_from("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
    changed = text[:place] + other + text[place + 1 :]
    if changed != text:
        assert mod_37_2(changed) != check
