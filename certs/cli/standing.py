"""Lists and answers themselves: signed by whom, current, and what an answer says of which certificate."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from certs.algorithms.verification import fault
from certs.cli.remark import Remark
from certs.model.certificate import Certificate
from certs.model.crl import read_crl
from certs.model.der import MalformedError
from certs.model.ocsp import read_answer
from certs.recognition.recognition import views
from certs.revocation.ocsp import check_ocsp
from certs.trust import Trust
from certs.verdict import Judgement, Moment, Reason, Verdict, judged, refused

_MOST_SINGLES = 20
_ALONE = Remark("给出证书及其颁发者证书(--extra)才能判定", "name the certificate and its issuer by --extra")


@judged
def judge_list(raw: bytes, trust: Trust, at: Moment) -> Verdict:
    """Is a revocation list signed by its issuer, as far as known here, and current?"""
    one, said = read_crl(raw), Judgement(at)
    said.passed("format", str(one))
    said.forgiven += [Reason("encoding", str(one), note) for note in one.notes]
    known = views((*trust.anchors, *trust.intermediates))
    signers = [each for each in known if each.subject == one.issuer]
    if not signers:
        said.failed("signer", Reason("no-signer", str(one.issuer)))
    else:
        faults = [fault(one.signed, one.algorithm, one.signature, each.key) for each in signers]
        said.ask("signature", None if None in faults else Reason("signature", str(one)), str(signers[0]))
    late = one.next_update is not None and at.at >= one.next_update
    if one.this_update > at.at or late:
        said.failed("time", Reason("revocation-unknown", str(one), f"{one.this_update} – {one.next_update}"))
    else:
        said.passed("time", evidence=f"{one.this_update.isoformat()} – {one.next_update}")
    return said.verdict(signer=signers[0].raw if signers else None)


def judge_answer(
    raw: bytes, certificates: Sequence[bytes], trust: Trust, at: Moment
) -> tuple[Verdict | None, tuple[Remark, ...]]:
    """What an OCSP answer says of the certificates at hand that it is about; None if none of them is."""
    try:
        status, answer = read_answer(raw)
        if answer is None:
            return refused("ocsp-status", detail=str(status)), ()
        numbers = {one.serial for one in answer.singles[:_MOST_SINGLES]}
    except MalformedError as error:
        return refused("malformed", detail=str(error)), ()
    known = views(list(dict.fromkeys((*certificates, *trust.intermediates, *trust.anchors))))
    pairs = [(one, issuer) for one in known if one.serial in numbers for issuer in _issuers(one, known)]
    if not pairs:
        return None, (_ALONE,)
    said = Judgement(at)
    for one in dict.fromkeys(one for one, _ in pairs):
        found = [_about(raw, one, issuer, known, trust, at) for each, issuer in pairs if each is one]
        best = min(found, key=lambda verdict: len(verdict.reasons))
        said.nested("revocation", best, str(one))
    return said.verdict(signer=pairs[0][0].raw), ()


def _issuers(one: Certificate, known: Iterable[Certificate]) -> list[Certificate]:
    return [each for each in known if each.subject == one.issuer and each.is_ca and each is not one]


def _about(
    raw: bytes, one: Certificate, issuer: Certificate, known: Sequence[Certificate], trust: Trust, at: Moment
) -> Verdict:
    """Under an anchor if there is any; the issuer is then asked for its path to it."""
    above = [each.raw for each in known]
    anchors = [issuer.raw] if issuer.raw in trust.anchors else list(trust.anchors)
    found = [
        check_ocsp(raw, one.raw, anchor, at=at.data_at, intermediates=above, strength=trust.rules.strength)
        for anchor in anchors
    ]
    if not found:
        return check_ocsp(raw, one.raw, issuer.raw, at=at.data_at)
    return min(found, key=lambda verdict: (not verdict.ok, "no-path" in {r.code for r in verdict.reasons}))
