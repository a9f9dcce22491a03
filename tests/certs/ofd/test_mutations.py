"""Altered OFDs: an answer every time, and never valid where a part changed."""

from __future__ import annotations

import os
import random

from certs.model.der import MalformedError
from certs.ofd import make_ofd, seal_ofd, verify_ofd
from certs.ofd.container import open_container
from certs.ofd.make import pack, unpack
from tests.certs.seal import world as w

COUNT = int(os.environ.get("HUTONG_MUTATIONS", "300"))


def parts_of(data: bytes) -> dict[str, bytes] | None:
    try:
        container = open_container(data)
        return {path: container.part(path) for path in container.entries}
    except MalformedError:
        return None


def changed(data: bytes, dice: random.Random) -> bytes:
    at = dice.randrange(len(data))
    return data[:at] + dice.randbytes(dice.choice((0, 1, 1, 4))) + data[at + dice.choice((1, 1, 1, 0, 3)) :]


def test_altered_containers_and_parts() -> None:
    dice, trust = random.Random(33190), w.trust()
    whole = seal_ofd(make_ofd("中标通知书"), w.seal(), w.signer(), time=w.NOW - w.HOUR)
    original = unpack(whole)
    told = set()
    for number in range(COUNT):
        if number % 2:
            data = changed(whole, dice)
        else:
            path = dice.choice(list(original))
            data = pack({**original, path: changed(original[path], dice)})
        verdict = verify_ofd(data, trust=trust, at=w.NOW)
        assert all(one.code != "internal" for one in verdict.reasons), verdict
        told |= {one.code for one in verdict.reasons}
        if verdict.ok:
            found = parts_of(data)
            assert found is not None
            differing = {path for path in original if found.get(path) != original[path]}
            # The list of signatures cannot be signed; where it still says the same, nothing is lost.
            assert differing <= {"Doc_0/Signs/Signatures.xml"} and set(found) == set(original)
    assert {"malformed", "digest"} <= told
