"""Is this seal to be believed, and what was sealed with it?

Every step is taken even if one before it failed, so that all findings are told at once. Certificates are
judged through `Trust` only; the maker's at the moment the seal was made, the signer's at the moment of
sealing (see `moments`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from certs.algorithms.digest import digest as compute
from certs.model.certificate import Certificate
from certs.seal.judging import certificate_of, judge_seal, seal_facts, tell
from certs.seal.membership import on_list
from certs.seal.moments import (
    Sealed,
    as_moment,
    order_faults,
    period_faults,
    when_sealed,
)
from certs.seal.read import read_seal, read_signature
from certs.seal.structure import SealSignature
from certs.seal.value import digest_name, judge_value
from certs.trust import SIGNING, Trust
from certs.verdict import Judgement, Moment, Reason, Verdict, judged

_STRONG = ("sm3", "sha256", "sha384")


@judged
def verify_seal(
    signature: bytes,
    document: bytes | None = None,
    *,
    trust: Trust,
    at: Moment | datetime,
    digest: bytes | None = None,
    stamps: Trust | None = None,
    makers: Trust | None = None,
    certificates: Sequence[bytes] = (),
) -> Verdict:
    """Judge an SES_Signature over a document, or over a digest that was computed elsewhere.

    `stamps` is whom to believe about time, `makers` about seals, if others than `trust`; `certificates`
    help to find a path. Give `makers`: under `trust` alone whoever holds a certificate can make seals.
    """
    found = read_signature(bytes(signature))
    asked = as_moment(at)
    sealed = when_sealed(found, asked, stamps or trust)
    said = Judgement(sealed.moment)
    said.passed("format", f"SES_Signature {found.version}", f"generation {found.seal.generation}")
    extra = (*certificates, *found.seal.listed.certificates)
    judge_seal(found.seal, said, sealed, makers or trust, stamps or trust, extra, asked)
    if makers is None and found.signer == found.seal.maker:
        said.failed("seal-maker", Reason("seal-maker", found.seal.number, "made by the signer itself"))
    signer = certificate_of(found.signer)
    _facts(found, sealed, signer, said)
    _signature_form(found, said)
    for name, faults in (("time", _time_faults(found, sealed, signer)),
                         ("seal-period", period_faults(found.seal, sealed))):  # fmt: skip
        tell(said, name, faults, sealed.told)
    said.ask("seal-signer", on_list(found.signer, found.seal.listed), at=found.seal.number)
    chain: tuple[bytes, ...] = ()
    if signer is None:
        said.failed("signer", Reason("malformed", "signer", "certificate"))
    else:
        _value(found, signer, said, trust)
        verdict = trust.judge(found.signer, moment=sealed.moment, purpose=SIGNING, extra=extra)
        said.nested("chain", verdict, at="signer")
        chain = verdict.chain
    said.ask("content", _content(found, document, digest), evidence=found.imprint.hex()[:128])
    if sealed.stamp is not None:
        said.nested("timestamp", sealed.stamp)
    return said.verdict(chain=chain, signer=found.signer)


@judged
def verify_seal_itself(
    seal: bytes,
    *,
    trust: Trust,
    at: Moment | datetime,
    stamps: Trust | None = None,
    makers: Trust | None = None,
    certificates: Sequence[bytes] = (),
) -> Verdict:
    """Judge a bare SESeal: made by whom it should be, well-formed, and within its period at that moment."""
    found = read_seal(bytes(seal))
    moment = as_moment(at)
    said = Judgement(moment)
    said.passed("format", f"SESeal {found.version}", f"generation {found.generation}")
    sealed = Sealed(None, moment)
    judge_seal(found, said, sealed, makers or trust, stamps or trust, certificates, moment)
    late = not found.begin <= moment.at <= found.end
    said.ask("seal-period", Reason("seal-period", found.number, f"{moment.at:%F %T}") if late else None)
    seal_facts(found, said)
    return said.verdict(signer=found.maker)


def _signature_form(found: SealSignature, said: Judgement) -> None:
    if found.version != found.seal.version:
        detail = f"{found.version} over a seal of {found.seal.version}"
        said.forgiven.append(Reason("seal-version", found.seal.number, detail))
    for oid, critical, _ in found.extensions:
        if critical:
            said.failed("attributes", Reason("critical-extension", found.seal.number, oid))
    known = set(found.seal.notes)
    said.forgiven += [Reason("encoding", "signature", note) for note in found.notes if note not in known]


def _time_faults(found: SealSignature, sealed: Sealed, signer: Certificate | None) -> list[Reason]:
    out = order_faults(found, sealed)
    claimed = sealed.claimed
    if signer is not None and claimed is not None and not signer.not_before <= claimed <= signer.not_after:
        out.append(Reason("stamp-order", str(signer), f"sealed {claimed:%Y-%m-%dT%H:%M:%SZ}, outside"))
    return out


def _value(found: SealSignature, signer: Certificate, said: Judgement, trust: Trust) -> None:
    strength = trust.rules.strength
    code = judge_value(found.signed, found.algorithm, found.value, signer, strength, said.forgiven)
    said.ask("signature", None if code is None else Reason(code, str(signer), "sealed data"), at=str(signer))


def _content(found: SealSignature, document: bytes | None, digest: bytes | None) -> Reason | None:
    """The digest goes with the signature's algorithm; SM3 is used beside RSA too."""
    if digest is not None:
        return None if digest == found.imprint else Reason("digest", "document", digest.hex()[:128])
    if document is None:
        return Reason("no-content", "document")
    names = {digest_name(found.algorithm) or "sm3", "sm3"}
    if any(compute(document, name) == found.imprint for name in names if name in _STRONG):
        return None
    return Reason("digest", "document")


def _facts(found: SealSignature, sealed: Sealed, signer: Certificate | None, said: Judgement) -> None:
    seal_facts(found.seal, said)
    if signer is not None:
        said.facts["signer"] = str(signer.subject)
    claimed = "?" if sealed.claimed is None else sealed.claimed.isoformat()
    said.facts["signed"] = claimed if sealed.proven else f"{claimed} (claimed)"
    said.facts["time-source"] = "timestamp" if sealed.stamp is not None and sealed.stamp.ok else (
        sealed.moment.source if sealed.proven else "claimed"
    )  # fmt: skip
    said.facts["digest"] = found.imprint.hex()[:128]
    said.facts["about"] = found.about[:200]
