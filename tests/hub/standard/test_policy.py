"""Who may hold what before its gate, and how a record looks to whom."""

from __future__ import annotations

from collections import Counter

from hub.standard import Standard
from hub.standard.amounts import held
from hub.standard.policy import (
    Audience,
    Gate,
    existence_sealed,
    fields_for,
    gate,
    lifted_by,
    log_mask,
    mask,
    may_hold,
    natural_person,
    opens_at,
    view,
    widest,
)
from tests.rows import each

SEALED = (
    "eng-prequal-result", "eng-invitation", "eng-bidder-list", "eng-bid-guarantee", "eng-bid-margin",
    "eng-bid-fingerprint", "gp-supplier-list", "witness-record",
)  # fmt: skip
KINDS = (
    "e-service", "e-trading", "expert", "ca", "archive", "witness", "supervision", "remote-eval",
    "onboarding", "contract", "credit", "service-hall", "platform", "approval", "data", "identity",
    "upward", "finance",
    "chain", "mall",
)  # fmt: skip


def test_classes_and_gates(standard: Standard) -> None:
    classes = Counter(name for stage in standard.stages for name in stage.policy.classes)
    assert classes == {"O": 33, "P": 8, "E": 2, "R": 3, "I": 1, "S": 3, "K": 2}
    assert {stage.id for stage in standard.stages if "P" in stage.policy.classes} == set(SEALED)
    assert all(gate(standard, stage) is Gate.OPENING for stage in SEALED)


@each("stage", SEALED)
def test_a_subscription_alone_never_gets_a_sealed_record(standard: Standard, stage: str) -> None:
    holders = [kind for kind in KINDS if may_hold(standard, stage, kind)]
    assert holders == (["witness"] if stage == "witness-record" else [])
    assert existence_sealed(standard, stage)


def test_who_may_hold_a_bid_before_the_opening(standard: Standard) -> None:
    assert may_hold(standard, "eng-bidder-list", "e-trading", "running")
    assert not may_hold(standard, "eng-bidder-list", "e-trading", "subscriber")
    assert not may_hold(standard, "eng-bidder-list", "supervision", "sector")
    assert may_hold(standard, "eng-bid-margin", "finance", "own")
    assert not may_hold(standard, "eng-bidder-list", "finance", "own")
    assert may_hold(standard, "eng-bidder-list", "chain", "commitment")
    assert not may_hold(standard, "eng-bidder-list", "chain")


def test_other_classes(standard: Standard) -> None:
    assert all(may_hold(standard, "eng-project", kind) for kind in KINDS if kind != "ca")
    assert not any(may_hold(standard, stage.id, "ca", "running") for stage in standard.stages)
    assert may_hold(standard, "eng-tender-notice", "platform", "media")
    assert not may_hold(standard, "eng-tender-notice", "upward")
    assert may_hold(standard, "eng-evaluation-report", "e-trading", "addressee")
    assert not may_hold(standard, "eng-evaluation-report", "archive")
    assert may_hold(standard, "eng-expert-draw", "expert")
    assert not may_hold(standard, "eng-expert-draw", "e-trading", "running")
    assert gate(standard, "expert-info") is Gate.NEVER


def test_what_lifts_a_gate(standard: Standard) -> None:
    ids = {stage.id for stage in standard.stages}
    for stage in standard.stages:
        for rule in lifted_by(standard, stage.id):
            if rule.startswith("field:"):
                assert rule.removeprefix("field:") in stage.by_name
            else:
                assert rule.startswith("event:") or rule in ids
    assert lifted_by(standard, "eng-bidder-list") == ("eng-bid-opening",)
    fields = standard.sample("eng-tender-notice", 1)["body"]["fields"]
    assert opens_at(standard, "eng-tender-notice", fields) == fields["NOTICE_SEND_TIME"]
    assert opens_at(standard, "eng-bidder-list", {}) is None
    assert opens_at(standard, "eng-tender-notice", {}) is None
    listing = standard.sample("asset-listing", 1)["body"]["fields"]
    assert opens_at(standard, "asset-listing", listing) == f"{listing['PUBLISH_DATE']}T00:00:00+08:00"


def test_the_public_sees_only_public_fields(standard: Standard) -> None:
    lifted = ("opening", "release", "award", "publication")
    for stage in standard.stages:
        fields = standard.sample(stage.id, 4)["body"]["fields"]
        if widest(stage, fields) is not Audience.PUBLIC:
            fields["SCOPE"] = "1"
        seen = view(stage, fields, Audience.PUBLIC, lifted=lifted)
        for name, value in seen.items():
            policy = stage.field(name).policy
            assert policy.openness == "public" and policy.sealed_until != "never"
            if policy.personal in ("id", "contact", "account") and policy.mask != "none":
                assert value != fields[name]
        everything = view(stage, fields, Audience.INTERNAL, lifted=(*lifted, "never"))
        assert set(everything) == set(fields)
        assert set(seen) <= set(view(stage, fields, Audience.PARTY, lifted=lifted))
        assert {f.name for f in fields_for(stage, Audience.REGULATOR)} >= set(seen)


def test_sealed_fields_are_absent_until_lifted(standard: Standard) -> None:
    stage = standard.stage("eng-bidder-list")
    fields = standard.sample(stage.id, 4)["body"]["fields"]
    assert view(stage, fields, Audience.REGULATOR) == {}
    after = view(stage, fields, Audience.PUBLIC, lifted=("opening",))
    assert after["BIDDER_NAME"] == fields["BIDDER_NAME"]
    assert "PM_CODE" not in after


def test_natural_persons_are_masked(standard: Standard) -> None:
    stage = standard.stage("land-deal")
    fields = standard.sample(stage.id, 4)["body"]["fields"]
    lifted = ("publication", "release", "opening", "award")
    body = view(stage, fields, Audience.PUBLIC, lifted=lifted)
    assert (body["LENDING_NAME"], body["LENDING_CODE"]) == (fields["LENDING_NAME"], fields["LENDING_CODE"])
    fields |= {"LENDING_NAME": "张小明", "LENDING_CODE": "11010519491231002X", "LENDING_TYPE": "3"}
    person = view(stage, fields, Audience.PUBLIC, lifted=lifted)
    assert person["LENDING_NAME"] == "张**"
    assert "LENDING_CODE" not in person
    unknown = {**fields, "LENDING_CODE": None}
    assert natural_person(stage, unknown, stage.field("LENDING_NAME"))


def test_a_record_can_narrow_its_own_audience(standard: Standard) -> None:
    violation = standard.stage("credit-violation")
    fields = standard.sample(violation.id, 4)["body"]["fields"]
    lifted = ("opening", "release", "award")
    for scope, wanted in (("1", Audience.PUBLIC), ("2", Audience.REGULATOR), ("3", Audience.INTERNAL)):
        assert widest(violation, fields | {"SCOPE": scope}) is wanted
    assert view(violation, fields | {"SCOPE": "1"}, Audience.PUBLIC, lifted=lifted)
    assert view(violation, fields | {"SCOPE": "2"}, Audience.PARTY, lifted=lifted) == {}
    archive = standard.stage("archive-record")
    secret = standard.sample(archive.id, 4)["body"]["fields"] | {"SECURITY_LEVEL": "1"}
    assert view(archive, secret, Audience.REGULATOR, lifted=lifted) == {}


def test_an_invited_tender_is_for_its_parties_until_the_result(standard: Standard) -> None:
    stage = standard.stage("eng-tender-project")
    fields = standard.sample(stage.id, 4)["body"]["fields"] | {"TENDER_MODE": "2"}
    assert view(stage, fields, Audience.PUBLIC, lifted=("release",)) == {}
    assert view(stage, fields, Audience.PARTY, lifted=("release",))
    assert view(stage, fields, Audience.PUBLIC, lifted=("release", "award"))
    document = standard.stage("eng-tender-document")
    assert widest(document, {}, invited=True) is Audience.PARTY
    assert widest(document, {}) is Audience.PUBLIC


def test_masks() -> None:
    assert mask("13800001234", "tail4") == "*******1234"
    assert mask("123", "tail4") == "***"
    assert mask("欧阳明", "surname") == "欧**"
    assert mask("x", "full") == "***"
    assert mask(None, "full") is None
    assert mask("x", "none") == "x"


def test_logs_hide_every_personal_value(standard: Standard) -> None:
    for stage in standard.stages:
        for field in stage.fields:
            assert (log_mask(field, "v") == "v") == (field.policy.personal == "none")


def test_r04_amounts_above_three_thousand_million() -> None:
    assert held({"CONTRACT_RECKON_PRICE": "3000000000", "PRICE_UNIT": "0"}) is None
    assert held({"CONTRACT_RECKON_PRICE": "3000000000.01", "PRICE_UNIT": "0"}) == "CONTRACT_RECKON_PRICE"
    assert held({"BID_AMOUNT": "300000.000001", "PRICE_UNIT": "1", "PRICE_FORM_CODE": "1"}) == "BID_AMOUNT"
    assert held({"BID_AMOUNT": "300001", "PRICE_UNIT": "1", "PRICE_FORM_CODE": "2"}) is None
    assert held({"BID_AMOUNT": "many", "PRICE_UNIT": "1"}) is None
    assert held({"BID_AMOUNT": "4000000000"}) is None
