"""`recognise`: is this certificate one that the province believes, for this purpose, at this moment?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from certs.model.certificate import Certificate, read_certificate
from certs.model.der import MalformedError
from certs.recognition.recognition import Recognition, views
from certs.subject.bind import bind
from certs.subject.identify import Subject, subject
from certs.trust import Purpose, Revocation, Trust
from certs.trustlist.model import Member, TrustList
from certs.verdict import FAILED, Check, Judgement, Moment, Reason, Verdict, refused

PRODUCTION = "production"
_NO_RULES = "未配置该 CA 的主体识别规则 / no identity rules for this CA"


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of a certificate beside its moment. Hashable: answers are kept by it."""

    purpose: Purpose
    sector: str | None = None
    medium: str | None = None
    expected_subject: str | None = None
    realm: str = "sandbox"


def recognise(
    cert: bytes,
    *,
    trust: TrustList | Trust,
    at: Moment | datetime,
    revocation: Revocation,
    purpose: Purpose,
    sector: str | None = None,
    medium: str | None = None,
    expected_subject: str | None = None,
    realm: str = "sandbox",
    extra: Sequence[bytes] = (),
    crls: Sequence[bytes] = (),
    ocsp: Sequence[bytes] = (),
) -> Recognition:
    """DER in, no I/O, never raises.

    Whether revocation counts must be said. `expected_subject` is the code of the party that claims the
    certificate; without it, a certificate that names nobody is let pass, one that contradicts itself is
    not. In the realm `production`, certificates of a sandbox are refused.
    """
    asked = Asked(purpose, sector, medium, expected_subject, realm)
    listed = trust if isinstance(trust, TrustList) else None
    try:
        believed = trust_for(trust, revocation, asked, crls, ocsp)
        moment = at if isinstance(at, Moment) else Moment(at)
    except Exception as error:  # an error of ours is an answer: indeterminate, never valid
        return _broken(error, asked)
    return recognise_under(believed, listed, cert, moment, asked, extra)


def trust_for(
    trust: TrustList | Trust,
    revocation: Revocation,
    asked: Asked,
    crls: Sequence[bytes] = (),
    ocsp: Sequence[bytes] = (),
) -> Trust:
    """Whom to believe for this question."""
    if isinstance(trust, TrustList):
        return trust.trust(
            revocation=revocation, sector=asked.sector, medium=asked.medium, crls=crls, ocsp=ocsp
        )
    return replace(trust.with_data(crls, ocsp), revocation=revocation)


def recognise_under(
    believed: Trust,
    listed: TrustList | None,
    cert: bytes,
    moment: Moment,
    asked: Asked,
    extra: Sequence[bytes] = (),
) -> Recognition:
    """The same, for a trust that was made before. Never raises."""
    try:
        verdict = believed.judge(cert, moment=moment, purpose=asked.purpose, extra=extra)
        return _complete(bytes(cert), verdict, listed, moment, asked)
    except Exception as error:  # an error of ours is an answer: indeterminate, never valid
        return _broken(error, asked)


def _broken(error: Exception, asked: Asked) -> Recognition:
    verdict = refused("internal", detail=type(error).__name__)
    return Recognition(verdict, medium=asked.medium, sector=asked.sector)


def _complete(
    cert: bytes, verdict: Verdict, listed: TrustList | None, moment: Moment, asked: Asked
) -> Recognition:
    """What the path does not say: is the CA known at all, who is the subject, is it a sandbox's."""
    said = Judgement(moment)
    said.checks += verdict.checks
    said.reasons += verdict.reasons
    said.forgiven += verdict.forgiven
    said.facts |= verdict.facts
    try:
        view: Certificate | None = read_certificate(cert)
    except MalformedError:
        view = None
    member = listed.member(views(verdict.chain)) if listed is not None else None
    whose: Subject | None = None
    if view is not None:
        if listed is not None and any(one.code == "no-path" for one in verdict.reasons):
            _unknown(said, view)
        if asked.realm == PRODUCTION:
            _no_sandbox(said, (*verdict.chain, cert))
        whose = _subject(said, view, member, asked.expected_subject)
    whole = said.verdict(chain=verdict.chain, signer=cert)
    return Recognition(whole, member, whose, asked.medium, asked.sector)


def _unknown(said: Judgement, view: Certificate) -> None:
    reason = Reason("not-admitted", str(view.issuer))
    said.checks.append(Check("admission", FAILED, str(view.issuer), "", None, (reason,)))
    said.reasons.append(reason)


def _no_sandbox(said: Judgement, raws: Sequence[bytes]) -> None:
    from certs.testpki.mark import refuse

    found = [reason for reason in map(refuse, dict.fromkeys(raws)) if reason is not None]
    if found:
        said.failed("realm", *found)
    else:
        said.passed("realm", evidence=PRODUCTION)


def _subject(
    said: Judgement, view: Certificate, member: Member | None, expected: str | None
) -> Subject | None:
    rules = member.ca.identity if member is not None else ()
    if not rules and expected is None:
        said.skipped("subject", evidence=_NO_RULES if member is not None else "CA 未知 / unknown CA")
        return None
    bound = bind(view, rules, expected)
    if bound.ok or expected is not None or {one.code for one in bound.reasons} != {"identity-none"}:
        said.checks += bound.checks
        said.reasons += bound.reasons
    else:
        said.skipped("subject", str(view), "证书未载明可核验的主体代码 / none stated")
        said.forgiven += bound.reasons
    said.facts |= bound.facts
    return subject(view, rules)
