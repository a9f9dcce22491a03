"""Thousands of altered messages: no crash, nothing foreign raised, never valid over what nobody signed."""

from __future__ import annotations

import os

from certs.cms import read_signed, sign
from certs.verdict import Verdict
from tests.certs.cms.mutation import Tally, run, seeds
from tests.certs.cms.worlds import CONTENT, world

COUNT = int(os.environ.get("HUTONG_MUTANTS", "3000"))


def test_the_originals_are_valid() -> None:
    for raw, name, content in seeds():
        verdict = world(name).judge(raw, content=content)
        assert verdict.ok, verdict.sentence("en")


def test_altered_messages() -> None:
    tally = run(COUNT, seed=20261122)
    assert not tally.wrong, [what for what, _ in tally.wrong]
    assert sum(tally.states.values()) == COUNT
    assert {"malformed", "signature", "digest", "signed-attributes", "no-signer"} <= set(tally.codes)
    assert tally.states["valid"] < COUNT / 2


def test_the_tally_notices_what_it_is_for() -> None:
    """A judge that says valid to everything, and one that breaks, are both caught."""
    at = world("sm2-sm3")
    forged = sign(b"never signed by the seeds", at.first)
    believed, broken = Tally(), Tally()
    believed.add(forged, None, lambda _: Verdict(True))
    assert believed.wrong == [("valid, and says what nobody signed", forged)]
    broken.add(forged, None, lambda _: at.judge(None))  # type: ignore[arg-type]
    assert "foreign exception" in broken.wrong[0][0]


def test_every_single_bit_of_what_is_signed() -> None:
    at = world("sm2-sm3")
    raw = sign(CONTENT, at.first, time=None)
    attributes = read_signed(raw).signers[0].signed_attributes or b""
    for covered in (CONTENT, attributes[2:]):
        begin = raw.index(covered)
        for bit in range(0, 8 * len(covered), 5):
            altered = bytearray(raw)
            altered[begin + bit // 8] ^= 1 << bit % 8
            assert not at.judge(bytes(altered)).ok
