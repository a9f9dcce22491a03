"""Altered signed documents by the thousand: `python -m tests.certs.xml.mutations 100000`.

Nothing is raised, nothing hangs, and what is valid has signed exactly the octets that were signed before.
"""

from __future__ import annotations

import random
import sys
import time
from collections import Counter

from certs.xml import sign_xml
from tests.certs.xml.world import ALGORITHMS, CHINESE, PLAIN, opened, signer

SLOW = 5.0
_PIECES = (
    b"<!--x-->",
    b"<?x?>",
    b"&#0;",
    b"&lt;",
    b"\x00",
    b'Id="p1"',
    b"]]>",
    b"<![CDATA[",
    b' xmlns=""',
    b">",
    b"'",
)


def altered(data: bytes, chance: random.Random) -> bytes:
    """One to three changes: a bit, a byte, a piece cut, doubled, moved, or put in."""
    out = bytearray(data)
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(len(out))
        size = chance.choice((1, 1, 2, 8, 40, 200))
        what = chance.randrange(6)
        if what == 0:
            out[at] ^= 1 << chance.randrange(8)
        elif what == 1:
            out[at] = chance.randrange(256)
        elif what == 2:
            del out[at : at + size]
        elif what == 3:
            out[at:at] = out[at : at + size]
        elif what == 4:
            piece = out[at : at + size]
            del out[at : at + size]
            to = chance.randrange(len(out) + 1)
            out[to:to] = piece
        else:
            out[at:at] = chance.choice(_PIECES)
        if not out:
            return b""
    return bytes(out)


def run(count: int, seed: int) -> Counter[str]:
    """How many came out valid, invalid, indeterminate; raises AssertionError with the document's seed."""
    chance = random.Random(seed)
    good = []
    for by in ALGORITHMS:
        for document in (PLAIN, CHINESE):
            good.append(sign_xml(document, signer(by)))
            good.append(sign_xml(document, signer(by), form="enveloping"))
            good.append(sign_xml(document, signer(by), form="detached", reference_id=["p1", "p2"]))
    signed = [[part.canonical for part in opened(one, covers=None).signed] for one in good]
    assert all(signed)
    states: Counter[str] = Counter()
    for number in range(count):
        which = chance.randrange(len(good))
        data = altered(good[which], chance)
        begun = time.thread_time()
        found = opened(data, covers=None)
        assert time.thread_time() - begun < SLOW, (seed, number, "slow")
        state = found.verdict.state
        if found.verdict.ok:
            assert [part.canonical for part in found.signed] == signed[which], (seed, number, data)
            state = "valid, same octets"
        states[state] += 1
        states["internal"] += any(one.code == "internal" for one in found.verdict.reasons)
        states["engines"] += any(one.code == "engines" for one in found.verdict.reasons)
    return states


if __name__ == "__main__":
    print(
        dict(
            run(
                int(sys.argv[1]) if len(sys.argv) > 1 else 10_000,
                int(sys.argv[2]) if len(sys.argv) > 2 else 1,
            )
        )
    )
