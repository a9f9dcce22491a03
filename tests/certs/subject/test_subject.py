"""Who the subject is: the dangers of taking the first text found, each as a certificate."""

from datetime import UTC, date, datetime

import pytest

from certs.identity import make_resident, make_uscc
from certs.subject import Rule, bind, masked, subject
from certs.subject.codes import kinds_of, registration_ok, sound
from certs.testpki.forms import written_extension, written_name
from certs.testpki.issue import Authority
from tests.rows import each

NOW = datetime(2026, 11, 22, tzinfo=UTC)
CODE, OTHER = make_uscc("91", "620000", "MA71A001"), make_uscc("91", "620000", "MA71B002")
PERSON = make_resident("620102", date(1985, 3, 12), 11)
BODY, REGISTRATION = CODE[8:17], "620000200010017"
CA = Authority.root("沙箱 subject", "ecdsa-sha256", now=NOW)
ARC = "1.2.156.10260.4.1"
EVERY = ("uscc", "resident", "organisation", "registration", "tax")
# The order in which an extractor seen in use guesses: .3, .4, the old .3, then .1.
GUESSING = [
    Rule("registration", "extension", f"{ARC}.3", ("registration", "uscc")),
    Rule("credit", "extension", f"{ARC}.4", ("uscc", "organisation")),
    Rule("old", "extension", "1.2.86.11.7.1.3", ("organisation", "registration")),
    Rule("person", "extension", f"{ARC}.1", ("resident",)),
]
O_PREFIX = Rule("o", "subject", "2.5.4.10", ("uscc",), r"(?P<uscc>[0-9A-Z]{18})[^0-9A-Z].{0,200}")
PARTS = Rule(
    "cn", "subject", "2.5.4.3", ("resident", "organisation", "uscc"),
    r"\d{1,6}@(?:0(?P<resident>\d{17}[0-9X])|N(?P<code>[0-9A-Z-]{9,18}))@[^@]{1,100}@\d{1,16}",
)  # fmt: skip


def with_extensions(**values: str) -> bytes:
    return CA.issue(
        "某", extensions=[written_extension(f"{ARC}.{at[1:]}", value, "utf8") for at, value in values.items()]
    ).certificate


def named(**values: str) -> bytes:
    return CA.issue(written_name([(kind, value, "utf8") for kind, value in values.items()], {})).certificate


def test_a_registration_number_first_in_order_is_not_taken_for_the_code() -> None:
    found = subject(with_extensions(_3=REGISTRATION, _4=CODE), GUESSING)
    assert [one.kind for one in found.candidates] == ["registration", "uscc"]
    assert found.bound is not None
    assert found.bound.code == CODE


def test_a_registration_number_alone_names_nobody() -> None:
    verdict = bind(with_extensions(_3=REGISTRATION), GUESSING)
    assert [reason.code for reason in verdict.reasons] == ["identity-none"]
    assert verdict.state == "indeterminate"


def test_a_clerk_is_not_the_company_and_neither_is_picked() -> None:
    raw = with_extensions(_4=CODE, _1=PERSON)
    found = subject(raw, GUESSING)
    assert found.bound is None
    assert [one.code for one in found.findings] == ["contradiction"]
    for expected in (None, CODE, PERSON):
        verdict = bind(raw, GUESSING, expected)
        assert [reason.code for reason in verdict.reasons] == ["identity-conflict"]
        assert verdict.state == "invalid"


def test_a_rule_may_say_that_a_person_is_only_the_agent() -> None:
    rules = [*GUESSING[:3], Rule("clerk", "extension", f"{ARC}.1", ("resident",), role="agent")]
    found = subject(with_extensions(_4=CODE, _1=PERSON), rules)
    assert found.bound is not None
    assert found.bound.code == CODE
    assert [one.role for one in found.candidates] == ["holder", "agent"]
    assert subject(with_extensions(_1=PERSON), rules).bound is None


@pytest.mark.parametrize("order", [1, -1])
def test_two_codes_bind_nobody_in_either_order(order: int) -> None:
    rules = [Rule("a", "extension", f"{ARC}.4", ("uscc",)), Rule("b", "extension", f"{ARC}.5", ("uscc",))]
    found = subject(with_extensions(_4=CODE, _5=OTHER), rules[::order])
    assert found.bound is None
    assert len(found.candidates) == 2


@each("at", range(18))
def test_one_wrong_character_beside_a_sound_code_is_a_conflict(at: int) -> None:
    wrong = CODE[:at] + ("1" if CODE[at] != "1" else "2") + CODE[at + 1 :]
    rules = [Rule("a", "extension", f"{ARC}.4", ("uscc",)), Rule("b", "extension", f"{ARC}.5", ("uscc",))]
    assert subject(with_extensions(_4=CODE, _5=wrong), rules).bound is None
    alone = bind(with_extensions(_4=wrong), rules)
    assert [reason.code for reason in alone.reasons] == ["identity-none"]


def test_the_organisation_code_agrees_with_the_credit_code_that_holds_it() -> None:
    rules = [
        Rule("o", "extension", f"{ARC}.3", ("organisation",)),
        Rule("c", "extension", f"{ARC}.4", ("uscc",)),
    ]
    found = subject(with_extensions(_3=f"{BODY[:8]}-{BODY[8:]}", _4=CODE), rules)
    assert found.bound is not None
    assert found.bound.code == CODE
    assert subject(with_extensions(_3=OTHER[8:17], _4=CODE), rules).bound is None
    assert bind(with_extensions(_3=BODY), rules, CODE).ok
    assert not bind(with_extensions(_3=BODY), rules, OTHER).ok
    assert bind(with_extensions(_4=CODE), rules, BODY).ok


def test_an_old_tax_number_holds_the_organisation_code() -> None:
    rules = [Rule("t", "extension", f"{ARC}.5", ("tax",)), Rule("c", "extension", f"{ARC}.4", ("uscc",))]
    assert subject(with_extensions(_5=f"620102{BODY}", _4=CODE), rules).bound is not None
    assert subject(with_extensions(_5=f"620102{OTHER[8:17]}", _4=CODE), rules).bound is None


def test_name_patterns_met_in_use() -> None:
    found = subject(named(O=f"{CODE}沙箱有限公司", CN="53011200000556"), [O_PREFIX])
    assert found.bound is not None
    assert found.bound.code == CODE
    assert subject(named(O=f"{CODE}Z沙箱"), [O_PREFIX]).bound is None
    person = subject(named(CN=f"041@0{PERSON}@张沙箱@00000001"), [PARTS]).bound
    assert person is not None
    assert (person.code, person.kind) == (PERSON, "resident")
    for number, kind in ((BODY, "organisation"), (f"{BODY[:8]}-{BODY[8:]}", "organisation"), (CODE, "uscc")):
        one = subject(named(CN=f"041@N{number}@沙箱公司@00000001"), [PARTS]).bound
        assert one is not None
        assert one.kind == kind
    assert subject(named(CN=f"041@N{PERSON}@张沙箱@00000001"), [PARTS]).bound is None


def test_a_region_in_the_place_of_a_number_is_nothing() -> None:
    found = subject(with_extensions(_4=CODE, _3="620000"), GUESSING)
    assert found.bound is not None
    assert found.findings == ()
    assert subject(with_extensions(_3="甘肃省"), GUESSING).candidates == ()


def test_differs_is_said_with_both_sides() -> None:
    verdict = bind(with_extensions(_4=CODE), GUESSING, OTHER)
    assert [reason.code for reason in verdict.reasons] == ["identity-differs"]
    assert CODE in verdict.reasons[0].detail
    assert OTHER in verdict.reasons[0].detail
    assert bind(with_extensions(_4=CODE), GUESSING, CODE.lower()).ok
    assert not bind(with_extensions(_4=CODE), GUESSING, "").ok


def test_nobody_is_bound_without_rules_and_hostile_bytes_are_an_answer() -> None:
    assert [reason.code for reason in bind(with_extensions(_4=CODE), []).reasons] == ["identity-none"]
    assert bind(b"\x30\x03\x02\x01\x01", GUESSING).reasons[0].code == "malformed"


def test_a_resident_number_is_never_told() -> None:
    rules = [*GUESSING, PARTS]
    for raw in (
        with_extensions(_1=PERSON),
        with_extensions(_4=CODE, _1=PERSON),
        with_extensions(_1=PERSON[:-1] + ("1" if PERSON[-1] != "1" else "2")),
        named(CN=f"041@0{PERSON}@张沙箱@00000001"),
    ):
        for expected in (None, CODE, PERSON):
            verdict = bind(raw, rules, expected)
            told = f"{verdict.as_dict()}{verdict.sentence('en')}{subject(raw, rules)!r}"
            assert PERSON[6:14] not in told
            assert PERSON[:17].encode().hex() not in told
    assert PERSON not in masked(f"CN=041@0{PERSON}@x, 2.5.4.45=00{PERSON.encode().hex()}")
    assert masked(CODE) == CODE


def test_kinds_are_told_apart_by_check_characters() -> None:
    assert kinds_of(CODE, EVERY) == ["uscc"]
    assert kinds_of(PERSON, EVERY) == ["resident"]
    assert kinds_of(BODY, EVERY) == ["organisation"]
    assert kinds_of(REGISTRATION, EVERY) == ["registration"]
    assert kinds_of(f"620102{BODY}", EVERY) == ["tax"]
    assert kinds_of("whatever", (*EVERY, "vendor")) == ["vendor"]
    assert not sound(PERSON, "uscc")
    assert sum(registration_ok(REGISTRATION[:14] + digit) for digit in "0123456789") == 1


def test_a_number_that_could_be_both_is_refused_unless_the_rule_knows() -> None:
    both = next(
        number
        for day in range(1, 29)
        for sequence in range(1000)
        for number in [make_resident("621000", date(1990, 1, day), sequence)]
        if sound(number, "uscc")
    )
    open_rule = [Rule("any", "extension", f"{ARC}.4", ("uscc", "resident"))]
    found = subject(with_extensions(_4=both), open_rule)
    assert found.bound is None
    assert [one.code for one in found.findings] == ["ambiguous"]
    assert both not in str(found)
    known = subject(with_extensions(_4=both), [Rule("one", "extension", f"{ARC}.4", ("resident",))])
    assert known.bound is not None
    assert known.bound.kind == "resident"
