"""The second opinion: signxml, for what it knows. It never says yes for us, but its no counts.

Our own reading is narrow and knows SM2; signxml is used by many and knows other traps. Where both can judge,
both must agree, on the octets too; otherwise nothing is decided.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.x509 import load_der_x509_certificate
from lxml import etree
from signxml.algorithms import CanonicalizationMethod, DigestAlgorithm, SignatureMethod
from signxml.verifier import SignatureConfiguration, XMLVerifier

from certs.xml.reading import XmlSignature


class _Verifier(XMLVerifier):
    """Copies elements in UTF-8 and without the text behind them: as it is, the copy of an element with a
    Chinese name, or of one in running text, is not well-formed."""

    def _tostring(self, xml_node: Any, **kwargs: Any) -> Any:
        return etree.tostring(xml_node, encoding="UTF-8", with_tail=False, **kwargs)


_METHODS = frozenset(SignatureMethod)
_DIGESTS = frozenset(DigestAlgorithm)


def opinion(
    data: bytes, signature: XmlSignature, signer: bytes, octets: Sequence[bytes]
) -> tuple[bool | None, str]:
    """True, False, or None where it cannot judge; and the evidence. `octets` are ours, by reference."""
    uris = [signature.signature_uri, *(one.digest_uri for one in signature.references)]
    if uris[0] not in {one.value for one in _METHODS} or not set(uris[1:]) <= {one.value for one in _DIGESTS}:
        return None, "signxml does not know these algorithms"
    place = _place(signature.element)
    if place is None:
        return None, "signxml would find another signature first"
    try:
        certificate = load_der_x509_certificate(signer)
        begin = certificate.not_valid_before_utc
    except (ValueError, UnsupportedAlgorithm):
        return None, "signxml does not read this certificate"
    # The certificate is judged elsewhere: here its own beginning is the time, so that it does not matter.
    asked = SignatureConfiguration(
        location=place,
        expect_references=len(signature.references),
        signature_methods=_METHODS,
        digest_algorithms=_DIGESTS,
        ignore_ambiguous_key_info=True,
        verification_time=begin,
        default_reference_c14n_method=CanonicalizationMethod.CANONICAL_XML_1_0,
    )
    try:
        found = _Verifier().verify(data, x509_cert=certificate, expect_config=asked)
    except Exception as error:  # whatever it raises, it does not agree
        return False, f"signxml: {type(error).__name__}"
    results = found if isinstance(found, list) else [found]
    same = [bytes(one.signed_data) for one in results] == list(octets)
    return same, "signxml agrees" if same else "signxml sees other octets"


def _place(element: etree._Element) -> str | None:
    """Where signxml shall look; None if it would meet another signature there."""
    parent = element.getparent()
    if parent is None:
        return "./"
    if next(parent.iterchildren(element.tag)) is not element:
        return None
    way = parent.getroottree().getelementpath(parent)
    return "./" if way == "." else f"./{way}/"
