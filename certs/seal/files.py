"""What signed files share, OFD and PDF: whom one believes, which kind a value is, several signatures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from certs.cms import verify_cms
from certs.model.der import OID, SEQUENCE, MalformedError, Reader
from certs.seal.moments import stamp_judge
from certs.seal.verify import verify_seal
from certs.trust import Trust
from certs.verdict import Judgement, Moment, Reason, Verdict

SEAL, SIGN = "Seal", "Sign"  # as the list of an OFD calls them


@dataclass(frozen=True, slots=True)
class Believed:
    """Whom one believes about signers, about time, and about who may make seals; the last two are None
    where `trust` counts for them too."""

    trust: Trust
    stamps: Trust | None = None
    makers: Trust | None = None

    @property
    def refused_digests(self) -> frozenset[str]:
        return self.trust.rules.strength.refused_digests

    def seal(self, value: bytes, content: bytes, at: Moment) -> Verdict:
        """Judge a seal signature over this content."""
        return verify_seal(value, content, trust=self.trust, at=at, stamps=self.stamps, makers=self.makers)

    def signed(self, value: bytes, content: bytes, at: Moment) -> Verdict:
        """Judge signed data, detached from this content."""
        judge = stamp_judge(self.stamps)
        return verify_cms(value, trust=self.trust, at=at, content=content, stamps=judge)


def form(value: bytes) -> str:
    """What a value is by its structure: SEAL, SIGN (signed data), or empty."""
    try:
        reader = Reader(value, 20_000)
        first = reader.inside(reader.whole())[:1]
    except MalformedError:
        return ""
    if not first or first[0].tag not in (SEQUENCE, OID):
        return ""
    return SIGN if first[0].tag == OID else SEAL


def together(said: Judgement, verdicts: Sequence[Verdict]) -> Verdict:
    """The file's verdict: every signature must hold, and there must be one."""
    if not verdicts:
        said.failed("signature-of-file", Reason("no-signature"))
    said.facts["signatures"] = str(len(verdicts))
    for number, verdict in enumerate(verdicts, 1):
        said.nested("signature-of-file", verdict, at=verdict.facts.get("signature", str(number)))
        tail = "" if number == 1 else f".{number}"
        said.facts |= {name + tail: fact for name, fact in verdict.facts.items()}
    if not verdicts:
        return said.verdict()
    if len(verdicts) == 1:
        said.moment = verdicts[0].moment or said.moment
    return said.verdict(chain=verdicts[0].chain, signer=verdicts[0].signer)
