"""Altered seals: an answer every time, and never valid where signed bytes changed.

`HUTONG_MUTATIONS` says how many; `python -m tests.certs.seal.test_mutations 100000` runs as many and tells.
"""

from __future__ import annotations

import os
import random
import sys
from collections import Counter

from certs.seal import read_seal, read_signature, verify_seal
from certs.seal.structure import SealSignature
from certs.verdict import REASONS
from tests.certs.seal import world as w

COUNT = int(os.environ.get("HUTONG_MUTATIONS", "400"))


def altered(raw: bytes, dice: random.Random) -> bytes:
    """One to three changes: bits, lengths, cuts, copies of parts over others."""
    out = bytearray(raw)
    for _ in range(dice.choice((1, 1, 1, 2, 3))):
        at = dice.randrange(len(out))
        kind = dice.randrange(6)
        if kind == 0:
            out[at] ^= 1 << dice.randrange(8)
        elif kind == 1:
            out[at] = dice.choice((0x00, 0x02, 0x03, 0x04, 0x30, 0x80, 0x81, 0x84, 0xA0, 0xFF))
        elif kind == 2:
            del out[at : at + dice.randrange(1, 9)]
        elif kind == 3:
            out[at:at] = dice.randbytes(dice.randrange(1, 9))
        elif kind == 4:
            size, there = dice.randrange(1, 64), dice.randrange(len(out))
            out[at : at + size] = out[there : there + size]
        else:
            del out[at:]
        if not out:
            return b""
    return bytes(out)


def meaning(found: SealSignature) -> tuple[object, ...]:
    """What is signed, and by whom; all else may be written differently without harm."""
    seal = found.seal
    return found.signed, found.signer, seal.signed, seal.maker, found.algorithm, seal.algorithm


def run(count: int, seed: int = 38540) -> Counter[str]:
    dice, trust, out = random.Random(seed), w.trust(), Counter[str]()
    originals = [w.sealed(w.seal(version, list_kind=kind)) for version in (1, 3, 4, 5) for kind in (1, 2)]
    originals.append(w.stamped(w.seal(5), w.NOW - w.HOUR))
    meanings = [meaning(read_signature(one)) for one in originals]
    for at in range(count):
        number = at % len(originals)
        raw = altered(originals[number], dice)
        verdict = verify_seal(raw, w.DOCUMENT, trust=trust, at=w.NOW)
        assert all(one.code in REASONS and one.code != "internal" for one in verdict.reasons), (raw, verdict)
        if verdict.ok:
            assert meaning(read_signature(raw)) == meanings[number], raw.hex()
            # Only the certificates that came with a stamp are signed by nobody.
            assert raw == originals[number] or read_signature(raw).stamp is not None
        out[verdict.state if verdict.state != "invalid" else verdict.reasons[0].code] += 1
    return out


def test_altered_seals_are_answered_and_never_believed() -> None:
    found = run(COUNT)
    assert sum(found.values()) == COUNT
    assert found["malformed"] > 0
    assert len(found) > 3  # not all of it stops at the door


def test_the_originals_hold() -> None:
    whole = w.sealed()
    assert verify_seal(whole, w.DOCUMENT, trust=w.trust(), at=w.NOW).ok
    assert read_seal(read_signature(whole).seal.raw).number == "62010000000001"


if __name__ == "__main__":
    print(run(int(sys.argv[1])).most_common())
