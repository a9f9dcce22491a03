"""Does a certificate follow the profile? All findings at once, each with its rule, severity and evidence.

The profile is that of GM/T 0015 with RFC 5280 beneath it, and numbers a province may set (`Profile`). A
finding is no verdict about trust: path validation forgives most of this, and says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from certs.identity import masked
from certs.model.der import MalformedError
from certs.profile import body, extensions, keys, names
from certs.profile.sheet import Sheet, read_sheet
from certs.profile.wish import ERROR, NATIONAL, NOTE, RULES, Look, Profile, Row, Sighting
from certs.verdict import Judgement, Reason, Verdict, judged

# Notes of the reader that have a rule of their own.
_TOLD = ("serial-out-of-range", "generalized-time-before-2050", "time-not-der", "unique-identifier-as-text",
         "text-against-its-type", "unreadable:")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule of `RULES` that is broken: where, and what stands there."""

    rule: str
    severity: str
    at: str
    evidence: str

    @property
    def row(self) -> Row:
        return RULES[self.rule]

    def __str__(self) -> str:
        return f"{self.severity} {self.rule} [{self.at}]: {self.row.zh}: {self.evidence}"

    def as_dict(self) -> dict[str, str]:
        return {"rule": self.rule, "severity": self.severity, "at": self.at, "evidence": self.evidence,
                "clause": self.row.clause, "zh": self.row.zh, "en": self.row.en}  # fmt: skip


def _encoding(sheet: Sheet, profile: Profile) -> Iterator[Sighting]:
    """What the reader forgave and no other rule is about."""
    notes = sheet.view.notes if sheet.view is not None else sheet.notes
    for note in notes:
        if not note.startswith(_TOLD):
            yield "DER", note


LOOKS: dict[str, Look] = {
    **body.LOOKS, **names.LOOKS, **keys.LOOKS, **extensions.LOOKS, "encoding": _encoding,
}  # fmt: skip


def lint(certificate: bytes, profile: Profile = NATIONAL) -> list[Finding]:
    """Everything that is against the profile, in the order of the certificate. Never raises on its bytes."""
    try:
        sheet = read_sheet(bytes(certificate))
        found = [
            Finding(rule, RULES[rule].severity, at, masked(evidence))
            for rule, look in LOOKS.items()
            if rule not in profile.off
            for at, evidence in look(sheet, profile)
        ]
    except MalformedError as error:
        return [Finding("unreadable", ERROR, "DER", str(error))]
    if sheet.view is None and all(one.severity != ERROR for one in found):
        found.append(Finding("unreadable", ERROR, "DER", sheet.fault))
    return found


@judged
def check_profile(certificate: bytes, profile: Profile = NATIONAL) -> Verdict:
    """The same as a verdict: errors speak against it, the rest is forgiven and said."""
    said = Judgement()
    found = lint(certificate, profile)
    wrong = [_reason(one) for one in found if one.severity == ERROR]
    said.forgiven += [_reason(one) for one in found if one.severity != ERROR]
    if wrong:
        said.failed("profile", *wrong)
    else:
        notes = sum(one.severity == NOTE for one in found)
        said.passed("profile", evidence=f"{len(found) - notes} warnings, {notes} notes")
    return said.verdict(signer=bytes(certificate))


def _reason(finding: Finding) -> Reason:
    return Reason("profile", finding.at, f"{finding.rule}: {finding.row.zh}: {finding.evidence}")
