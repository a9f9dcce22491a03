"""Portions of randomness: the right length, nothing handed out twice."""

from __future__ import annotations

from random import Random

from hub.chance import Portions


def test_every_byte_of_the_source_is_handed_out_once() -> None:
    asked: list[int] = []
    chance = Random(7)

    def source(count: int) -> bytes:
        asked.append(count)
        return chance.randbytes(count)

    portions = Portions(source)
    seen = [portions(10) for _ in range(1000)]
    assert {len(one) for one in seen} == {10}
    assert len(set(seen)) == 1000
    assert sum(asked) < 10_000 + 2 * 4096
    assert len(portions(10_000)) == 10_000


def test_the_same_seed_gives_the_same_portions() -> None:
    one, other = (Portions(Random(3).randbytes) for _ in range(2))
    assert [one(n) for n in (1, 16, 12, 4000, 200)] == [other(n) for n in (1, 16, 12, 4000, 200)]
