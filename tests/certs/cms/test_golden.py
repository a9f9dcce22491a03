"""Messages written by a second hand: those that are committed, and every form once more under fresh keys."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from certs.cms import read_signed, verify_cms
from certs.trust import Revocation, Trust
from tests.certs.cms.worlds import NOW, codes, notes
from tests.certs.golden import cms_writer as golden
from tests.rows import each, through

PLACE = Path(golden.__file__).with_name("cms")
FILES = sorted(PLACE.glob("*.der"))
EXPECTED_NOTES = {
    "sm2-raw": {"raw-signature"},
    "sm2-bare-raw": {"raw-signature"},
    "sm2-rsa-arc-detached-raw": {"raw-signature"},
    "sm2-not-octets": {"content-not-octets"},
}


def _check(name: str, form: golden.Form, raw: bytes, root: bytes) -> None:
    trust = Trust((root,), Revocation.IGNORED)
    verdict = verify_cms(raw, trust=trust, at=NOW, content=golden.CONTENT if form.detached else None)
    assert verdict.ok, verdict.sentence("en")
    assert notes(verdict) - {"no authority key identifier"} == EXPECTED_NOTES.get(name, set())
    signed = read_signed(raw)
    assert signed.arc == ("sm2" if form.arc == golden.SM2_ARC else "rsa")
    assert (signed.content is None) == form.detached
    assert len(signed.signers) == form.signers
    found = {verdict.facts[key][-5:] for key in ("signer", "signer.2") if key in verdict.facts}
    people = {f"{n} {form.family}"[-5:] for n in range(1, form.signers + 1)}  # a set has no first one
    assert found == people and verdict.facts["serial"] in ("65", "66")
    assert verdict.facts.get("signing-time") == (None if form.bare else "2026-11-01T00:00:00+00:00")
    altered = verify_cms(raw, trust=trust, at=NOW, content=golden.CONTENT + b" ")
    assert altered.state == "invalid"
    assert codes(altered) <= {"digest", "signature"}, altered.sentence("en")
    stranger = verify_cms(raw, trust=Trust((), Revocation.IGNORED), at=NOW, content=golden.CONTENT)
    assert stranger.sof_code == -1


def test_every_form_is_committed() -> None:
    assert {path.stem for path in FILES} == set(golden.FORMS)


@each("path", FILES, ids=lambda path: path.stem)
def test_committed_messages_are_valid(path: Path) -> None:
    form = golden.FORMS[path.stem]
    root = (PLACE / "roots" / f"{form.family}.der").read_bytes()
    _check(path.stem, form, path.read_bytes(), root)


def test_fresh_messages_are_valid() -> None:
    seed = 20261122
    through([(f"{row[0]} of {seed}", partial(_check, *row)) for row in golden.all_forms(seed)])
