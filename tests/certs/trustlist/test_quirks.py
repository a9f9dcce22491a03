"""Whatever a reader may forgive has a name that a list can tolerate or not; altered lists never pass."""

from __future__ import annotations

import random
import re
from pathlib import Path

import certs
from certs.trustlist import Sequence, TrustList, examine
from certs.trustlist.quirks import BY_NOTE, NAMES, quirk_of
from tests.certs.trustlist.world import NOW, ca, centre, content, signed

ROOT = Path(certs.__file__).parent


def test_every_note_of_the_readers_has_a_name() -> None:
    notes = set()
    for path in (*(ROOT / "model").glob("*.py"), ROOT / "path" / "profile.py"):
        text = path.read_text("utf-8")
        notes |= set(re.findall(r'\.note\("([^"]+)"\)', text))
        if path.name == "profile.py":
            notes |= {one for one in re.findall(r'yield "([^"]+)"', text) if "{" not in one}
    assert len(notes) > 20
    assert {note for note in notes if note not in BY_NOTE} == set()


def test_a_note_inside_an_extension_is_known_by_its_inner_name() -> None:
    assert quirk_of("basic:default-written-out").name == "default-written-out"
    assert quirk_of("unreadable:subject_names").name == "unreadable-extension"
    assert quirk_of("never heard of").name not in NAMES


def test_altered_files_are_never_used_with_another_content() -> None:
    data, rng = signed(content(ca("CA001"), ca("CA002", "rsa-sha256"))), random.Random(3)
    pins = [centre().certificate]
    whole = examine(data, signers=pins, at=NOW).trust_list
    assert isinstance(whole, TrustList)
    used = 0
    for _ in range(400):
        broken = bytearray(data)
        for _ in range(rng.choice((1, 1, 2))):
            broken[rng.randrange(len(broken))] = rng.randrange(256)
        found = examine(bytes(broken), signers=pins, at=NOW)
        assert "internal" not in [reason.code for reason in found.verdict.reasons]
        if found.trust_list is not None:  # white space, or the same byte again
            used += 1
            assert Sequence.of(found.trust_list) == Sequence.of(whole)
    assert used < 40
