"""Routing over the real tables: nobody gets early what the policy keeps, and everybody gets it in the end."""

from __future__ import annotations

from hub import catalogue, standard
from hub.pipeline.routing import after_gate, before_gate, route
from tests.rows import each

STANDARD, CATALOGUE = standard.load(), catalogue.load()
KINDS = {row.id: row.kind for row in CATALOGUE.systems}
SEALED = [stage.id for stage in STANDARD.stages if stage.policy.classes & set("PER")]


def _route(stage, *, sealed, region="620121", sender="T01"):
    rows = [row for row in CATALOGUE.subscriptions if row.stage == stage]
    return route(STANDARD, stage, rows, sender=sender, region=region, sealed=sealed, kind_of=KINDS)


# Those whose very work it is, by the policy table: who draws experts, who witnesses.
AT_WORK = {("eng-expert-draw", "P19"), ("witness-record", "P11")}


@each("stage", SEALED)
def test_no_subscriber_gets_a_participants_record_before_its_gate(stage):
    early = {(stage, leg.receiver) for leg in _route(stage, sealed=True) if not leg.sealed}
    assert early <= AT_WORK


@each("stage", sorted({row.stage for row in CATALOGUE.subscriptions}))
def test_early_copies_are_only_those_the_table_names(stage):
    legs = _route(stage, sealed=True)
    assert legs, "a subscribed stage goes somewhere"
    for leg in legs:
        assert leg.sealed or before_gate(STANDARD, stage, leg.receiver, KINDS[leg.receiver])
    assert not any(leg.sealed for leg in _route(stage, sealed=False))


def test_the_medium_has_the_notice_early_and_platforms_do_not():
    sealed = {leg.receiver: leg.sealed for leg in _route("eng-tender-notice", sealed=True)}
    assert sealed["P02"] is False and sealed["M01"] is True and sealed["D09"] is True


def test_certificate_authorities_never_hold_a_record():
    for stage in STANDARD.stages:
        assert not before_gate(STANDARD, stage.id, "C01", "ca")
        assert not after_gate(STANDARD, stage.id, "ca")


def test_what_is_for_regulators_stays_with_them():
    assert not after_gate(STANDARD, "eng-evaluation-report", "e-service")
    assert after_gate(STANDARD, "eng-evaluation-report", "supervision")
    assert not after_gate(STANDARD, "eng-bid-margin", "platform")


def test_a_county_gets_its_own_region_only_and_the_sender_never_its_own():
    assert "X01" in {leg.receiver for leg in _route("eng-tender-notice", sealed=False, region="620121")}
    assert "X01" not in {leg.receiver for leg in _route("eng-tender-notice", sealed=False, region="620402")}
    assert "M01" not in {leg.receiver for leg in _route("eng-tender-notice", sealed=False, sender="M01")}
