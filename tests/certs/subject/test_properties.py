"""Whatever is written wherever: one holder or none, the same in every order of rules, never an exception."""

import random
from contextlib import suppress
from datetime import UTC, datetime
from itertools import permutations

from hypothesis import given, settings
from hypothesis import strategies as st

from certs.identity import make_uscc
from certs.model.der import MalformedError
from certs.subject import Rule, bind, masked, subject
from certs.testpki import World
from certs.testpki.forms import written_extension
from certs.testpki.issue import Authority
from certs.trust import SIGNING, STAMPING
from certs.verdict import Moment

NOW = datetime(2026, 11, 22, tzinfo=UTC)
CA = Authority.root("沙箱 properties", "ecdsa-sha256", now=NOW)
KEY = CA.issue("某")
ARC = "1.2.156.10260.4.1"
CODES = [
    make_uscc("91", "620000", f"MA71{letter}00{digit}") for letter, digit in zip("ABC", "123", strict=True)
]
TEXTS = st.one_of(
    st.sampled_from([text for code in CODES for text in (code, code[8:17], code.lower(), code[:17] + "*")]),
    st.text(max_size=40),
)
RULES = [
    Rule(str(at), "extension", f"{ARC}.{at}", ("uscc", "organisation", "registration")) for at in (3, 4, 5)
]


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.sampled_from([3, 4, 5]), TEXTS, max_size=3))
def test_nobody_is_bound_who_is_not_said_everywhere_codes_are_said(said: dict[int, str]) -> None:
    extensions = [written_extension(f"{ARC}.{at}", text, "utf8") for at, text in said.items()]
    raw = CA.issue("某", key=KEY, extensions=extensions).certificate
    bound = {
        found.bound.code if found.bound else None
        for order in permutations(RULES)
        for found in [subject(raw, order)]
    }
    assert len(bound) == 1
    (code,) = bound
    named = {one for one in CODES for text in said.values() if text.upper() in (one, one[8:17])}
    assert len(named) < 2 or code is None
    if code is not None and named:
        (only,) = named
        assert code in (only, only[8:17])
    verdict = bind(raw, RULES, CODES[0])
    assert verdict.ok == (
        code is not None and CODES[0] in (code, *(one for one in CODES if one[8:17] == code))
    )


def test_altered_certificates_bind_the_same_holder_nobody_or_say_why() -> None:
    """No signature is looked at here, so an altered code may be another sound one; but nothing raises."""
    chance = random.Random(20261122)
    world = World.open(now=NOW)
    for vendor in world.vendors.values():
        for holder in ("builder", "zhang"):
            raw = vendor.signer(holder).certificate
            for _ in range(300):
                broken = bytearray(raw)
                for _ in range(chance.randint(1, 3)):
                    broken[chance.randrange(len(broken))] = chance.randrange(256)
                with suppress(MalformedError):
                    subject(bytes(broken), vendor.rules)
                verdict = bind(bytes(broken), vendor.rules, world.holders[holder].code)
                assert {one.code for one in verdict.reasons} <= {
                    "malformed", "identity-none", "identity-conflict", "identity-differs",
                }  # fmt: skip


@given(st.text(max_size=300))
def test_masking_takes_nothing_but_resident_numbers(text: str) -> None:
    assert masked(masked(text)) == masked(text)
    if not any(char.isdigit() for char in text):
        assert masked(text) == text


def test_no_judge_tells_a_resident_number_that_stands_in_a_name() -> None:
    """C03 writes it into CN, C05 into a bit string: paths, purposes and lists quote names."""
    world = World.open(now=NOW)
    number = world.holders["zhang"].code
    for vendor in ("C03", "C05"):
        ca = world.vendors[vendor]
        for raw in (ca.signer("zhang").certificate, ca.encrypter("zhang").certificate):
            for trust in (world.trust(vendor), world.trust("P01")):
                for purpose in (SIGNING, STAMPING):
                    told = str(trust.judge(raw, moment=Moment(NOW), purpose=purpose).as_dict())
                    assert number[6:14] not in told
                    assert number.encode().hex() not in told
