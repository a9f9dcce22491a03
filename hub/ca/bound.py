"""Whose a certificate is, as its CA tells by `ca.sync` (`subject-binding`): compared, never believed over it.

JSON, `{"version": "1", "bindings": [{"certificate", "subjectCode"}]}`: the certificate (Base64 DER) itself,
so that the hub finds the subject in it by the rules of the trust list. A binding that says the same is kept;
one that says otherwise is a clash (`sync.subject-clash`): a conflict is refused and never decided by whoever
spoke last. Where the certificate names nobody, what is proved by its dialect alone makes it nobody's either.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import replace
from typing import Any

from certs.algorithms.digest import digest
from certs.model.certificate import Certificate, read_certificate
from certs.model.der import MalformedError
from certs.subject.identify import subject
from certs.trustlist import TrustList
from certs.trustlist.canonical import parse
from certs.trustlist.model import Member
from hub.ca.neighbours import ENCODING, SIGNATURE
from hub.ca.replacing import signed_by
from hub.ca.standing import Bound, Standing
from hub.ca.telling import MOST_CHANGES, NotTaken, Told, issuers_of, nothing, speaks_for
from hub.message import Finding, shown

CLASH, UNRESOLVED = "sync.subject-clash", "ca.subject-unresolved"
_MEMBERS = {"certificate", "subjectCode"}


def judge_bindings(listed: TrustList, standing: Standing, system: str, octets: bytes) -> Told | NotTaken:
    """For a thread. What is right counts, also beside what is not."""
    try:
        value = parse(octets)
    except MalformedError as error:
        return nothing(ENCODING, "/content", "主体绑定(JSON)", str(error)[:200], "核对文件后重发")
    rows = value.get("bindings") if isinstance(value, dict) and value.get("version") == "1" else None
    if not isinstance(rows, list) or not 0 < len(rows) <= MOST_CHANGES:
        advice = "version 为 1,bindings 为数组"
        return nothing(ENCODING, "/content/bindings", f"1 至 {MOST_CHANGES} 项", "", advice)
    issuers = issuers_of(speaks_for(listed, system))
    kept = {(one.issuer, one.serial): one for one in standing.bound}
    findings: list[Finding] = []
    for at, row in enumerate(rows):
        said = _binding(row, f"/content/bindings/{at}", issuers, system)
        if isinstance(said, Finding):
            findings.append(said)
        else:
            before = kept.setdefault((said.issuer, said.serial), said)
            if before.certificate != said.certificate:
                where, advice = f"/content/bindings/{at}/certificate", "同一序列号已绑定另一张证书,请 CA 核查"
                findings.append(Finding(CLASH, where, before.certificate, said.certificate, advice))
    if len(findings) == len(rows):
        return NotTaken(findings[0].code, tuple(findings))
    made = tuple(kept.values())
    fresh = made != standing.bound
    return Told(replace(standing, number=standing.number + fresh, bound=made), fresh, tuple(findings))


def _binding(
    row: Any, at: str, issuers: dict[str, tuple[Certificate, Member]], system: str
) -> Bound | Finding:
    if not isinstance(row, dict) or set(row) != _MEMBERS:
        return Finding(ENCODING, at, " ".join(sorted(_MEMBERS)), "", "补齐成员,去掉其余")
    certificate = _certificate(row["certificate"])
    if certificate is None:
        return Finding(ENCODING, f"{at}/certificate", "证书(Base64 DER)", "", "附上证书本身")
    found = next((one for one in issuers.items() if signed_by(certificate, one[1][0])), None)
    if found is None:
        expected = f"{system} 所属 CA 签发的证书"
        return Finding(
            SIGNATURE, f"{at}/certificate", expected, shown(str(certificate)), "只可告知自己签发的证书"
        )
    key, (_, member) = found
    who = subject(certificate, member.ca.identity).bound
    code = str(row["subjectCode"])
    if who is None:
        advice = "证书自身认不出主体(或各处矛盾);请换发载有主体代码的证书"
        return Finding(UNRESOLVED, f"{at}/certificate", "证书中唯一可核验的主体代码", "", advice)
    if who.code != code:
        # The code may be a person's: what was told is not repeated.
        advice = "核对证书与主体;证书中的代码为准,矛盾的绑定不采用"
        return Finding(CLASH, f"{at}/subjectCode", "与证书中的主体代码相同", "不同", advice)
    return Bound(key, certificate.serial, f"sm3:{digest(certificate.raw).hex()}", system)


def _certificate(text: Any) -> Certificate | None:
    try:
        return read_certificate(base64.b64decode(str(text or ""), validate=True))
    except (MalformedError, binascii.Error, ValueError):
        return None
