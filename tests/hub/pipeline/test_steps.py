"""The order of the steps is a promise: who is told what before whom."""

from __future__ import annotations

from hub.pipeline import STEPS


def test_the_order_of_the_steps():
    names = [step.__name__ for step in STEPS]
    assert names == ["size", "text", "realm", "member", "signature", "repeat", "check", "window"]
