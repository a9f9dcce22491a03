"""Altered records and containers, byte by byte and at random; HUTONG_MUTATIONS sets how many of each."""

from __future__ import annotations

import os
import random

from certs import verify_proof
from certs.proof import Record, read_record
from certs.verdict import REASONS, Verdict
from tests.certs.proof.world import JUDGED, story, whole
from tests.certs.timestamp.test_mutations import altered

COUNT = int(os.environ.get("HUTONG_MUTATIONS", "250"))


def judge(record: bytes, kept: bytes) -> Verdict:
    verdict = verify_proof(record, kept, trust=story().now(), at=JUDGED)
    codes = {reason.code for reason in verdict.reasons}
    assert codes <= set(REASONS) and "internal" not in codes, codes
    assert verdict.ok or codes
    return verdict


def covered(record: Record) -> tuple[object, ...]:
    """All that the newest stamp vouches for, as bytes."""
    return record.chains[:-1], [one.raw for one in record.chains[-1][:-1]]


def test_no_byte_of_the_container_may_change() -> None:
    kept, record = whole()
    for at in range(0, len(kept), max(1, len(kept) // COUNT)):
        bad = bytearray(kept)
        bad[at] ^= 1 << at % 8
        assert not judge(record.raw, bytes(bad)).ok, at


def test_no_byte_that_a_stamp_covers_may_change() -> None:
    """What the newest token carries beside what it signed (its chain, in order) is covered by nothing yet."""
    kept, record = whole()
    raw, before = record.raw, covered(record)
    for at in range(0, len(raw), max(1, len(raw) // COUNT)):
        bad = bytearray(raw)
        bad[at] ^= 1 << at % 8
        if judge(bytes(bad), kept).ok:
            assert covered(read_record(bytes(bad))) == before, at


def test_records_altered_at_random() -> None:
    kept, record = whole()
    rng, before, held = random.Random(4998), covered(record), 0
    for _ in range(COUNT):
        bad = altered(record.raw, rng)
        if judge(bad, kept).ok:
            held += 1
            assert covered(read_record(bad)) == before, bad.hex()
    assert held < COUNT


def test_containers_altered_at_random() -> None:
    kept, record = whole()
    rng = random.Random(2045)
    for _ in range(COUNT):
        bad = altered(kept, rng)
        assert bad == kept or not judge(record.raw, bad).ok, bad.hex()
