"""A few thousand altered envelopes in every run; `mutations.run` takes any number."""

from __future__ import annotations

from tests.certs.envelope import mutations


def test_altered_envelopes_never_open_to_anything_else() -> None:
    assert mutations.run(1500, 1122) == []


def test_altered_envelopes_of_a_second_hand() -> None:
    assert mutations.golden(700, 1123) == []


def test_the_runner_finds_what_it_looks_for() -> None:
    """An unaltered envelope signed again by another is refused; one whose content differs would be told."""
    _, raw = mutations.samples()[0]
    assert mutations._whole(raw, raw) == ""
    other = mutations.seal_envelope(
        b"other", mutations.world().recipients, mutations.world().signer, trust=None, at=mutations.NOW
    )
    assert mutations._whole(other, raw) == "other content"
