"""The two certificates of one holder belong together, or it is said why not."""

from datetime import UTC, datetime

import pytest

from certs.subject import pair
from certs.testpki.issue import DAY, ENCIPHER, SIGN, Authority

NOW = datetime(2026, 11, 22, tzinfo=UTC)
CA = Authority.root("沙箱 pair", "ecdsa-sha256", now=NOW)
ELSE = Authority.root("沙箱 else", "ecdsa-sha256", now=NOW)
SIGNS, OPENS = CA.issue("某", usage=SIGN), CA.issue("某", usage=ENCIPHER)


def test_a_pair() -> None:
    verdict = pair(SIGNS.certificate, OPENS.certificate)
    assert verdict.ok
    assert [check.name for check in verdict.checks] == ["pair"]


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (CA.issue("别人", usage=ENCIPHER), "pair-subject"),
        (ELSE.issue("某", usage=ENCIPHER), "pair-issuer"),
        (CA.issue("某", usage=ENCIPHER, key=SIGNS), "pair-key"),
        (CA.issue("某", usage=(*SIGN, *ENCIPHER)), "pair-usage"),
        (
            CA.issue("某", usage=ENCIPHER, not_before=NOW + 40 * DAY, not_after=NOW + 50 * DAY),
            "pair-validity",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_thing_that_may_be_wrong(other: object, expected: str) -> None:
    verdict = pair(SIGNS.certificate, other.certificate)  # type: ignore[attr-defined]
    assert [reason.code for reason in verdict.reasons] == [expected]
    assert verdict.state == "invalid"


def test_the_wrong_way_round_is_noticed() -> None:
    assert [reason.code for reason in pair(OPENS.certificate, SIGNS.certificate).reasons] == ["pair-usage"]


def test_two_issuers_may_be_admitted() -> None:
    other = ELSE.issue("某", usage=ENCIPHER).certificate
    name = "C=CN,O=Hutong Sandbox (never for production),CN=沙箱 "
    assert pair(SIGNS.certificate, other, issuers=frozenset({(f"{name}pair", f"{name}else")})).ok


def test_one_certificate_for_everything_only_where_that_is_admitted() -> None:
    one = CA.issue("某", usage=(*SIGN, *ENCIPHER)).certificate
    assert pair(one, one, single=True).ok
    assert not pair(one, one).ok
    assert not pair(SIGNS.certificate, SIGNS.certificate, single=True).ok
    assert pair(b"x", one).reasons[0].code == "malformed"
