"""Is this XML signature to be believed, and what exactly did it sign?

The certificate comes from the signature and is judged by `Trust` like any other. Keys without a certificate,
places to fetch one, and anything outside the document are not looked at.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from lxml import etree

from certs.algorithms.verification import fault
from certs.cms.values import sm2_value
from certs.model.certificate import Certificate, read_certificate
from certs.model.der import MalformedError
from certs.trust import SIGNING, Purpose, Trust
from certs.verdict import Judgement, Moment, Reason, Verdict, judged
from certs.xml import second
from certs.xml.document import BOUNDS, Bounds, OutOfBoundsError, UnsupportedError, canonical, parse, path
from certs.xml.names import ALGORITHMS, CANONICAL, SCHEMES, Algorithms
from certs.xml.reading import XmlSignature, find, read_signature
from certs.xml.signed import SignedPart, UnfollowedError, agrees, follow, uncovered, within

_SHOWN = 200


@dataclass(frozen=True, slots=True)
class OpenedXml:
    """The verdict, and what was signed: empty unless the verdict is good."""

    verdict: Verdict
    signed: tuple[SignedPart, ...] = field(default=(), repr=False)


def verify_xml(
    data: bytes,
    *,
    trust: Trust,
    at: Moment | datetime,
    covers: str | None = "",
    which: str = "",
    purpose: Purpose = SIGNING,
    certificates: Sequence[bytes] = (),
    algorithms: Algorithms = ALGORITHMS,
    bounds: Bounds = BOUNDS,
) -> Verdict:
    """Judge an enveloped, enveloping or detached signature in one document. No I/O, never raises.

    `covers` is what the caller is going to read: "" the whole document (the root element but for the
    signature, or every Object inside one), "#x" the element with this Id, None whatever is signed; then
    only `open_xml(...).signed` may be read. `which` is the Id of the signature, if there are several.
    `certificates` (DER) may hold the signer's where the signature has none, and those above it.
    """
    return open_xml(
        data, trust=trust, at=at, covers=covers, which=which, purpose=purpose,
        certificates=certificates, algorithms=algorithms, bounds=bounds,
    ).verdict  # fmt: skip


def open_xml(
    data: bytes,
    *,
    trust: Trust,
    at: Moment | datetime,
    covers: str | None = "",
    which: str = "",
    purpose: Purpose = SIGNING,
    certificates: Sequence[bytes] = (),
    algorithms: Algorithms = ALGORITHMS,
    bounds: Bounds = BOUNDS,
) -> OpenedXml:
    """As `verify_xml`, with the signed octets and where they stand. Reads nothing, never raises."""
    kept: list[SignedPart] = []
    moment = at if isinstance(at, Moment) else Moment(at)
    asked = _Asked(trust, moment, covers, which, purpose, tuple(certificates), algorithms, bounds)
    verdict = _judge(data, asked, kept)
    return OpenedXml(verdict, tuple(kept) if verdict.ok else ())


@dataclass(frozen=True, slots=True)
class _Asked:
    trust: Trust
    moment: Moment
    covers: str | None
    which: str
    purpose: Purpose
    certificates: tuple[bytes, ...]
    algorithms: Algorithms
    bounds: Bounds


@judged
def _judge(data: bytes, asked: _Asked, kept: list[SignedPart]) -> Verdict:
    said = Judgement(asked.moment)
    try:
        root = parse(data, asked.bounds)
        found = find(root, asked.which)
        if not found:
            said.failed("format", Reason("no-signature", detail=asked.which[:_SHOWN]))
            return said.verdict()
        if len(found) > 1:
            said.failed("format", Reason("argument", detail=f"{len(found)} signatures: say which"))
            return said.verdict()
        signature = read_signature(found[0], asked.bounds)
        said.passed("format", path(found[0]), f"{len(signature.references)} reference(s)")
        elements, octets = _references(said, root, signature, asked, kept)
        if not said.reasons:
            missing = uncovered(root, signature, elements, asked.covers)
            wrong = Reason("not-covered", detail=missing) if missing else None
            said.ask("coverage", wrong, evidence=", ".join(one.xpath for one in kept)[:_SHOWN])
        return _signer(said, data, signature, octets, asked)
    except OutOfBoundsError as error:
        said.failed("format", Reason("limit", detail=str(error)))
    except UnsupportedError as error:
        said.failed("content", Reason("unsupported", detail=str(error)))
    return said.verdict()


def _references(
    said: Judgement, root: etree._Element, signature: XmlSignature, asked: _Asked, kept: list[SignedPart]
) -> tuple[list[etree._Element], list[bytes]]:
    elements, all_octets, work = [], [], 0
    for reference in signature.references:
        shown = reference.uri[:_SHOWN] or "(document)"
        try:
            element, octets, name = follow(root, signature, reference, asked.algorithms)
        except UnfollowedError as error:
            said.failed("references", Reason(error.code, shown, str(error)), at=shown)
            continue
        work = within(work, octets, asked.bounds)
        if name in asked.trust.rules.strength.refused_digests:
            said.failed("content", Reason("algorithm-weak", shown, name), at=shown)
        elif said.ask(
            "content", None if agrees(reference, octets, name) else Reason("digest", shown), shown, name
        ):
            part = SignedPart(
                path(element), reference.uri, octets, name, element in signature.element.iterancestors()
            )
            kept.append(part)
            said.facts[f"signed.{len(kept)}"] = part.xpath
            said.facts[f"signed.{len(kept)}.{name}"] = reference.digest.hex()
            elements.append(element)
        all_octets.append(octets)
    return elements, all_octets


def _signer(
    said: Judgement, data: bytes, signature: XmlSignature, octets: Sequence[bytes], asked: _Asked
) -> Verdict:
    """Whose signature it is: the first certificate under whose key the value holds."""
    candidates = _candidates(signature, asked)
    if not candidates:
        said.failed("signer", Reason("no-signer"))
        return said.verdict()
    name = asked.algorithms.signatures.get(signature.signature_uri)
    if name not in SCHEMES:
        said.failed("signature", Reason("algorithm-unknown", detail=signature.signature_uri[:_SHOWN]))
        return said.verdict()
    if signature.canonical.uri not in CANONICAL:
        said.failed("signature", Reason("transform", detail=signature.canonical.uri[:_SHOWN]))
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


def _candidates(signature: XmlSignature, asked: _Asked) -> list[Certificate]:
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
