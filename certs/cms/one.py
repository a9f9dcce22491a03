"""One signer of signed data, judged: whose certificate, over what, under which rules, when."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from certs.cms import attributes, oids
from certs.cms.schemes import content_digest, digest_name, signature_scheme
from certs.cms.signed import SignedData, Signer
from certs.cms.values import signed_messages, value_fault
from certs.model.certificate import Certificate, read_certificate
from certs.model.der import MalformedError
from certs.trust import Purpose, Trust
from certs.verdict import Judgement, Moment, Reason, Verdict

_MOST_CANDIDATES = 4


class StampJudge(Protocol):
    """Says whether a signature time stamp holds over a signature value, and which moment it proves."""

    def __call__(
        self, token: bytes, value: bytes, *, trust: Trust, at: Moment
    ) -> tuple[Verdict, Moment | None]: ...


@dataclass(frozen=True, slots=True)
class Asked:
    """What all signers of one message share. `digests` keeps what was computed over the content."""

    signed: SignedData
    content: bytes | None
    trust: Trust
    moment: Moment
    purpose: Purpose
    extra: Sequence[bytes]
    stamps: StampJudge | None
    digests: dict[str, bytes] = field(default_factory=dict)

    @property
    def certificates(self) -> tuple[bytes, ...]:
        return (*self.signed.certificates, *self.extra)

    def digest(self, name: str) -> bytes | None:
        if self.content is not None and name not in self.digests:
            self.digests[name] = content_digest(name, self.content)
        return self.digests.get(name)


def judge_signer(asked: Asked, signer: Signer) -> Verdict:
    """Where several certificates fit the name (renewed ones of one key), the first that holds counts."""
    moment, stamped = _time(asked, signer)
    found = _candidates(asked, signer)
    if not found:
        said = _begun(moment, stamped)
        said.failed("signer", Reason("no-signer", str(signer)), at=str(signer))
        _attributes(said, asked, signer, None)
        _content(said, asked, signer)
        return said.verdict()
    first = _of(asked, signer, found[0], moment, _begun(moment, stamped))
    if first.ok:
        return first
    others = (_of(asked, signer, one, moment, _begun(moment, stamped)) for one in found[1:_MOST_CANDIDATES])
    return next((one for one in others if one.ok), first)


def _begun(moment: Moment, stamped: Judgement) -> Judgement:
    said = Judgement(moment)
    said.checks += stamped.checks
    said.forgiven += stamped.forgiven
    return said


def _time(asked: Asked, signer: Signer) -> tuple[Moment, Judgement]:
    """The earliest moment that a stamp proves; a stamp that does not hold proves nothing, and is told."""
    said, best = Judgement(), None
    tokens = signer.unsigned_attributes.get(oids.SIGNATURE_STAMP, ())
    for token in tokens[:_MOST_CANDIDATES]:
        if asked.stamps is None:
            said.skipped("timestamp", evidence="no judge of time stamps was given")
            break
        verdict, proven = asked.stamps(token, signer.signature, trust=asked.trust, at=asked.moment)
        if not verdict.ok or proven is None:
            said.skipped("timestamp", evidence=verdict.sentence("en"))
            said.forgiven += verdict.reasons
            continue
        said.nested("timestamp", verdict, evidence=proven.at.isoformat())
        best = proven if best is None or proven.at < best.at else best
    if best is None:
        return asked.moment, said
    return Moment(best.at, "timestamp", asked.moment.data_at, best.evidence), said


def _candidates(asked: Asked, signer: Signer) -> list[Certificate]:
    out = []
    for raw in dict.fromkeys(asked.certificates):
        try:
            certificate = read_certificate(raw)
        except MalformedError:
            continue  # somebody else's, perhaps; if it was the signer's, there is none
        if _fits(signer, certificate):
            out.append(certificate)
    return out


def _fits(signer: Signer, certificate: Certificate) -> bool:
    if signer.key_identifier is None:
        return signer.serial == certificate.serial and signer.issuer == certificate.issuer
    stated = certificate.extensions.subject_key
    if stated is None:  # then it is the digest of the key (RFC 5280, 4.2.1.2)
        stated = hashlib.sha1(certificate.key.bits, usedforsecurity=False).digest()
    return stated == signer.key_identifier


def _of(asked: Asked, signer: Signer, certificate: Certificate, moment: Moment, said: Judgement) -> Verdict:
    said.passed("signer", str(certificate))
    if signer.issuer is not None and signer.issuer.raw != certificate.issuer.raw:
        said.forgiven.append(Reason("encoding", str(certificate), "issuer-written-differently"))
    _facts(said, signer, certificate)
    _attributes(said, asked, signer, certificate)
    _content(said, asked, signer)
    _value(said, asked, signer, certificate)
    trust = asked.trust.with_data(asked.signed.crls, asked.signed.ocsp)
    verdict = trust.judge(certificate.raw, moment=moment, purpose=asked.purpose, extra=asked.certificates)
    said.nested("chain", verdict, str(certificate))
    return said.verdict(chain=verdict.chain, signer=certificate.raw)


def _facts(said: Judgement, signer: Signer, certificate: Certificate) -> None:
    said.facts["signer"] = str(certificate.subject)
    said.facts["serial"] = f"{certificate.serial:x}"
    said.facts["digest"] = digest_name(signer.digest) or signer.digest.oid


def _attributes(said: Judgement, asked: Asked, signer: Signer, certificate: Certificate | None) -> None:
    if signer.signed_attributes is None:
        if asked.signed.content_type not in oids.DATA.values():
            reason = Reason("signed-attributes", str(signer), "content of this type needs them")
            said.failed("attributes", reason)
        elif asked.content is not None and attributes.passed_off(asked.content):
            said.failed("attributes", Reason("signed-attributes", str(signer), "content made of attributes"))
        else:
            said.skipped("attributes", str(signer), "none: the value is over the content itself")
        return
    problems = attributes.wrong(signer, asked.signed.content_type, certificate)
    claimed = attributes.signing_time(signer)
    if claimed is not None:
        said.facts["signing-time"] = claimed.isoformat()
    if problems:
        said.failed("attributes", *(Reason("signed-attributes", str(signer), one) for one in problems))
    else:
        said.passed("attributes", str(signer), ", ".join(signer.attributes))


def _content(said: Judgement, asked: Asked, signer: Signer) -> None:
    name = digest_name(signer.digest)
    if asked.content is None:
        said.failed("content", Reason("no-content", str(signer)))
    elif signer.signed_attributes is None:
        said.skipped("content", str(signer), "signed directly")
    elif name is None:
        said.failed("content", Reason("algorithm-unknown", str(signer), signer.digest.oid))
    elif name in asked.trust.rules.strength.refused_digests:
        said.failed("content", Reason("algorithm-weak", str(signer), name))
    else:
        computed = asked.digest(name)
        wrong = None if computed == attributes.message_digest(signer) else Reason("digest", str(signer))
        said.ask("content", wrong, str(signer), f"{name}:{(computed or b'').hex()}")


def _value(said: Judgement, asked: Asked, signer: Signer, certificate: Certificate) -> None:
    scheme = signature_scheme(signer.algorithm, digest_name(signer.digest), certificate.key)
    message: bytes | Iterator[tuple[bytes, str]] | None = asked.content
    if signer.signed_attributes is not None:
        message = signed_messages(signer.signed_attributes)
    if scheme is None:
        detail = f"{signer.algorithm.oid} with {signer.digest.oid}"
        said.failed("signature", Reason("algorithm-unknown", str(signer), detail))
    elif message is None:
        said.skipped("signature", str(signer), "without the content there is nothing to check it over")
    else:
        strength = asked.trust.rules.strength
        code, notes = value_fault(message, scheme, signer.signature, certificate.key, strength)
        said.ask("signature", None if code is None else Reason(code, str(signer)), str(signer), scheme.oid)
        said.forgiven += [Reason("encoding", str(signer), note) for note in notes]
