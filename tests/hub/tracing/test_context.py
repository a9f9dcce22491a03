"""`traceparent` is read exactly as W3C writes it, or not at all."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hub.tracing.context import parse
from tests.rows import each

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
GOOD = f"00-{TRACE}-{SPAN}-01"


def test_the_example_of_the_standard() -> None:
    found = parse(GOOD)
    assert found is not None and (found.trace, found.span, found.header) == (TRACE, SPAN, GOOD)
    assert found.child("b" * 16).header == f"00-{TRACE}-{'b' * 16}-01"


@each(
    "header",
    [
        None, "", GOOD.upper(), GOOD + "-more", GOOD + "\n", " " + GOOD, f"ff-{TRACE}-{SPAN}-01",
        f"00-{'0' * 32}-{SPAN}-01", f"00-{TRACE}-{'0' * 16}-01", f"00-{TRACE[1:]}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-1", f"0-{TRACE}-{SPAN}-01", GOOD.replace("4", "\uff14"),
    ],
)  # fmt: skip
def test_what_is_not_the_form_is_not_there(header: str | None) -> None:
    assert parse(header) is None


def test_a_later_version_is_read_as_far_as_this_one_goes() -> None:
    found = parse(f"01-{TRACE}-{SPAN}-03-what-comes-later")
    assert found is not None and found.header == GOOD


@given(st.text(max_size=80))
def test_nothing_makes_it_raise(header: str) -> None:
    found = parse(header)
    assert found is None or len(found.header) == 55
