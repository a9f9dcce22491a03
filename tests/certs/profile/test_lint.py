"""The lint: a good certificate is clean, for each rule there is one that breaks it alone, settings count."""

import random
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from certs.profile import LOOKS, RULES, Profile, check_profile, lint
from certs.subject import Rule
from certs.testpki import World
from certs.testpki.forms import written_extension, written_name
from certs.testpki.issue import Authority, extension
from tests.rows import each

NOW = datetime(2026, 11, 22, tzinfo=UTC)
WORLD = World.open(now=NOW)
PERSON = WORLD.holders["zhang"].code
GOOD = WORLD.vendors["P01"].signer("builder").certificate


NATIONAL = Profile()


def rules(raw: bytes, profile: Profile = NATIONAL) -> set[str]:
    return {one.rule for one in lint(raw, profile)}


def test_the_table_and_the_functions_are_about_the_same_rules() -> None:
    assert {*LOOKS, "unreadable"} == set(RULES)
    assert len(RULES) >= 40
    assert {row.severity for row in RULES.values()} == {"error", "warning", "note"}
    assert all(row.zh and row.en for row in RULES.values())


@each("rule", RULES)
def test_a_good_and_a_bad_certificate_for_each_rule(rule: str) -> None:
    made = WORLD.defect(f"profile-{rule}")
    profile = Profile(identity=made.bad.rules)
    assert lint(made.good.certificate, profile) == []
    found = lint(made.bad.certificate, profile)
    assert {one.rule for one in found} == {rule}
    for one in found:
        assert one.severity == RULES[rule].severity
        assert one.at
        assert one.evidence
        assert RULES[rule].zh in str(one)
        assert one.as_dict()["clause"] == RULES[rule].clause
    if rule != "unreadable":
        assert lint(made.bad.certificate, replace(profile, off=frozenset({rule}))) == [] or rule in (
            "version",
            "extension-twice",
        )


@pytest.mark.parametrize("rule", ["version", "extension-twice"])
def test_what_cannot_be_read_is_never_clean_whatever_is_switched_off(rule: str) -> None:
    raw = WORLD.defect(f"profile-{rule}").bad.certificate
    assert rules(raw, Profile(off=frozenset({rule}))) == {"unreadable"}


def test_numbers_of_a_province() -> None:
    assert rules(GOOD, Profile(algorithms=frozenset())) == {"algorithm-admitted"}
    assert rules(GOOD, Profile(families=frozenset({"rsa"}))) == {"key-family"}
    assert rules(GOOD, Profile(years=0)) == {"validity-length"}
    assert rules(GOOD, Profile(country="XX")) == {"country-value"}
    assert rules(GOOD, Profile(smallest_ec=384)) == {"key-size"}
    root = WORLD.vendors["P01"].anchors[0]
    assert rules(root) == set()
    assert rules(root, Profile(ca_years=5)) == {"validity-length"}
    assert rules(root, Profile(years=1)) == set()


def test_where_the_code_stands_is_configuration() -> None:
    raw = WORLD.vendors["C01"].signer("builder").certificate  # in O, in no extension
    assert "subject-code" in rules(raw)
    assert "subject-code" not in rules(raw, Profile(identity=WORLD.vendors["C01"].rules))
    new = Authority.root("沙箱", now=NOW).issue(
        "某", extensions=[written_extension("1.2.156.99999.1", "91620000MA71A0013W", "utf8")]
    )
    assert "subject-code" in rules(new.certificate)
    assert "subject-code" not in rules(new.certificate, Profile(subject_codes=frozenset({"1.2.156.99999.1"})))
    rule = Rule("own", "extension", "1.2.156.99999.1", ("uscc",))
    assert "subject-code" not in rules(new.certificate, Profile(identity=(rule,)))


def test_as_a_verdict_errors_count_and_the_rest_is_forgiven() -> None:
    good = check_profile(GOOD)
    assert good.ok
    assert [check.name for check in good.checks] == ["profile"]
    wrong = check_profile(WORLD.defect("profile-usage-separated").bad.certificate)
    assert [reason.code for reason in wrong.reasons] == ["profile"]
    assert wrong.state == "invalid"
    odd = check_profile(WORLD.defect("profile-time-form").bad.certificate)
    assert odd.ok
    assert [reason.code for reason in odd.forgiven] == ["profile", "profile"]
    assert not check_profile(b"").ok


def test_a_resident_number_is_not_told() -> None:
    name = written_name(
        [("C", "CN", "printable"), ("CN", f" 041@0{PERSON}@张@1 ", "utf8"), ("O", PERSON * 4, "printable")],
        {},
    )
    ca = Authority.root("沙箱", "ecdsa-sha256", now=NOW)
    found = lint(ca.issue(name, extensions=[extension("1.2.3", b"x")]).certificate)
    assert {"text-blank", "text-length"} <= {one.rule for one in found}
    assert PERSON not in str([str(one) for one in found])


def test_hostile_bytes_give_findings_and_nothing_else() -> None:
    chance = random.Random(20261122)
    for raw in (GOOD, WORLD.vendors["C02"].signer("zhang").certificate):
        for _ in range(1500):
            broken = bytearray(raw)
            for _ in range(chance.randint(1, 4)):
                broken[chance.randrange(len(broken))] = chance.randrange(256)
            for one in lint(bytes(broken)):
                assert one.rule in RULES
    assert rules(b"") == rules(b"\x30\x80") == rules(b"\x30" * 5000) == {"unreadable"}
    assert rules(b"\x30\x84\x00\x10\x00\x00" + bytes(1 << 20)) == {"unreadable"}
