"""What is said of a certificate: the verdict, and whose it is, by whom, through which list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from certs.algorithms.digest import digest
from certs.model.certificate import Certificate, read_certificate
from certs.model.der import MalformedError
from certs.trustlist.algorithms import key_of, signed_with
from certs.trustlist.model import AdmittedCa, Member
from certs.verdict import Reason, Verdict

if TYPE_CHECKING:
    from certs.profile.lint import Finding
    from certs.subject.identify import Subject


@dataclass(frozen=True, slots=True)
class Recognition:
    """A token's certificate and one without token give the same, but for `medium`.

    `member` is the CA on the trust list, None if no list was asked or none knows it; `subject` is who it
    belongs to by the rules of that CA.
    """

    verdict: Verdict
    member: Member | None = None
    subject: Subject | None = None
    medium: str | None = None
    sector: str | None = None

    @property
    def ok(self) -> bool:
        return self.verdict.ok

    @property
    def state(self) -> str:
        return self.verdict.state

    @property
    def sof_code(self) -> int:
        return self.verdict.sof_code

    @property
    def reasons(self) -> list[Reason]:
        return self.verdict.reasons

    @property
    def ca(self) -> AdmittedCa | None:
        return None if self.member is None else self.member.ca

    @property
    def region(self) -> str | None:
        """Whose list it was found on."""
        return None if self.member is None else self.member.listed_by.region

    @property
    def assurance(self) -> str | None:
        """In our words, also where another province's list says it in its own."""
        if self.member is None:
            return None
        peer, stated = self.member.peer, self.member.ca.assurance
        return stated if peer is None else peer.assurances.get(stated)

    @property
    def mapped(self) -> dict[str, Any] | None:
        """Of another province's CA: whose words led to what was recognised here, and what they mean."""
        member = self.member
        if member is None or member.peer is None:
            return None
        theirs = [one for one, ours in member.peer.sectors.items() if ours == self.sector]
        held = [one for one in theirs if one in member.ca.sectors]
        return {
            "region": member.peer.region,
            "assurance": {"from": member.ca.assurance, "to": self.assurance},
            "sector": None if self.sector is None else {"from": held, "to": self.sector if held else None},
            "sameArchitecture": member.peer.same_architecture,
        }

    @property
    def chain(self) -> tuple[Certificate, ...]:
        """Anchor first; the certificate alone if there is no path."""
        raws = self.verdict.chain or ((self.verdict.signer,) if self.verdict.signer else ())
        return tuple(views(raws))

    def lint(self) -> list[Finding]:
        """What is against the profile. Does not count; it is for whoever has to mend the certificate. The
        CA's own rules say where codes of subjects stand."""
        from certs.profile import Profile, lint

        profile = Profile(identity=self.ca.identity) if self.ca is not None else Profile()
        return [] if self.verdict.signer is None else lint(self.verdict.signer, profile)

    def sentence(self, language: str = "zh") -> str:
        return self.verdict.sentence(language)

    def as_dict(self) -> dict[str, Any]:
        out = self.verdict.as_dict()
        out["chain"] = [shown(one) for one in self.chain]
        out["ca"] = None if self.ca is None else {
            "id": self.ca.id, "zh": self.ca.zh, "en": self.ca.en, "region": self.region,
            "assurance": self.assurance, "listSequence": self.member.listed_by.sequence if self.member else 0,
            "through": self.member.peer.zh if self.member and self.member.peer else None,
            "mapped": self.mapped,
        }  # fmt: skip
        out["medium"], out["sector"] = self.medium, self.sector
        if self.subject is not None:
            bound = self.subject.bound
            out["subject"] = {
                "bound": None if bound is None else bound.as_dict(),
                "candidates": [one.as_dict() for one in self.subject.candidates],
                "findings": [str(one) for one in self.subject.findings],
            }
        out["lint"] = [one.as_dict() for one in self.lint()]
        return out


def views(raws: Sequence[bytes]) -> list[Certificate]:
    """What can be read of these."""
    out = []
    for raw in raws:
        try:
            out.append(read_certificate(raw))
        except MalformedError:
            continue
    return out


def shown(one: Certificate) -> dict[str, Any]:
    """A certificate for people and JSON."""
    family, bits = key_of(one)
    return {
        "subject": str(one.subject),
        "issuer": str(one.issuer),
        "serial": f"{one.serial:x}",
        "notBefore": one.not_before.isoformat(),
        "notAfter": one.not_after.isoformat(),
        "algorithm": signed_with(one),
        "key": f"{family} {bits}" if bits else family,
        "ca": one.is_ca,
        "sm3": digest(one.raw).hex(),
    }
