"""Whom one believes, on what data: anchors, what is known of revocation, and who else has a say.

`Trust.judge` is the one way a signature, seal, time stamp or login asks about the certificate behind it.
Whether revocation counts is a choice that has to be made; there is no default.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import Enum
from itertools import pairwise
from typing import Protocol

from certs.model.certificate import Certificate, read_certificate
from certs.model.ocsp import read_answer
from certs.path.examine import Given, examine
from certs.path.judge import Examined
from certs.path.question import Question, Rules, Told, usage_oid
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


class Memory(Protocol):
    """What was found out under one trust, kept as long as it is true (`certs.recognition.chains`)."""

    def judge(
        self, trust: Trust, leaf: bytes, moment: Moment, purpose: Purpose, extra: Sequence[bytes]
    ) -> Verdict:
        """As `Trust.afresh`. `trust` is who asks: it may be another, made out of the one remembered."""
        ...


@dataclass(frozen=True, slots=True)
class Trust:
    """All DER. `extra` of `judge` are certificates that came with what is judged; they only help to find
    a path. `memory`, if any, is asked first.
    `crls` and `ocsp` may be those kept in an archive as well as fresh ones; the last `brought` of
    the lists came with what is judged, so they are not remembered as part of what stands."""

    anchors: tuple[bytes, ...]
    revocation: Revocation
    intermediates: tuple[bytes, ...] = ()
    crls: tuple[bytes, ...] = field(default=(), repr=False)
    ocsp: tuple[bytes, ...] = field(default=(), repr=False)
    rules: Rules = field(default_factory=Rules)
    admission: Admission | None = None
    brought: int = field(default=0, repr=False)
    memory: Memory | None = field(default=None, repr=False, compare=False)

    def with_data(self, crls: Sequence[bytes] = (), ocsp: Sequence[bytes] = ()) -> Trust:
        """The same trust with more revocation data at hand, for this one occasion."""
        if not crls and not ocsp:
            return self
        brought = self.brought + len(crls)
        return replace(self, crls=(*self.crls, *crls), ocsp=(*self.ocsp, *ocsp), brought=brought)

    def judge(
        self, leaf: bytes, *, moment: Moment, purpose: Purpose = ANYTHING, extra: Sequence[bytes] = ()
    ) -> Verdict:
        """Is this certificate to be believed for this purpose at this moment? No I/O, never raises."""
        if self.memory is not None:
            return self.memory.judge(self, leaf, moment, purpose, extra)
        return self.afresh(leaf, moment, purpose, extra)

    def afresh(self, leaf: bytes, moment: Moment, purpose: Purpose, extra: Sequence[bytes]) -> Verdict:
        """The same, and nothing is remembered of it."""
        return _judge(self, leaf, moment, purpose, extra)


@judged
def _judge(trust: Trust, leaf: bytes, moment: Moment, purpose: Purpose, extra: Sequence[bytes]) -> Verdict:
    leaf, said = bytes(leaf), Judgement(moment)
    stands = len(trust.crls) - trust.brought
    answered: dict[bytes, Told] = {}

    def answers(path: Sequence[Certificate]) -> Mapping[bytes, Told]:
        answered.clear()
        answered.update(_answers(trust, path, moment))
        return answered

    question = Question(
        moment.at,
        eku=tuple(usage_oid(name) for name in purpose.extended),
        check_revocation=trust.revocation is not Revocation.IGNORED,
        rules=trust.rules,
        known_at=moment.data_at,
        answers=answers,
    )
    given = Given(trust.anchors, trust.intermediates, trust.crls[:stands], extra, trust.crls[stands:])
    found = examine(leaf, given, question)
    chain = tuple(one.raw for one in found.path)
    said.nested("path", Verdict(not found.reasons, found.reasons, found.forgiven, chain))
    certificate = read_certificate(leaf)
    if found.path:
        said.passed("format", str(certificate))
    if not found.reasons:
        _revocation(trust, found, len(answered), said)
    said.ask("purpose", _usage(certificate, purpose), at=purpose.name)
    if trust.admission is not None and found.path:
        for check in trust.admission.checks(found.path, moment, purpose):
            said.checks.append(check)
            said.reasons += check.reasons
    return said.verdict(chain=chain, signer=leaf)


def _usage(certificate: Certificate, purpose: Purpose) -> Reason | None:
    usage = certificate.extensions.key_usage
    if not purpose.usages or usage is None or usage & purpose.usages:
        return None
    return Reason("key-usage", str(certificate), f"{purpose.name}: {', '.join(sorted(usage)) or 'nothing'}")


def _revocation(trust: Trust, found: Examined, answers: int, said: Judgement) -> None:
    """What was found about the standing of the path's certificates, and what that counts for."""
    if trust.revocation is Revocation.IGNORED:
        said.skipped("revocation", evidence="not asked for")
        return
    sources = f"{answers} OCSP, {len(trust.crls)} CRL"
    verdict = Verdict(not found.revocation, found.revocation)
    if verdict.ok:
        said.passed("revocation", evidence=sources, moment=said.moment.of_data if said.moment else None)
    elif verdict.state == "indeterminate" and trust.revocation is Revocation.IF_KNOWN:
        said.forgiven += verdict.reasons
        said.skipped("revocation", evidence=f"{sources}: not established")
    else:
        said.failed("revocation", *verdict.reasons, evidence=sources)


def _answers(trust: Trust, path: Sequence[Certificate], moment: Moment) -> dict[bytes, Told]:
    """What OCSP says of each certificate below the anchor; an answer that does not count is not said. Of good
    ones the newest."""
    out: dict[bytes, Told] = {}
    strength = trust.rules.strength
    for issuer, child in pairwise(path if trust.ocsp else ()):
        for answer in trust.ocsp[:_MOST_ANSWERS]:
            verdict = check_ocsp(
                answer, child.raw, issuer.raw, at=moment.data_at, existed=moment.at, strength=strength
            )
            bad = next((one for one in verdict.reasons if one.code in ("revoked", "frozen")), None)
            if verdict.ok or (bad is not None and len(verdict.reasons) == 1):
                told = Told(bad, _since(answer))
                if bad is not None:
                    out[child.raw] = told
                    break
                out[child.raw] = max(told, out.get(child.raw, told), key=lambda one: one.since)
    return out


def _since(answer: bytes) -> datetime:
    """As of when; of an answer about several the oldest."""
    _, read = read_answer(answer)
    return min(one.this_update for one in read.singles) if read else datetime.min.replace(tzinfo=UTC)
