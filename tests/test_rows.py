"""A folded test says of every row what a test of its own would have said."""

import pytest

from tests.rows import each, through


@each("left, right", [(1, 1), (2, 3), (4, 4), (5, 6)])
def unequal(left: int, right: int) -> None:
    assert left == right, "unlike"


@each("first", ["a", "b"])
@each("second", ["x", "y"], ids=str.upper)
def stacked(first: str, second: str, allowed: set[str]) -> None:
    assert first + second in allowed


def test_every_wrong_row_is_named_and_shown() -> None:
    with pytest.raises(ExceptionGroup, match="2 of 4 rows: 2-3, 5-6") as caught:
        unequal()
    notes = [error.__notes__ for error in caught.value.exceptions]
    assert notes == [["row: 2-3"], ["row: 5-6"]]


def test_rows_may_be_crossed_and_fixtures_are_handed_on() -> None:
    stacked(allowed={"ax", "ay", "bx", "by"})
    with pytest.raises(ExceptionGroup, match="1 of 2 rows: b") as caught:
        stacked(allowed={"ax", "ay", "by"})
    assert "1 of 2 rows: X" in str(caught.value.exceptions[0])


def test_no_rows_are_an_error_and_skipped_ones_no_pass() -> None:
    with pytest.raises(AssertionError, match="no rows"):
        through([])
    with pytest.raises(pytest.skip.Exception, match="away"):
        through([("one", lambda: pytest.skip("away"))])
    with pytest.raises(BaseExceptionGroup, match="1 of 2 rows: two"):
        through([("one", lambda: pytest.skip("away")), ("two", lambda: pytest.fail("no"))])
