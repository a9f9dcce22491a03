"""Judging what is kept, at a moment of the past: one judge per kind of thing, and its signers."""

from __future__ import annotations

from collections.abc import Callable

from certs.algorithms.verification import fault
from certs.cms import read_signed, verify_cms
from certs.cms.schemes import SM2_WITH_SM3
from certs.model.certificate import Algorithm, read_certificate
from certs.model.der import MalformedError
from certs.proof import ageing
from certs.proof.kept import Kept
from certs.seal import read_signature, verify_seal
from certs.timestamp import signature_stamp, verify_timestamp
from certs.trust import SIGNING, Trust
from certs.verdict import Judgement, Moment, Reason, Verdict, judged, refused

ALGORITHMS = {
    "sm2-sm3": Algorithm(SM2_WITH_SM3, None),
    "rsa-sha256": Algorithm("1.2.840.113549.1.1.11", b"\x05\x00"),
    "ecdsa-sha256": Algorithm("1.2.840.10045.4.3.2", None),
}
_MOST_SIGNERS = 20


@judged
def judge_kept(kept: Kept, *, trust: Trust, at: Moment) -> Verdict:
    """The thing as it is judged now or was then, on the data of `trust` and those kept."""
    return _JUDGES[kept.kind](kept, trust.with_data(kept.data.crls, kept.data.ocsp), at)


def _cms(kept: Kept, trust: Trust, at: Moment) -> Verdict:
    return verify_cms(
        kept.thing,
        trust=trust,
        at=at,
        content=kept.content,
        extra=kept.data.certificates,
        stamps=signature_stamp,
    )


def _seal(kept: Kept, trust: Trust, at: Moment) -> Verdict:
    return verify_seal(kept.thing, kept.content, trust=trust, at=at, certificates=kept.data.certificates)


def _stamp(kept: Kept, trust: Trust, at: Moment) -> Verdict:
    if kept.content is None:
        return refused("no-content")
    return verify_timestamp(kept.thing, kept.content, trust=trust, at=at, certificates=kept.data.certificates)


def _message(kept: Kept, trust: Trust, at: Moment) -> Verdict:
    said, value = Judgement(at), kept.value
    if value is None or value.algorithm not in ALGORITHMS:
        return refused("algorithm-unknown", detail="" if value is None else value.algorithm)
    certificate = read_certificate(value.certificate)
    code = fault(
        kept.thing, ALGORITHMS[value.algorithm], value.value, certificate.key, strength=trust.rules.strength
    )
    said.ask("signature", None if code is None else Reason(code, str(certificate)), str(certificate))
    extra = kept.data.certificates
    verdict = trust.judge(value.certificate, moment=at, purpose=SIGNING, extra=extra)
    said.nested("chain", verdict, str(certificate))
    said.facts["signer"] = str(certificate.subject)
    return said.verdict(chain=verdict.chain, signer=value.certificate)


_JUDGES: dict[str, Callable[[Kept, Trust, Moment], Verdict]] = {
    "cms": _cms,
    "seal": _seal,
    "timestamp": _stamp,
    "message": _message,
}


def chains_of(kept: Kept, verdict: Verdict, trust: Trust, at: Moment) -> list[tuple[bytes, ...]]:
    """The chains of all who signed: of several signers of one message too."""
    found = [verdict.chain] if verdict.chain else []
    for leaf in dict.fromkeys(_leaves(kept)):
        if leaf != verdict.signer:
            chain = trust.judge(leaf, moment=at, extra=(*kept.data.certificates, *_inside(kept))).chain
            found += [chain] if chain else []
    return found


def _leaves(kept: Kept) -> list[bytes]:
    if kept.kind == "seal":
        return [read_signature(kept.thing).seal.maker]
    if kept.kind != "cms":
        return []
    signers = read_signed(kept.thing).signers[:_MOST_SIGNERS]
    out = []
    for raw in (*_inside(kept), *kept.data.certificates):
        try:
            one = read_certificate(raw)
        except MalformedError:
            continue
        known = one.extensions.subject_key
        if any((s.issuer, s.serial) == (one.issuer, one.serial) or (known and s.key_identifier == known)
               for s in signers):  # fmt: skip
            out.append(raw)
    return out


def _inside(kept: Kept) -> tuple[bytes, ...]:
    return read_signed(kept.thing).certificates if kept.kind in ("cms", "timestamp") else ()


def digests_of(kept: Kept) -> tuple[str, ...]:
    """The digests that the thing rests on, for `Ageing`."""
    if kept.kind in ("cms", "timestamp"):
        return ageing.of_signed(read_signed(kept.thing))
    if kept.value is not None:
        return (kept.value.algorithm.rpartition("-")[2],)
    return ("sm3",)
