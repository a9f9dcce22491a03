"""Who the subject of a certificate is: every candidate is collected, check characters say what each is,
and contradiction means that nobody is.

Extractors in use try one place after the other and take the first text they find; that returns a
registration number for a credit code, or the clerk for the company, and binds the wrong bidder. Here no
place wins over another.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field

from certs.model.certificate import Certificate, read_certificate
from certs.subject import codes
from certs.subject.places import texts
from certs.subject.rules import AGENT, ORGANISATION, RESIDENT, TAX, USCC, VENDOR, Rule

_NAMING = (USCC, RESIDENT, ORGANISATION)  # kinds that can name a holder
CHECK, AMBIGUOUS, CONTRADICTION = "check", "ambiguous", "contradiction"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A code that can exist, and where it stood. Printed, a person's number is masked."""

    code: str = field(repr=False)
    kind: str
    place: str
    rule: str
    role: str = "holder"

    @property
    def shown(self) -> str:
        return codes.shown(self.code, self.kind)

    def __str__(self) -> str:
        return f"{self.kind} {self.shown} ({self.place})"

    def as_dict(self) -> dict[str, str]:
        """For reports; masked."""
        return {"code": self.shown, "kind": self.kind, "place": self.place, "rule": self.rule,
                "role": self.role}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Finding:
    """Why a text is no candidate, or why candidates bind nobody: `check`, `ambiguous`, `contradiction`."""

    code: str
    place: str
    detail: str

    def __str__(self) -> str:
        return f"{self.code} {self.place}: {self.detail}"


@dataclass(frozen=True, slots=True)
class Subject:
    """`bound` is who the certificate belongs to, None if nobody can be told; then `findings` say why."""

    candidates: tuple[Candidate, ...]
    bound: Candidate | None
    findings: tuple[Finding, ...] = ()

    @property
    def refused(self) -> bool:
        """Does anything found speak against binding, as opposed to nothing being there?"""
        return bool(self.findings)


def subject(certificate: bytes | Certificate, rules: Sequence[Rule]) -> Subject:
    """Who it is by these rules; raises MalformedError if the bytes are no certificate."""
    read = read_certificate(certificate) if isinstance(certificate, bytes) else certificate
    candidates: list[Candidate] = []
    findings: list[Finding] = []
    for rule in rules:
        for text in texts(read, rule):
            _take(text, rule, candidates, findings)
    told = list(dict.fromkeys(candidates))
    findings += _contradictions(told)
    return Subject(tuple(told), None if findings else _bound(told), tuple(dict.fromkeys(findings)))


def _take(text: str, rule: Rule, candidates: list[Candidate], findings: list[Finding]) -> None:
    """What one text yields. A text of quite another shape (the name of a region in the place of a number)
    yields nothing; one of the right shape whose check character is wrong is a finding."""
    found = rule.pattern.fullmatch(unicodedata.normalize("NFKC", text).strip())
    if found is None:
        return
    place = f"{rule.where} {rule.oid}"
    for group, part in found.groupdict().items():
        if part is None:
            continue
        code, claimed = codes.normal(part), rule.kinds_in(group)
        kinds = codes.kinds_of(code, claimed)
        if len(kinds) == 1:
            candidates.append(Candidate(code, kinds[0], place, rule.id, rule.role))
        elif kinds:
            what = f"{codes.shown(code, RESIDENT)} is {' and '.join(kinds)}"
            findings.append(Finding(AMBIGUOUS, place, what))
        elif shape := codes.shaped(code, [kind for kind in claimed if kind in _NAMING]):
            what = (
                f"{codes.shown(code, RESIDENT if RESIDENT in shape else '')}: no sound {' or '.join(shape)}"
            )
            findings.append(Finding(CHECK, place, what))


def _contradictions(candidates: Sequence[Candidate]) -> list[Finding]:
    """Everything said of the holder must be of one holder."""
    holder = [one for one in candidates if one.role != AGENT and one.kind != VENDOR]
    out = []
    for at, one in enumerate(holder):
        for other in holder[:at]:
            if not agree(one, other):
                out.append(Finding(CONTRADICTION, one.place, f"{one} against {other}"))
    return out


def agree(one: Candidate, other: Candidate) -> bool:
    """Can both be said of the same holder? Of one kind they must be equal; an organisation's code stands
    inside its credit code and its old tax number; a person is no organisation."""
    if one.kind == other.kind:
        return one.code == other.code
    if RESIDENT in (one.kind, other.kind):
        return False
    bodies = {_body(found) for found in (one, other)} - {""}
    return len(bodies) < 2


def _body(candidate: Candidate) -> str:
    """The organisation code in it, if its kind has one."""
    cut = {USCC: slice(8, 17), ORGANISATION: slice(None), TAX: slice(6, 15)}.get(candidate.kind)
    return "" if cut is None else candidate.code[cut]


def _bound(candidates: Sequence[Candidate]) -> Candidate | None:
    """The fullest name for the one holder; a registration, tax or vendor's number alone names nobody."""
    for kind in _NAMING:
        for one in candidates:
            if one.kind == kind and one.role != AGENT:
                return one
    return None
