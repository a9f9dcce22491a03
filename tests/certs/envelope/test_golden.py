"""Envelopes written by a second hand: those that are committed, and every form once more under fresh keys."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from certs.algorithms import sm2, sm2_encryption
from certs.envelope import open_envelope
from certs.keys.held import HeldKey
from certs.trust import Revocation, Trust
from tests.certs.cms.worlds import NOW, codes, notes
from tests.certs.golden import envelope_writer as golden
from tests.rows import each, through

FILES = sorted(golden.PLACE.glob("*.der"))
EXPECTED = {"no authority key identifier", ""}


def _check(form: golden.Form, raw: bytes, root: bytes, keys: dict[str, HeldKey]) -> None:
    trust = Trust((root,), Revocation.IGNORED)
    for name in form.holders:
        found = open_envelope(raw, [keys[name]], trust=trust, at=NOW)
        assert found.content == golden.CONTENT, found.verdict.sentence("en")
        assert found.verdict.ok
        assert "样例投标人" in found.verdict.facts["signer"]
        assert notes(found.verdict) - EXPECTED == (form.notes if name != "rsa" else form.notes - golden.NAMED)
    for name in set(keys) - set(form.holders):
        found = open_envelope(raw, [keys[name]], trust=trust, at=NOW)
        assert (found.content, codes(found.verdict)) == (None, {"no-recipient"})
    stranger = open_envelope(raw, list(keys.values()), trust=Trust((), Revocation.IGNORED), at=NOW)
    assert (stranger.content, stranger.verdict.sof_code) == (None, -1)
    strict = open_envelope(raw, list(keys.values()), trust=trust, at=NOW, bound=True)
    assert (strict.content, codes(strict.verdict)) == (None, {"unbound"})


def held(name: str, certificate: bytes, private: bytes) -> HeldKey:
    return HeldKey("rsa-sha256" if name == "rsa" else "sm2-sm3", private, certificate)


def test_every_form_is_committed() -> None:
    assert sorted(path.stem for path in FILES) == sorted(golden.FORMS)


def _opens(path: Path) -> None:
    place = golden.PLACE / "keys"
    keys = {
        name: held(name, (place / f"{name}.cer").read_bytes(), (place / f"{name}.bin").read_bytes())
        for name in ("sm2", "other", "rsa")
    }
    _check(golden.FORMS[path.stem], path.read_bytes(), (place / "root.cer").read_bytes(), keys)


@each("path", FILES, ids=lambda path: path.stem)
def test_committed_envelopes_open(path: Path) -> None:
    _opens(path)


def test_fresh_envelopes_open() -> None:
    def opens(form: golden.Form, raw: bytes, root: bytes, holders: dict[str, golden.Holder]) -> None:
        keys = {one: held(one, holder.party.certificate, holder.private) for one, holder in holders.items()}
        _check(form, raw, root, keys)

    seed = 20261122
    through([(f"{name} of {seed}", partial(opens, *fresh)) for name, *fresh in golden.all_forms(seed)])


@each("path", FILES, ids=lambda path: path.stem)
def test_committed_envelopes_open_with_the_system_library_hidden(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sm2, "backend", sm2.PurePython)
    monkeypatch.setattr(sm2_encryption, "backend", sm2_encryption.PurePython)
    _opens(path)
