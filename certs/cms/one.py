"""One signer of signed data, judged: whose certificate, over what, under which rules, when."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from certs.cms import attributes, oids
from certs.cms.asked import Asked
from certs.cms.read import read_signer
from certs.cms.schemes import digest_name, signature_scheme
from certs.cms.signed import Signer
from certs.cms.values import signed_messages, value_fault
from certs.cms.when import existed
from certs.cms.who import candidates
from certs.model.certificate import Certificate
from certs.model.der import MalformedError, Reader
from certs.verdict import FAILED, PASSED, Check, Judgement, Reason, Verdict, refused

_MOST_COUNTERSIGNATURES = 4


def judge_signer(asked: Asked, signer: Signer, *, counter: bool = False) -> Verdict:
    """The verdict about one SignerInfo. Where several certificates fit its name, the first that holds
    counts. A countersignature is one too, over another's value, and states no content type."""
    said = Judgement(asked.moment)
    said.moment = existed(asked, signer, said)
    found = candidates(signer, asked.certificates)
    if not found:
        said.failed("signer", Reason("no-signer", str(signer)), at=str(signer))
        _covered(said, asked, signer, None, counter=counter)
        return said.verdict()
    verdicts = (_of(asked, signer, one, said, counter=counter) for one in found)
    first = next(verdicts)
    verdict = first if first.ok else next((one for one in verdicts if one.ok), first)
    return verdict if counter else _countersigned(asked, signer, verdict)


def _of(
    asked: Asked, signer: Signer, certificate: Certificate, begun: Judgement, *, counter: bool
) -> Verdict:
    said = Judgement(begun.moment)
    said.checks += begun.checks
    said.forgiven += begun.forgiven
    said.passed("signer", str(certificate))
    if signer.issuer is not None and signer.issuer.raw != certificate.issuer.raw:
        said.forgiven.append(Reason("encoding", str(certificate), "issuer-written-differently"))
    said.facts["signer"] = str(certificate.subject)
    said.facts["serial"] = f"{certificate.serial:x}"
    said.facts["digest"] = digest_name(signer.digest) or signer.digest.oid
    _covered(said, asked, signer, certificate, counter=counter)
    _value(said, asked, signer, certificate)
    moment = begun.moment or asked.moment
    verdict = asked.chain(certificate.raw, moment)
    said.nested("chain", verdict, str(certificate))
    return said.verdict(chain=verdict.chain, signer=certificate.raw)


def _covered(
    said: Judgement, asked: Asked, signer: Signer, certificate: Certificate | None, *, counter: bool
) -> None:
    """What is signed, and that it binds the content."""
    if signer.signed_attributes is None:
        _direct(said, asked, signer, counter=counter)
        return
    kind = None if counter else asked.content_type
    problems = attributes.wrong(signer, kind, certificate)
    claimed = attributes.signing_time(signer)
    if claimed is not None:
        said.facts["signing-time"] = claimed.isoformat()
    if problems:
        said.failed("attributes", *(Reason("signed-attributes", str(signer), one) for one in problems))
    else:
        said.passed("attributes", str(signer), ", ".join(signer.attributes))
    _digest(said, asked, signer)


def _direct(said: Judgement, asked: Asked, signer: Signer, *, counter: bool) -> None:
    """Without attributes the value is over the content itself."""
    problem = ""
    if not counter and asked.content_type not in oids.DATA.values():
        problem = "content of this type needs them"
    elif asked.content is not None and attributes.passed_off(asked.content):
        problem = "content made of attributes"
    if problem:
        said.failed("attributes", Reason("signed-attributes", str(signer), problem))
    else:
        said.skipped("attributes", str(signer), "none: the value is over the content itself")
    if asked.content is None:
        said.failed("content", Reason("no-content", str(signer)))
    else:
        said.skipped("content", str(signer), "signed directly")


def _digest(said: Judgement, asked: Asked, signer: Signer) -> None:
    name = digest_name(signer.digest)
    if asked.content is None:
        said.failed("content", Reason("no-content", str(signer)))
    elif name is None:
        said.failed("content", Reason("algorithm-unknown", str(signer), signer.digest.oid))
    elif name in asked.trust.rules.strength.refused_digests:
        said.failed("content", Reason("algorithm-weak", str(signer), name))
    else:
        computed = asked.digest(name) or b""
        wrong = None if computed == attributes.message_digest(signer) else Reason("digest", str(signer))
        said.ask("content", wrong, str(signer), f"{name}:{computed.hex()}")


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


def _countersigned(asked: Asked, signer: Signer, verdict: Verdict) -> Verdict:
    """Signatures over this one's value. They are told, and take nothing away: anybody can add one."""
    rows = signer.unsigned_attributes.get(oids.COUNTERSIGNATURE, ())[:_MOST_COUNTERSIGNATURES]
    checks, forgiven, facts = list(verdict.checks), list(verdict.forgiven), dict(verdict.facts)
    for raw in rows:
        try:
            reader = Reader(raw)
            other = read_signer(reader, reader.whole())
            over = replace(asked, content=signer.signature, digests={})
            found = judge_signer(over, other, counter=True)
        except MalformedError as error:
            found = refused("malformed", detail=str(error))
        outcome = PASSED if found.ok else FAILED
        named = found.facts.get("signer", "")
        checks.append(
            Check("countersignature", outcome, named, "", found.moment, tuple(found.reasons), found.checks)
        )
        forgiven += found.forgiven + found.reasons
        if found.ok:
            facts["countersigner"] = named
    return replace(verdict, checks=tuple(checks), forgiven=forgiven, facts=facts) if rows else verdict
