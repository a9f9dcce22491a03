"""GB 32100, GB 11714 and GB 11643 against the worked vectors of domain-data.md 3.3."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from certs.identity import (
    ORGANISATION_ALPHABET,
    USCC_ALPHABET,
    looks_resident,
    make_resident,
    make_uscc,
    organisation_check,
    organisation_ok,
    party_ok,
    resident_check,
    resident_ok,
    uscc_check,
    uscc_ok,
)

GOOD = ("12350100MB02709751", "91350000MA347WHE48", "91110000600037341L", "9144030071526726XG")


@pytest.mark.parametrize("code", GOOD)
def test_credit_codes_that_are_right(code: str) -> None:
    assert uscc_ok(code) and party_ok(code)


def test_a_credit_code_that_is_wrong() -> None:
    assert not uscc_ok("91359128593462349A")
    assert uscc_check("91359128593462349") == "R"


@pytest.mark.parametrize("code", ["", "1", "9144030071526726XG0", "9144030071526726xg", "I" * 18, "１" * 18])
def test_what_is_no_credit_code(code: str) -> None:
    assert not uscc_ok(code)
    assert not party_ok(code)


def test_organisation_code() -> None:
    assert organisation_check("D2143569") == "X"
    assert organisation_ok("D2143569-X") and organisation_ok("D2143569X")
    assert not organisation_ok("D2143569-0") and not organisation_ok("D21435-69X") and not organisation_ok("")
    with pytest.raises(ValueError, match="8 characters"):
        organisation_check("D214356")


def test_resident_number() -> None:
    assert resident_check("11010519491231002") == "X"
    assert resident_ok("11010519491231002X") and party_ok("11010519491231002X")
    assert not resident_ok("11010519491231002x")
    assert not resident_ok("110105194912310021")
    assert not resident_ok("")
    with pytest.raises(ValueError, match="17 digits"):
        resident_check("1101051949123100X")


def test_a_resident_number_needs_a_day_of_the_calendar() -> None:
    body = "11010519490230002"
    assert not resident_ok(body + resident_check(body))


def test_the_look_of_a_resident_number() -> None:
    assert looks_resident("110105194912310021") and looks_resident("11010519491231002x")
    assert not looks_resident("91110000600037341L") and not looks_resident("1" * 17)


@given(st.text(USCC_ALPHABET, min_size=17, max_size=17), st.integers(0, 17), st.sampled_from(USCC_ALPHABET))
def test_one_wrong_character_of_a_credit_code_is_noticed(body: str, place: int, symbol: str) -> None:
    code = body + uscc_check(body)
    assert uscc_ok(code)
    assume(code[place] != symbol)
    assert not uscc_ok(code[:place] + symbol + code[place + 1 :])


@given(st.text(ORGANISATION_ALPHABET, min_size=8, max_size=8))
def test_made_organisation_codes_are_right(body: str) -> None:
    assert organisation_ok(body + organisation_check(body))


@given(st.text(USCC_ALPHABET, min_size=8, max_size=8))
def test_made_credit_codes_are_right_inside_and_out(body: str) -> None:
    code = make_uscc("91", "620102", body)
    assert uscc_ok(code) and organisation_ok(code[8:17])


DAYS = st.dates(date(1900, 1, 1), date(2026, 1, 1))


@given(DAYS, st.integers(0, 999), st.integers(0, 17), st.integers(1, 9))
def test_one_wrong_digit_of_a_resident_number_is_noticed(
    day: date, number: int, place: int, more: int
) -> None:
    code = make_resident("629999", day, number)
    assert resident_ok(code) and looks_resident(code)
    assume(code[place] != "X")
    wrong = code[:place] + str((int(code[place]) + more) % 10) + code[place + 1 :]
    assert not resident_ok(wrong)
    assert place in (2, 3) or not party_ok(wrong), "a wrong resident number must not pass as a credit code"


@given(st.text(max_size=20))
def test_any_text_gets_an_answer(text: str) -> None:
    for question in (uscc_ok, organisation_ok, resident_ok, party_ok, looks_resident):
        assert question(text) in (True, False)
