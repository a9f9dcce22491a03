"""A small run of `mutations`; the long one is started by hand."""

from __future__ import annotations

from tests.certs.xml.mutations import run


def test_nothing_altered_is_valid_and_nothing_is_raised() -> None:
    states = run(600, seed=7)
    assert states["internal"] == 0
    assert states["engines"] == 0
    assert states["invalid"] > 300
