"""Thousands of altered tokens and answers: no crash, never valid where what was signed is other.

HUTONG_MUTATIONS sets how many of each kind; the usual number keeps the test short.
"""

from __future__ import annotations

import os
import random
from contextlib import suppress

import pytest

import certs
from certs.cms import read_signed
from certs.timestamp import read_response, request, respond
from certs.verdict import REASONS
from tests.certs.timestamp.world import DATA, KINDS, NOW, POLICY, world

COUNT = int(os.environ.get("HUTONG_MUTATIONS", "1200"))


def altered(raw: bytes, rng: random.Random) -> bytes:
    out = bytearray(raw)
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        at = rng.randrange(len(out))
        match rng.randrange(6):
            case 0 | 1:
                out[at] ^= 1 << rng.randrange(8)
            case 2:
                out[at] = rng.choice((0, 1, 0x30, 0x7F, 0x80, 0x84, 0xA0, 0xFF))
            case 3:
                del out[at : at + rng.randrange(1, 40)]
            case 4:
                out[at:at] = out[at : at + rng.randrange(1, 40)]
            case _:
                out[at : at + 4] = rng.randbytes(4)
    return bytes(out) or b"\0"


def covered(raw: bytes) -> tuple[object, ...]:
    """What the stamp says and what is signed: if these are the same, it is the same stamp."""
    token = raw
    with suppress(ValueError):
        token = read_response(raw).token or b""
    signed = read_signed(token)
    one = signed.signers[0]
    return signed.content, one.signed_attributes, len(signed.signers)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("form", ["response", "token"])
def test_altered_stamps(kind: str, form: str) -> None:
    w = world(kind)
    answer = w.stamped()
    raw = answer if form == "response" else read_response(answer).token or b""
    trust = w.trust()
    original = covered(raw)
    rng = random.Random(f"{kind} {form}")
    held = 0
    for _ in range(COUNT):
        bad = altered(raw, rng)
        verdict = certs.verify_timestamp(bad, DATA, trust=trust, at=NOW, nonce=77)
        assert all(reason.code in REASONS for reason in verdict.reasons)
        assert "internal" not in {reason.code for reason in verdict.reasons}, bad.hex()
        if verdict.ok:
            held += 1
            assert covered(bad)[0] == original[0] and covered(bad)[2] == 1, bad.hex()
        else:
            assert verdict.reasons
    assert held < COUNT


def test_altered_requests_are_always_answered() -> None:
    w = world()
    rng = random.Random(3161)
    for _ in range(COUNT // 4):
        asked = altered(request(DATA, "sm3", nonce=77, policy=POLICY), rng)
        answer = read_response(respond(asked, w.tsa, at=NOW, serial=1, policy=POLICY))
        assert (answer.token is None) == (answer.status == 2) == bool(answer.failures), asked.hex()
