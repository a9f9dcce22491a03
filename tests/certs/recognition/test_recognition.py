"""Recognition: whose, by whom, through which list; token and tokenless alike; a sandbox stays a sandbox."""

from __future__ import annotations

import json
from typing import Any

import pytest

import certs
from certs.identity import make_uscc
from certs.keys.held import HeldKey
from certs.model import write as w
from certs.model.certificate import read_certificate
from certs.recognition import Recognition
from certs.testpki.issue import extension, name, new_key
from certs.testpki.ocsp import Responder
from certs.trust import ANYTHING, ENCIPHERING, SIGNING, Revocation, Trust
from certs.verdict import Moment
from tests.certs.trustlist.world import DAY, NOW, ca, sub, usable

USCC, OTHER = make_uscc("91", "620000", "71020202"), make_uscc("91", "620100", "71030303")
RULES = [{"id": "o", "where": "subject", "oid": "2.5.4.10", "kinds": ["uscc"]},
         {"id": "x", "where": "extension", "oid": "1.2.156.10260.4.1.4", "kinds": ["uscc"]}]  # fmt: skip


def company(code: str = USCC, stated: str | None = None, **more: Any) -> HeldKey:
    extensions = [] if stated is None else [extension("1.2.156.10260.4.1.4", w.printable(stated))]
    subject = name(("C", "CN"), ("O", code), ("CN", "某某建设有限公司"))
    return sub("CA001").issue(subject, days=1200, extensions=extensions, **more)


def ask(key: HeldKey, **different: Any) -> Recognition:
    wanted = {"trust": usable(ca("CA001", identity=RULES)), "at": NOW, "revocation": Revocation.IGNORED,
              "purpose": SIGNING}  # fmt: skip
    return certs.recognise(key.certificate, **(wanted | different))


def codes(found: Recognition) -> list[str]:
    assert found.ok != bool(found.reasons)
    return [reason.code for reason in found.reasons]


def test_whose_by_whom_and_through_which_list() -> None:
    found = ask(company(stated=USCC), sector="engineering", medium="token", expected_subject=USCC)
    assert codes(found) == []
    assert found.ca is not None
    assert (found.ca.id, found.region, found.assurance) == ("CA001", "62", "high")
    assert found.subject is not None
    assert found.subject.bound is not None
    assert found.subject.bound.code == USCC
    assert [one.is_ca for one in found.chain] == [True, True, False]
    told = json.loads(json.dumps(found.as_dict()))
    assert told["ca"]["id"] == "CA001"
    assert told["medium"] == "token"
    assert len(told["chain"]) == 3
    assert all(check["zh"] for check in told["checks"])


def test_token_and_tokenless_are_judged_the_same_way() -> None:
    key = company()
    token, tokenless = (ask(key, medium=medium).as_dict() for medium in ("token", "tokenless"))
    for told in (token, tokenless):
        del told["medium"]
        for check in told["checks"]:
            check.pop("evidence", None)
    assert token == tokenless


def test_the_subject_must_be_the_one_who_is_claimed() -> None:
    assert codes(ask(company(), expected_subject=OTHER)) == ["identity-differs"]
    assert codes(ask(company(stated=OTHER))) == ["identity-conflict"]
    assert codes(ask(company("某某建设有限公司"), expected_subject=USCC)) == ["identity-none"]
    nobody = ask(company("某某建设有限公司"))
    assert codes(nobody) == []  # nobody was claimed; that nobody can be told is said
    assert "identity-none" in [reason.code for reason in nobody.verdict.forgiven]


def test_a_ca_that_no_list_knows() -> None:
    found = certs.recognise(
        sub("CA009").issue("张三").certificate, trust=usable(ca("CA001")), at=NOW,
        revocation=Revocation.IGNORED, purpose=SIGNING,
    )  # fmt: skip
    assert codes(found) == ["no-path", "not-admitted"]
    assert found.ca is None
    assert found.verdict.sof_code == -1


def test_a_sandbox_certificate_is_refused_in_production() -> None:
    key = sub("CA001").issue("张三", days=1200)
    assert codes(ask(key, realm="sandbox")) == []
    assert set(codes(ask(key, realm="production"))) == {"sandbox"}


def test_revocation_has_to_be_chosen() -> None:
    with pytest.raises(TypeError):
        certs.recognise(b"", trust=usable(), at=NOW, purpose=SIGNING)  # type: ignore[call-arg]


def test_revocation_decides_as_chosen() -> None:
    key = company()
    lists = [sub("CA001").crl(this_update=NOW - DAY)]
    view = read_certificate(key.certificate)
    bad = [sub("CA001").crl([(view.serial, NOW - DAY, 1)], this_update=NOW - DAY)]
    held = [sub("CA001").crl([(view.serial, NOW - DAY, 6)], this_update=NOW - DAY)]
    from tests.certs.trustlist.world import root

    above = root("CA001").crl(this_update=NOW - DAY)
    required: dict[str, Any] = {"revocation": Revocation.REQUIRED}
    assert codes(ask(key, crls=[*lists, above], **required)) == []
    assert codes(ask(key, crls=[*bad, above], **required)) == ["revoked"]
    frozen = ask(key, crls=[*held, above], **required)
    assert (codes(frozen), frozen.sof_code) == (["frozen"], -4)
    unknown = ask(key, **required)
    assert (codes(unknown), unknown.state) == (["revocation-unknown"], "indeterminate")
    assert codes(ask(key, revocation=Revocation.IF_KNOWN)) == []
    issuer = sub("CA001")
    answer = Responder(issuer, issuer.key, NOW).answer(key.certificate, "revoked")
    assert codes(ask(key, crls=[above], ocsp=[answer], **required)) == ["revoked"]


def test_an_answer_from_before_does_not_outweigh_a_list() -> None:
    """It still runs, and whoever is revoked may bring it along, in his own signature too."""
    from tests.certs.trustlist.world import root

    key, issuer = company(), sub("CA001")
    serial = read_certificate(key.certificate).serial
    responder = Responder(issuer, issuer.key, NOW)
    before = responder.answer(key.certificate, at=NOW - 2 * DAY, hours=96)
    since = responder.answer(key.certificate, at=NOW, hours=96)
    told = {}
    for word, reason in (("revoked", 1), ("frozen", 6)):
        listed = [issuer.crl([(serial, NOW - DAY, reason)], this_update=NOW - DAY)]
        listed.append(root("CA001").crl(this_update=NOW - DAY))
        for brought in ((before,), (since,), (before, since), (since, before)):
            found = ask(key, crls=listed, ocsp=brought, revocation=Revocation.REQUIRED)
            told[word, brought] = codes(found)
    assert {tuple(one) for (word, _), one in told.items() if word == "revoked"} == {("revoked",)}
    assert told["frozen", (before,)] == ["frozen"]
    lifted = [one for (word, brought), one in told.items() if word == "frozen" and since in brought]
    assert lifted == [[], [], []], "a hold ends where the CA says so later"


def test_purpose() -> None:
    assert codes(ask(company(), purpose=ENCIPHERING)) == ["key-usage"]


@pytest.mark.parametrize("raw", [b"", b"0", b"\x30\x82\xff\xff", b"\x30\x03\x02\x01\x01", bytes(300_000)])
def test_hostile_bytes(raw: bytes) -> None:
    found = certs.recognise(
        raw, trust=usable(ca("CA001")), at=NOW, revocation=Revocation.REQUIRED, purpose=ANYTHING
    )
    assert not found.ok
    assert "internal" not in codes(found)
    assert found.as_dict()["state"] == found.state


def test_without_a_list_an_anchor_will_do() -> None:
    key = company()
    trust = Trust((key.chain[-1],), Revocation.IGNORED, intermediates=key.chain)
    found = certs.recognise(
        key.certificate, trust=trust, at=Moment(NOW), revocation=Revocation.IF_KNOWN, purpose=SIGNING
    )
    assert found.ok
    assert found.ca is None
    assert found.verdict.checks[2].evidence == "0 OCSP, 0 CRL: not established"


def test_a_key_of_each_family_is_recognised() -> None:
    listed = usable(ca("CA001"), ca("CA002", "rsa-sha256"), ca("CA003", "ecdsa-sha256"))
    for which, algorithm in (("CA001", "sm2-sm3"), ("CA002", "rsa-sha256"), ("CA003", "ecdsa-sha256")):
        key = sub(which, algorithm).issue("张三", key=HeldKey(algorithm, new_key(algorithm)), days=1000)
        found = ask(key, trust=listed)
        assert codes(found) == []
        assert found.as_dict()["chain"][-1]["algorithm"] == algorithm
