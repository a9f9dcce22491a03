"""Binding a certificate to a party: the one who was claimed, or nobody."""

from __future__ import annotations

from collections.abc import Sequence

from certs.identity import masked
from certs.model.certificate import Certificate, read_certificate
from certs.subject import codes
from certs.subject.identify import CHECK, Candidate, Subject, subject
from certs.subject.rules import ORGANISATION, RESIDENT, USCC, Rule
from certs.verdict import Judgement, Reason, Verdict, judged


@judged
def bind(certificate: bytes | Certificate, rules: Sequence[Rule], expected: str | None = None) -> Verdict:
    """Whose certificate is it, and is that `expected`? Facts say who, a person's number masked.

    `identity-none`: nobody can be told. `identity-conflict`: the certificate contradicts itself.
    `identity-differs`: it is somebody, but not the one who was claimed.
    """
    read = read_certificate(certificate) if isinstance(certificate, bytes) else certificate
    said = Judgement()
    found = subject(read, rules)
    at = masked(str(read))
    reason = _reason(found, at, expected)
    if reason is not None:
        said.failed("subject", reason, at=at, evidence=_evidence(found))
    else:
        said.passed("subject", at, _evidence(found))
    if found.bound is not None:
        who = found.bound
        said.facts |= {"subject.code": who.shown, "subject.kind": who.kind, "subject.place": who.place}
    return said.verdict(signer=read.raw)


def _reason(found: Subject, at: str, expected: str | None) -> Reason | None:
    if found.bound is None:
        only_wrong = all(one.code == CHECK for one in found.findings) and not found.candidates
        code = "identity-none" if only_wrong else "identity-conflict" if found.refused else "identity-none"
        return Reason(code, at, "; ".join(map(str, found.findings[:5])))
    if expected is not None and not same(found.bound, expected):
        asked = codes.normal(expected)
        shown = codes.shown(asked, RESIDENT if codes.shaped(asked, (RESIDENT,)) else "")
        return Reason("identity-differs", at, f"{found.bound} is not {shown}")
    return None


def same(candidate: Candidate, expected: str) -> bool:
    """Does the candidate name the party with this code? An organisation code names the credit code that
    holds it, and the other way round."""
    code = codes.normal(expected)
    if candidate.code == code:
        return bool(codes.kinds_of(code, (candidate.kind,)))
    if candidate.kind == ORGANISATION and codes.sound(code, USCC):
        return code[8:17] == candidate.code
    return candidate.kind == USCC and codes.sound(code, ORGANISATION) and candidate.code[8:17] == code


def _evidence(found: Subject) -> str:
    return "; ".join(map(str, found.candidates[:8])) or "no candidate"
