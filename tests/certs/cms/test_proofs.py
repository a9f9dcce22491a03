"""What stands beside a signature: time stamps over its value, and signatures over it."""

from __future__ import annotations

from datetime import datetime, timedelta

from certs.algorithms.digest import digest
from certs.cms import oids, read_signed, sign, with_certificates, with_unsigned
from certs.model import write as w
from certs.model.certificate import read_certificate
from certs.model.der import Reader
from certs.testpki.ocsp import Responder
from certs.timestamp import read_response, request, respond, signature_stamp
from certs.trust import Revocation, Trust
from certs.verdict import Moment, Reason, Verdict
from tests.certs.cms.forged import attribute, forged, signer
from tests.certs.cms.worlds import CONTENT, NOW, codes, notes, world

AT = world("sm2-sm3")
LATER = NOW + timedelta(days=100)  # beyond the certificates' thirty days
OPEN = Trust(AT.trust.anchors, Revocation.IGNORED)


class _Stamps:
    """A judge of stamps that believes one token, and records what it was asked."""

    def __init__(self, token: bytes, at: datetime) -> None:
        self.token, self.at = token, at
        self.asked: list[tuple[bytes, bytes, datetime]] = []

    def __call__(
        self, token: bytes, value: bytes, *, trust: Trust, at: Moment
    ) -> tuple[Verdict, Moment | None]:
        self.asked.append((token, value, at.at))
        if token != self.token:
            return Verdict(False, [Reason("stamp-imprint")]), None
        return Verdict(True), Moment(self.at, "timestamp", evidence="TSA")


def test_a_stamp_proves_when() -> None:
    token = w.sequence(w.utf8("token"))
    stamps = _Stamps(token, NOW)
    raw = sign(CONTENT, AT.first, stamp=lambda _: token)
    assert codes(AT.judge(raw, trust=OPEN, at=LATER)) == {"expired"}
    verdict = AT.judge(raw, trust=OPEN, at=LATER, stamps=stamps)
    assert verdict.ok, verdict.sentence("en")
    assert verdict.moment == Moment(NOW, "timestamp", LATER, "TSA")
    assert stamps.asked == [(token, read_signed(raw).signers[0].signature, LATER)]


def test_the_earliest_stamp_that_holds_counts_and_others_take_nothing_away() -> None:
    good, bad = w.sequence(w.utf8("good")), w.sequence(w.utf8("bad"))
    raw = sign(CONTENT, AT.first, stamp=lambda _: bad)
    alone = AT.judge(raw, trust=OPEN, at=NOW, stamps=_Stamps(good, NOW))
    assert alone.ok and {reason.code for reason in alone.forgiven} == {"stamp-imprint"}
    assert codes(AT.judge(raw, trust=OPEN, at=LATER, stamps=_Stamps(good, NOW))) == {"expired"}
    both = with_unsigned(raw, 0, oids.SIGNATURE_STAMP, good)
    assert AT.judge(both, trust=OPEN, at=LATER, stamps=_Stamps(good, NOW)).ok


def test_revoked_after_the_stamp_is_still_valid() -> None:
    token = w.sequence(w.utf8("token"))
    raw = sign(CONTENT, AT.first, stamp=lambda _: token)
    serial = read_certificate(AT.first.certificate).serial
    later = NOW + timedelta(days=2)
    lists = (
        AT.root.crl(this_update=later),
        AT.sub.crl([(serial, NOW + timedelta(days=1), 1)], this_update=later),
    )
    trust = Trust(AT.trust.anchors, Revocation.REQUIRED, crls=lists)
    assert codes(AT.judge(raw, trust=trust, at=later)) == {"revoked"}
    assert AT.judge(raw, trust=trust, at=later, stamps=_Stamps(token, NOW)).ok


def test_a_real_stamp() -> None:
    tsa = AT.sub.issue("时间戳机构", extended=("1.3.6.1.5.5.7.3.8",), days=3000)
    raw = sign(CONTENT, AT.first)
    value = read_signed(raw).signers[0].signature
    answer = respond(request(value), tsa, at=NOW, serial=1, policy="1.2.156.10197.99.3")
    token = read_response(answer).token
    assert token is not None
    stamped = with_unsigned(raw, 0, oids.SIGNATURE_STAMP, token)
    verdict = AT.judge(stamped, trust=OPEN, at=LATER, stamps=signature_stamp)
    assert verdict.ok, verdict.sentence("en")
    assert verdict.moment is not None and verdict.moment.source == "timestamp"
    other = with_unsigned(sign(CONTENT, AT.second), 0, oids.SIGNATURE_STAMP, token)
    assert codes(AT.judge(other, trust=OPEN, at=LATER, stamps=signature_stamp)) == {"expired"}


def _countersigned(rows: tuple[bytes, ...], over: bytes | None = None) -> Verdict:
    raw = sign(CONTENT, AT.first)
    value = read_signed(raw).signers[0].signature
    filled = [one if one else attribute(oids.MESSAGE_DIGEST, w.octets(digest(over or value))) for one in rows]
    counter = signer(AT.second, filled)
    whole = with_unsigned(raw, 0, oids.COUNTERSIGNATURE, counter)
    return AT.judge(with_certificates(whole, [AT.second.certificate]))


def test_a_countersignature_is_judged_over_the_value() -> None:
    verdict = _countersigned((b"",))
    check = verdict.checks[-1]
    assert verdict.ok and (check.name, check.outcome) == ("countersignature", "passed")
    assert verdict.facts["countersigner"].endswith("投标人乙") and not verdict.forgiven


def test_a_countersignature_that_does_not_hold_is_told_and_takes_nothing_away() -> None:
    wrong = _countersigned((b"",), over=b"another value")
    assert wrong.ok and wrong.checks[-1].outcome == "failed" and "countersigner" not in wrong.facts
    assert {reason.code for reason in wrong.forgiven} == {"digest"}
    typed = _countersigned((b"", attribute(oids.CONTENT_TYPE, w.oid(oids.DATA["sm2"]))))
    assert typed.ok and {reason.code for reason in typed.forgiven} == {"signed-attributes"}
    rubbish = AT.judge(with_unsigned(sign(CONTENT, AT.first), 0, oids.COUNTERSIGNATURE, w.integer(1)))
    assert rubbish.ok and {reason.code for reason in rubbish.forgiven} == {"malformed"}


def test_a_countersignature_cannot_save_what_does_not_hold() -> None:
    raw = forged(AT.first, over=b"something else")
    value = read_signed(raw).signers[0].signature
    counter = signer(AT.first, (attribute(oids.MESSAGE_DIGEST, w.octets(digest(value))),))
    verdict = AT.judge(with_unsigned(raw, 0, oids.COUNTERSIGNATURE, counter))
    assert codes(verdict) == {"signature"} and verdict.checks[-1].outcome == "passed"


def _world_of_answers() -> tuple[Trust, bytes, bytes]:
    bare = Trust(AT.trust.anchors, Revocation.REQUIRED, crls=(AT.root.crl(),))
    answer = Responder(AT.sub, AT.sub.key, NOW).answer(AT.first.certificate)
    outer = Reader(answer)
    wrapped = outer.inside(outer.inside(outer.parts(0, len(answer))[0])[1], 0xA0)[0]
    return bare, answer, outer.content(outer.inside(wrapped)[1])


def test_data_kept_beside_the_signature_help() -> None:
    """CAdES: certificates, lists, and the inner part of OCSP answers, in unsigned attributes."""
    bare, _, basic = _world_of_answers()
    raw = sign(CONTENT, AT.first, certificates="leaf")
    assert codes(AT.judge(raw, trust=bare)) == {"no-path"}
    chained = with_unsigned(raw, 0, oids.CERTIFICATE_VALUES, w.sequence(*AT.first.chain))
    assert codes(AT.judge(chained, trust=bare)) == {"revocation-unknown"}
    lists = w.sequence(w.explicit(0, w.sequence(AT.sub.crl())))
    answers = w.sequence(w.explicit(1, w.sequence(basic)), w.explicit(2, w.NULL))
    for value in (lists, answers):
        verdict = AT.judge(with_unsigned(chained, 0, oids.REVOCATION_VALUES, value), trust=bare)
        assert verdict.ok and not verdict.forgiven, verdict.sentence("en")


def test_data_kept_inside_by_pdf_programs_help() -> None:
    bare, answer, _ = _world_of_answers()
    for value in (w.explicit(0, w.sequence(AT.sub.crl())), w.explicit(1, w.sequence(answer))):
        raw = sign(CONTENT, AT.first, attributes={oids.PDF_REVOCATION: w.sequence(value)})
        assert AT.judge(raw, trust=bare).ok


def test_kept_data_that_cannot_be_read_take_nothing_away() -> None:
    plain = sign(CONTENT, AT.first)
    verdict = AT.judge(with_unsigned(plain, 0, oids.REVOCATION_VALUES, w.integer(1)))
    assert verdict.ok and notes(verdict) == {"kept-data-unreadable"}
    for count, times in ((201, 1), (150, 2)):
        raw = plain
        for turn in range(times):
            rows = (w.sequence(w.integer(turn * count + n)) for n in range(count))
            raw = with_unsigned(raw, 0, oids.CERTIFICATE_VALUES, w.sequence(*rows))
        verdict = AT.judge(raw)
        assert verdict.ok and notes(verdict) == {"kept-data-unreadable"}
