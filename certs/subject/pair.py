"""The two certificates of one holder: one signs, the other is enciphered to, and the CA keeps a copy of
the second key. Mixing them up means that the CA could sign, or that a bid can never be opened."""

from __future__ import annotations

from certs.identity import masked
from certs.model.certificate import Certificate, read_certificate
from certs.trust import ENCIPHERING, SIGNING, Purpose
from certs.verdict import Judgement, Reason, Verdict, judged


@judged
def pair(
    signing: bytes,
    encryption: bytes,
    *,
    issuers: frozenset[tuple[str, str]] = frozenset(),
    single: bool = False,
) -> Verdict:
    """Do these belong together? `issuers` are pairs of issuer names (as text) admitted though they differ,
    for CAs that issue the two kinds under two names; `single` is for those that issue one certificate for
    both. Says nothing about trust."""
    one, other = read_certificate(bytes(signing)), read_certificate(bytes(encryption))
    said = Judgement()
    at = masked(str(one))
    if single and one.raw == other.raw and _both(one):
        said.passed("pair", at, "one certificate for everything")
        return said.verdict(signer=one.raw)
    checks = (
        ("pair-subject", one.subject != other.subject, masked(str(other.subject))),
        ("pair-issuer", not _issuers(one, other, issuers), str(other.issuer)),
        ("pair-key", one.key == other.key, "one key in both"),
        ("pair-usage", not _separated(one, other), f"{_usage(one)} | {_usage(other)}"),
        (
            "pair-validity",
            not _overlap(one, other),
            f"{one.not_after:%Y-%m-%d} | {other.not_before:%Y-%m-%d}",
        ),
    )
    wrong = [Reason(code, at, detail) for code, bad, detail in checks if bad]
    if wrong:
        said.failed("pair", *wrong, at=at)
    else:
        said.passed("pair", at, f"#{one.serial:x} + #{other.serial:x}")
    return said.verdict(signer=one.raw)


def _issuers(one: Certificate, other: Certificate, admitted: frozenset[tuple[str, str]]) -> bool:
    return one.issuer == other.issuer or (str(one.issuer), str(other.issuer)) in admitted


def _separated(one: Certificate, other: Certificate) -> bool:
    """Each says what it is for, and neither may do the other's work."""
    return _only(one, SIGNING, ENCIPHERING) and _only(other, ENCIPHERING, SIGNING)


def _only(certificate: Certificate, wanted: Purpose, unwanted: Purpose) -> bool:
    usage = certificate.extensions.key_usage or frozenset()
    return bool(usage & wanted.usages) and not usage & unwanted.usages


def _both(certificate: Certificate) -> bool:
    usage = certificate.extensions.key_usage or frozenset()
    return bool(usage & SIGNING.usages) and bool(usage & ENCIPHERING.usages)


def _usage(certificate: Certificate) -> str:
    return ",".join(sorted(certificate.extensions.key_usage or ())) or "none"


def _overlap(one: Certificate, other: Certificate) -> bool:
    return max(one.not_before, other.not_before) <= min(one.not_after, other.not_after)
