"""Whose XML signature it is: the value under one of the certificates, signxml asked too, then the chain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from certs.algorithms.verification import fault
from certs.cms.values import sm2_value
from certs.model.certificate import Certificate, read_certificate
from certs.model.der import MalformedError
from certs.trust import Purpose, Trust
from certs.verdict import Judgement, Moment, Reason, Verdict
from certs.xml import second
from certs.xml.document import Bounds, canonical
from certs.xml.names import CANONICAL, SCHEMES, Algorithms
from certs.xml.reading import XmlSignature

SHOWN = 200


@dataclass(frozen=True, slots=True)
class Asked:
    """What `verify_xml` was asked."""

    trust: Trust
    moment: Moment
    covers: str | None
    which: str
    purpose: Purpose
    certificates: tuple[bytes, ...]
    algorithms: Algorithms
    bounds: Bounds


def judge_signer(
    said: Judgement, data: bytes, signature: XmlSignature, octets: Sequence[bytes], asked: Asked
) -> Verdict:
    """Whose signature it is: the first certificate under whose key the value holds."""
    candidates = _candidates(signature, asked)
    if not candidates:
        said.failed("signer", Reason("no-signer"))
        return said.verdict()
    name = asked.algorithms.signatures.get(signature.signature_uri)
    if name not in SCHEMES:
        said.failed("signature", Reason("algorithm-unknown", detail=signature.signature_uri[:SHOWN]))
        return said.verdict()
    if signature.canonical.uri not in CANONICAL:
        said.failed("signature", Reason("transform", detail=signature.canonical.uri[:SHOWN]))
        return said.verdict()
    message = canonical(signature.signed_info, signature.canonical.uri, signature.canonical.prefixes)
    value, note = _value(signature.value, name)
    strength = asked.trust.rules.strength
    faults = [fault(message, SCHEMES[name], value, one.key, strength=strength) for one in candidates]
    chosen = faults.index(None) if None in faults else 0
    signer = candidates[chosen]
    said.passed("signer", str(signer))
    said.facts |= {"signer": str(signer.subject), "serial": f"{signer.serial:x}", "algorithm": name}
    code = faults[chosen]
    if note:
        said.forgiven.append(Reason("encoding", str(signer), note))
    said.ask("signature", Reason(code, str(signer), name) if code else None, str(signer), name)
    if not said.reasons:
        agreed, evidence = second.opinion(data, signature, signer.raw, octets)
        if agreed is None:
            said.skipped("second-engine", evidence=evidence)
        else:
            said.ask(
                "second-engine", None if agreed else Reason("engines", detail=evidence), evidence=evidence
            )
    extra = (*signature.certificates, *asked.certificates)
    chain = asked.trust.judge(signer.raw, moment=asked.moment, purpose=asked.purpose, extra=extra)
    said.nested("chain", chain, str(signer))
    return said.verdict(chain=chain.chain, signer=signer.raw)


def _candidates(signature: XmlSignature, asked: Asked) -> list[Certificate]:
    found = []
    for raw in signature.certificates or asked.certificates:
        try:
            found.append(read_certificate(raw))
        except MalformedError:
            continue  # it may be any of them; if none is left there is no signer
    return found


def _value(value: bytes, name: str) -> tuple[bytes, str]:
    """The value in the form our algorithms take. XML writes r and s side by side (RFC 9231, 2.3.6); DER is
    met too with SM2, and noted."""
    if name == "sm2-sm3":
        der, note = sm2_value(value)
        return der, "" if note == "raw-signature" else note or "signature-is-der"
    if name.startswith("ecdsa"):
        half = len(value) // 2
        if not value or len(value) % 2 or half > 66:
            return b"", ""
        r, s = int.from_bytes(value[:half], "big"), int.from_bytes(value[half:], "big")
        return encode_dss_signature(r, s), ""
    return value, ""
