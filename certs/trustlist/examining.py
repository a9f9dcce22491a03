"""Is this trust list to be used? Form, signature, time and sequence, all findings at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from certs.algorithms.digest import digest
from certs.algorithms.verification import fault
from certs.model.certificate import Algorithm, read_certificate
from certs.model.der import MalformedError
from certs.path.question import Rules
from certs.trust import SIGNING, Revocation, Trust
from certs.trustlist import sequence
from certs.trustlist.canonical import canonical, parse
from certs.trustlist.finding import Finding, shown
from certs.trustlist.model import TrustList
from certs.trustlist.place import Place
from certs.trustlist.reading import read_list
from certs.verdict import Judgement, Moment, Verdict

ALGORITHMS = {
    "sm2-sm3": "1.2.156.10197.1.501",
    "rsa-sha256": "1.2.840.113549.1.1.11",
    "ecdsa-sha256": "1.2.840.10045.4.3.2",
}
_SKEW = timedelta(minutes=5)
_PINNED = Rules(trusted_leaf=True)
_ASK = "向中心索取,或核对 trustlist 签发者证书的设置"


@dataclass(frozen=True, slots=True)
class Examined:
    """The list is there only if nothing was found."""

    verdict: Verdict
    findings: tuple[Finding, ...]
    trust_list: TrustList | None = None

    def as_dict(self) -> dict[str, Any]:
        return {**self.verdict.as_dict(), "findings": [one.as_dict() for one in self.findings]}


def examine(
    data: bytes,
    *,
    signers: Sequence[bytes],
    at: datetime,
    newest_known: sequence.Sequence | None = None,
) -> Examined:
    """No I/O, never raises. `signers` are the certificates the list may be signed with, byte for byte: what
    is merely issued by the same CA may not sign. `newest_known` is what `state` keeps between runs."""
    at = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
    try:
        return _examine(bytes(data), tuple(signers), at, newest_known)
    except MalformedError as error:
        finding = Finding("malformed", "/", "一份签名的信任列表(JSON,UTF-8)", shown(error, 200), _ASK)
        return _refused(finding, at)
    except Exception as error:  # an error of ours is an answer: indeterminate, never valid
        return _refused(
            Finding("internal", "/", "可判定的信任列表", type(error).__name__, "请报告此错误"), at
        )


def _refused(finding: Finding, at: datetime) -> Examined:
    said = Judgement(Moment(at))
    said.failed("list", finding.reason)
    return Examined(said.verdict(), (finding,))


def _examine(
    data: bytes, signers: tuple[bytes, ...], at: datetime, newest: sequence.Sequence | None
) -> Examined:
    root = Place(parse(data), "", [])
    said = Judgement(Moment(at))
    if not root.object(frozenset(("list", "signature"))):
        return _refused(root.findings[0], at)
    signed = canonical(root.member("list").value) if root.member("list").there else b""
    stamp = f"sm3:{digest(signed).hex()}"
    made = read_list(root.member("list").value if signed else None, stamp, root.findings)
    _step(said, "format", root.findings, f"{len(data)} bytes, {stamp[:20]}…")
    signature: list[Finding] = []
    evidence = _signature(root.member("signature"), signed, signers, at, signature)
    _step(said, "signature", signature, evidence)
    timely = _times(made, at) if made is not None else []
    ordered = sequence.rolled_back(made, newest) if made is not None else []
    if made is not None:
        known = "首次" if newest is None else f"已见 {newest.number}"
        times = f"签发 {made.issued.isoformat()},下次更新 {made.next_update.isoformat()}"
        text = f"序号 {made.sequence}({known}),{times}"
        _step(said, "list", timely + ordered, text)
    findings = (*root.findings, *signature, *timely, *ordered)
    return Examined(said.verdict(), findings, None if findings else made)


def _step(said: Judgement, name: str, findings: Sequence[Finding], evidence: str) -> None:
    if findings:
        said.failed(name, *(one.reason for one in findings), evidence=evidence)
    else:
        said.passed(name, evidence=evidence)


def _times(made: TrustList, at: datetime) -> list[Finding]:
    out = []
    if at >= made.next_update:
        out.append(Finding("list-expired", "/list/nextUpdate", f"晚于 {at.isoformat()}",
                           made.next_update.isoformat(), "取得新一期信任列表"))  # fmt: skip
    if made.issued > at + _SKEW:
        out.append(Finding("list-early", "/list/issued", f"不晚于 {at.isoformat()}", made.issued.isoformat(),
                           "核对本机时钟"))  # fmt: skip
    return out


def _signature(
    place: Place, signed: bytes, signers: tuple[bytes, ...], at: datetime, findings: list[Finding]
) -> str:
    """Who signed, as evidence; findings go to `findings`."""
    place = Place(place.value, place.at, findings)
    place.object(frozenset(("algorithm", "certificate", "value")))
    name = place.member("algorithm").choice(*ALGORITHMS)
    certificate, value = place.member("certificate").octets(), place.member("value").octets()
    if findings:
        return ""
    try:
        signer = read_certificate(certificate)
    except MalformedError as error:
        place.member("certificate").say("签发者证书的 DER", _ASK, "list-signer", str(error))
        return ""
    if certificate not in signers:
        known = "、".join(_name(one) for one in signers[:3]) or "(未设置)"
        place.member("certificate").say(f"设置中指定的证书:{known}", _ASK, "list-signer", str(signer))
    trust = Trust((certificate,), Revocation.IGNORED, rules=_PINNED)
    chain = trust.judge(certificate, moment=Moment(at), purpose=SIGNING)
    for reason in chain.reasons:
        place.member("certificate").say("可用于签名、在有效期内的证书", _ASK, "list-signer", str(reason))
    why = fault(signed, Algorithm(ALGORITHMS[name], None), value, signer.key)
    if why is not None:
        place.member("value").say(
            "对 list 规范字节的签名", "内容在签名后被改动,重新索取", "list-signature", why
        )
    return f"{name}, {signer}"


def _name(raw: bytes) -> str:
    try:
        return str(read_certificate(raw))
    except MalformedError:
        return "?"
