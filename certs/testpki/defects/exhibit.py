"""A certificate with everything it has to be judged by, and the judging."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from certs.profile import Profile, lint
from certs.revocation.ocsp import check_ocsp
from certs.subject import Rule, bind, pair
from certs.trust import SIGNING, Purpose, Revocation, Trust
from certs.verdict import Moment


@dataclass(frozen=True, slots=True)
class Exhibit:
    """`above` are the CAs between, `crls` given means that revocation is asked; `answer` is an OCSP answer
    that `issuer` should have made, `other` the encryption certificate of a pair, `claimed` a party's code."""

    certificate: bytes
    above: tuple[bytes, ...]
    anchors: tuple[bytes, ...]
    now: datetime
    purpose: Purpose = SIGNING
    crls: tuple[bytes, ...] | None = None
    issuer: bytes = b""
    answer: bytes = b""
    nonce: bytes | None = None
    other: bytes = b""
    rules: tuple[Rule, ...] = ()
    claimed: str | None = None

    @property
    def trust(self) -> Trust:
        asked = Revocation.IGNORED if self.crls is None else Revocation.REQUIRED
        return Trust(self.anchors, asked, intermediates=self.above, crls=self.crls or ())


def found(exhibit: Exhibit, about: str) -> list[str]:
    """The reason codes (of a profile: the rules) that speak against it; empty if nothing does."""
    return list(dict.fromkeys(_JUDGES[about](exhibit)))


def _path(one: Exhibit) -> list[str]:
    verdict = one.trust.judge(one.certificate, moment=Moment(one.now), purpose=one.purpose)
    return [reason.code for reason in verdict.reasons]


def _ocsp(one: Exhibit) -> list[str]:
    verdict = check_ocsp(one.answer, one.certificate, one.issuer, at=one.now, nonce=one.nonce)
    return [reason.code for reason in verdict.reasons]


def _identity(one: Exhibit) -> list[str]:
    return [reason.code for reason in bind(one.certificate, one.rules, one.claimed).reasons]


def _pair(one: Exhibit) -> list[str]:
    return [reason.code for reason in pair(one.certificate, one.other).reasons]


def _profile(one: Exhibit) -> list[str]:
    return [finding.rule for finding in lint(one.certificate, Profile(identity=one.rules))]


_JUDGES: dict[str, Callable[[Exhibit], list[str]]] = {
    "path": _path,
    "revocation": _path,
    "ocsp": _ocsp,
    "identity": _identity,
    "pair": _pair,
    "profile": _profile,
}
