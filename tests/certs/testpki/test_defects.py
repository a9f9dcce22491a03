"""Each defect gives exactly its expected reason; the same without the defect gives none."""

from datetime import UTC, datetime

import pytest

from certs.profile import RULES
from certs.reasons import REASONS
from certs.testpki import World, refuse
from certs.testpki.defects import DEFECTS, ca, identity, path, profile, revocation
from tests.rows import each

NOW = datetime(2026, 11, 22, tzinfo=UTC)
WORLD = World.open(now=NOW)


@each("name", DEFECTS)
def test_a_defect_gives_its_reason_and_only_that(name: str) -> None:
    defect = WORLD.defect(name)
    good, bad = defect.found()
    assert good == []
    assert bad == list(defect.row.expected)
    assert defect.good != defect.bad


def test_every_rule_has_a_defect_and_every_defect_a_row() -> None:
    built = {*path.BUILD, *ca.BUILD, *revocation.BUILD, *identity.BUILD, *profile.BUILD}
    assert built == set(DEFECTS)
    assert {row.expected for row in DEFECTS.values() if row.about == "profile"} == {(rule,) for rule in RULES}
    assert {code for row in DEFECTS.values() if row.about != "profile" for code in row.expected} <= set(
        REASONS
    )


def test_reasons_of_paths_answers_identities_and_pairs_are_all_shown() -> None:
    """What is left out is about the question (peer, depth), about ourselves (internal, limit), or about
    trust lists and signed data, which have tests of their own."""
    shown = {code for row in DEFECTS.values() for code in row.expected}
    mine = {code for code in REASONS if code.startswith(("ocsp-", "identity-", "pair-"))}
    assert mine <= shown
    of_paths = list(REASONS)[list(REASONS).index("no-path") : list(REASONS).index("not-admitted")]
    assert set(of_paths) - shown == {"depth", "peer", "profile"}


@pytest.mark.parametrize("name", ["expired", "version", "identity-two-codes", "pair-usage"])
def test_defects_bear_the_mark_too(name: str) -> None:
    reason = refuse(WORLD.defect(name).bad.certificate)
    assert reason is not None
    assert reason.code == "sandbox"


def test_unknown_defect() -> None:
    with pytest.raises(KeyError):
        WORLD.defect("nothing")


@pytest.mark.parametrize(
    "name", ["path-length", "pair-issuer", "ocsp-wrong-key", "profile-key-size", "frozen"]
)
def test_defects_of_a_seeded_world_are_the_same_to_the_byte(name: str) -> None:
    one, two = (World.open(now=NOW, seed="a").defect(name) for _ in range(2))
    assert one == two
    assert one.found() == ([], list(one.row.expected))
