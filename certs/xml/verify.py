"""Is this XML signature to be believed, and what exactly did it sign?

The certificate comes from the signature and is judged by `Trust` like any other. Keys without a certificate,
places to fetch one, and anything outside the document are not looked at.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from lxml import etree

from certs.trust import SIGNING, Purpose, Trust
from certs.verdict import Judgement, Moment, Reason, Verdict, judged
from certs.xml.document import BOUNDS, Bounds, OutOfBoundsError, UnsupportedError, parse, path
from certs.xml.names import ALGORITHMS, Algorithms
from certs.xml.reading import XmlSignature, find, read_signature
from certs.xml.signed import SignedPart, UnfollowedError, agrees, follow, uncovered, within
from certs.xml.signer import SHOWN, Asked, judge_signer


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
    asked = Asked(trust, moment, covers, which, purpose, tuple(certificates), algorithms, bounds)
    verdict = _judge(data, asked, kept)
    return OpenedXml(verdict, tuple(kept) if verdict.ok else ())


@judged
def _judge(data: bytes, asked: Asked, kept: list[SignedPart]) -> Verdict:
    said = Judgement(asked.moment)
    try:
        root = parse(bytes(data), asked.bounds)
        found = find(root, asked.which)
        if not found:
            said.failed("format", Reason("no-signature", detail=asked.which[:SHOWN]))
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
            said.ask("coverage", wrong, evidence=", ".join(one.xpath for one in kept)[:SHOWN])
        return judge_signer(said, data, signature, octets, asked)
    except OutOfBoundsError as error:
        said.failed("format", Reason("limit", detail=str(error)))
    except UnsupportedError as error:
        said.failed("content", Reason("unsupported", detail=str(error)))
    return said.verdict()


def _references(
    said: Judgement, root: etree._Element, signature: XmlSignature, asked: Asked, kept: list[SignedPart]
) -> tuple[list[etree._Element], list[bytes]]:
    elements, all_octets, work = [], [], 0
    for reference in signature.references:
        shown = reference.uri[:SHOWN] or "(document)"
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
