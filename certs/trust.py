"""Whom one believes, on what data: anchors, what is known of revocation, and who else has a say.

`Trust.judge` is the one way a signature, seal, time stamp or login asks about the certificate behind it.
Whether revocation counts is a choice that has to be made; there is no default.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from itertools import pairwise
from typing import Protocol

from certs.model.certificate import Certificate, read_certificate
from certs.path.question import Question, Rules, usage_oid
from certs.path.validate import decide
from certs.revocation.ocsp import check_ocsp
from certs.verdict import Check, Judgement, Moment, Reason, Verdict, judged

_MOST_ANSWERS = 200


class Revocation(Enum):
    """REQUIRED: what cannot be established is not valid. IF_KNOWN: it is said, and forgiven. IGNORED: not
    asked; for looking at a certificate, never for letting anybody in."""

    REQUIRED = "required"
    IF_KNOWN = "if-known"
    IGNORED = "ignored"


@dataclass(frozen=True, slots=True)
class Purpose:
    """What a key is wanted for: at least one of these usages, if any are stated, and all extended ones."""

    name: str
    usages: frozenset[str] = frozenset()
    extended: tuple[str, ...] = ()


_SIGNS = frozenset(("digitalSignature", "nonRepudiation"))
ANYTHING = Purpose("anything")
SIGNING = Purpose("signing", _SIGNS)
STAMPING = Purpose("stamping", _SIGNS, ("timeStamping",))
ENCIPHERING = Purpose("enciphering", frozenset(("keyEncipherment", "dataEncipherment", "keyAgreement")))


class Admission(Protocol):
    """Who else has a say about a path that holds: a trust list (`certs.trustlist`)."""

    def checks(self, chain: Sequence[Certificate], moment: Moment, purpose: Purpose) -> Sequence[Check]:
        """Steps taken, with reasons where they failed; `chain` is anchor first."""
        ...


@dataclass(frozen=True, slots=True)
class Trust:
    """All DER. `extra` of `judge` are certificates that came with what is judged; they only help to find
    a path. `crls` and `ocsp` may be those kept in an archive as well as fresh ones."""

    anchors: tuple[bytes, ...]
    revocation: Revocation
    intermediates: tuple[bytes, ...] = ()
    crls: tuple[bytes, ...] = field(default=(), repr=False)
    ocsp: tuple[bytes, ...] = field(default=(), repr=False)
    rules: Rules = field(default_factory=Rules)
    admission: Admission | None = None

    def with_data(self, crls: Sequence[bytes] = (), ocsp: Sequence[bytes] = ()) -> Trust:
        """The same trust with more revocation data at hand."""
        return replace(self, crls=(*self.crls, *crls), ocsp=(*self.ocsp, *ocsp))

    def judge(
        self, leaf: bytes, *, moment: Moment, purpose: Purpose = ANYTHING, extra: Sequence[bytes] = ()
    ) -> Verdict:
        """Is this certificate to be believed for this purpose at this moment? No I/O, never raises."""
        return _judge(self, bytes(leaf), moment, purpose, extra)


@judged
def _judge(trust: Trust, leaf: bytes, moment: Moment, purpose: Purpose, extra: Sequence[bytes]) -> Verdict:
    said = Judgement(moment)
    intermediates = (*trust.intermediates, *extra)
    plain = Question(
        moment.at,
        eku=tuple(usage_oid(name) for name in purpose.extended),
        rules=trust.rules,
        known_at=moment.data_at,
    )
    path = decide(leaf, intermediates, trust.anchors, (), plain)
    said.nested("path", path)
    found = [read_certificate(raw) for raw in path.chain]
    for one in found:
        said.passed("format", str(one)) if one.raw == leaf else None
    if path.ok:
        _revocation(trust, leaf, intermediates, plain, path, said)
    certificate = read_certificate(leaf)
    said.ask("purpose", _usage(certificate, purpose), at=purpose.name)
    if trust.admission is not None and found:
        for check in trust.admission.checks(found, moment, purpose):
            said.checks.append(check)
            said.reasons += check.reasons
    return said.verdict(chain=path.chain, signer=leaf)


def _usage(certificate: Certificate, purpose: Purpose) -> Reason | None:
    usage = certificate.extensions.key_usage
    if not purpose.usages or usage is None or usage & purpose.usages:
        return None
    return Reason("key-usage", str(certificate), f"{purpose.name}: {', '.join(sorted(usage)) or 'nothing'}")


def _revocation(
    trust: Trust, leaf: bytes, others: Sequence[bytes], plain: Question, path: Verdict, said: Judgement
) -> None:
    """OCSP where there is an answer that counts, lists for the rest."""
    if trust.revocation is Revocation.IGNORED:
        said.skipped("revocation", evidence="not asked for")
        return
    answered = _answers(trust, path.chain, said)
    question = replace(plain, check_revocation=True, answered=answered)
    verdict = decide(leaf, others, trust.anchors, trust.crls, question)
    sources = f"{len(answered)} OCSP, {len(trust.crls)} CRL"
    open_only = verdict.state == "indeterminate"
    if open_only and trust.revocation is Revocation.IF_KNOWN:
        said.forgiven += verdict.reasons
        said.skipped("revocation", evidence=f"{sources}: not established")
    elif verdict.ok:
        said.passed("revocation", evidence=sources, moment=Moment(plain.known_at or plain.at))
    else:
        said.failed("revocation", *verdict.reasons, evidence=sources)


def _answers(trust: Trust, chain: Sequence[bytes], said: Judgement) -> dict[bytes, Reason | None]:
    """What OCSP says of each certificate below the anchor; an answer that does not count is not said."""
    out: dict[bytes, Reason | None] = {}
    if said.moment is None or not trust.ocsp:
        return out
    for issuer, child in pairwise(chain):
        for answer in trust.ocsp[:_MOST_ANSWERS]:
            moment = said.moment
            verdict = check_ocsp(
                answer, child, issuer, at=moment.data_at, existed=moment.at, strength=trust.rules.strength
            )
            bad = next((one for one in verdict.reasons if one.code in ("revoked", "frozen")), None)
            if verdict.ok or (bad is not None and len(verdict.reasons) == 1):
                out[child] = bad
                if bad is not None:
                    break
    return out
