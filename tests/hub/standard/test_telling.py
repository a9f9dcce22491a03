"""What a receiver is told: never more than its openness, and an authority nothing masked."""

import pytest

from hub.catalogue import load as load_catalogue
from hub.standard import Standard, load
from hub.standard.policy import Audience
from hub.standard.telling import PASSED, audience_of, told, whole
from tests.rows import each

STAGES = [stage.id for stage in load().stages]
KINDS = sorted({system.kind for system in load_catalogue().systems})
ALLOWED = {
    Audience.PUBLIC: {"public"},
    Audience.PARTY: {"public", "party"},
    Audience.REGULATOR: {"public", "party", "regulator"},
}


@pytest.fixture(scope="module")
def standard() -> Standard:
    return load()


@each("stage_id", STAGES)
@each("kind", KINDS)
def test_nobody_is_told_more_than_its_openness_and_the_passed_gates(
    standard: Standard, stage_id: str, kind: str
) -> None:
    stage = standard.stage(stage_id)
    fields = standard.sample(stage_id, 11)["body"]["fields"]
    for name in told(stage, fields, kind):
        policy = stage.by_name[name].policy
        assert policy.openness in ALLOWED[audience_of(kind)]
        assert policy.sealed_until in {"none", *PASSED[stage.policy.gate]}


def test_the_public_side_sees_masks_and_an_authority_sees_the_number(standard: Standard) -> None:
    stage = standard.stage("eng-tender-notice")
    fields = standard.sample(stage.id, 11)["body"]["fields"]
    number = fields["TENDERER_PHONE_NUMBER"]
    assert told(stage, fields, "supervision")["TENDERER_PHONE_NUMBER"] == number
    shown = told(stage, fields, "platform").get("TENDERER_PHONE_NUMBER")
    policy = stage.by_name["TENDERER_PHONE_NUMBER"].policy
    assert shown == (number if policy.mask == "none" else shown)
    assert (shown == number) is (policy.mask == "none")


def test_a_persons_identity_number_stays_in_the_house(standard: Standard) -> None:
    stage = standard.stage("eng-tender-notice")
    fields = {**standard.sample(stage.id, 11)["body"]["fields"], "TENDERER_CODE": "11010519491231002X"}
    for kind in KINDS:
        assert "TENDERER_CODE" not in told(stage, fields, kind)


def test_a_field_sealed_longer_than_its_record_stays_behind(standard: Standard) -> None:
    stage = standard.stage("eng-evaluation-report")
    fields = standard.sample(stage.id, 11)["body"]["fields"]
    later = {field.name for field in stage.fields if field.policy.sealed_until == "award"}
    assert later
    assert later & set(fields)
    assert not later & set(told(stage, fields, "supervision"))


def test_a_security_level_keeps_an_archive_in_the_house(standard: Standard) -> None:
    stage = standard.stage("archive-record")
    fields = {**standard.sample(stage.id, 11)["body"]["fields"], "SECURITY_LEVEL": "1"}
    assert [told(stage, fields, kind) for kind in KINDS] == [{}] * len(KINDS)


def test_extras_go_only_to_who_may_see_every_field(standard: Standard) -> None:
    assert whole(standard.stage("water-result"), "supervision")
    assert not whole(standard.stage("eng-tender-notice"), "platform")


@each("stage_id", STAGES)
def test_a_chain_is_told_in_clear_only_what_the_table_lets_stand_there(
    standard: Standard, stage_id: str
) -> None:
    stage = standard.stage(stage_id)
    fields = standard.sample(stage_id, 11)["body"]["fields"]
    chained, public = told(stage, fields, "chain"), told(stage, fields, "platform")
    clear = {field.name for field in stage.fields if field.policy.on_chain == "value"}
    assert chained == {name: value for name, value in public.items() if name in clear}
