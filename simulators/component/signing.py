"""Signatures of a token in every form of the function set, and looking at those of others."""

from __future__ import annotations

from datetime import datetime

import certs
from certs.cms import read_signed
from certs.cms.who import candidates
from certs.keys.held import HeldKey
from certs.model.der import MalformedError
from certs.recognition.messages import holds, usual
from certs.seal import sign_with_seal
from certs.trust import ANYTHING, Trust
from certs.xml import XmlSigningError, sign_xml, xml_signature_info
from simulators.component.errors import SofError
from simulators.component.reading import certificate_of

SM3_SIZE = 32


def message(key: HeldKey, data: bytes, at: datetime, *, detached: bool) -> bytes:
    """Signed data; a key of RSA in the arc of PKCS #7, one of SM2 in that of GB/T 35275."""
    arc = "rsa" if key.algorithm == "rsa-sha256" else "sm2"
    return certs.sign_cms(data, key, arc=arc, detached=detached, time=at)  # type: ignore[arg-type]


def xml(key: HeldKey, document: bytes) -> bytes:
    try:
        return sign_xml(document, _plain(key))
    except (XmlSigningError, MalformedError):
        raise SofError("xml") from None


def sealed(key: HeldKey, seal: bytes, imprint: bytes, about: str, at: datetime) -> bytes:
    """An SES_Signature over a digest that somebody else has computed; the document never comes here."""
    if len(imprint) != SM3_SIZE:
        raise SofError("argument")
    return sign_with_seal(seal, key, imprint, at, about=about)


def bare_holds(certificate: bytes, data: bytes, value: bytes) -> bool:
    """By the key alone: whether its certificate may be believed is not asked here."""
    known = usual(certificate_of(certificate).key)
    if known is None:
        raise SofError("key")
    return holds(data, value, *known)[0]


def message_holds(raw: bytes, content: bytes | None, trust: Trust, at: datetime) -> bool:
    judged = certs.verify_cms(raw, trust=trust, at=at, content=content, purpose=ANYTHING)
    if any(reason.code == "malformed" for reason in judged.reasons):
        raise SofError("message")
    return judged.ok


def message_part(raw: bytes, kind: int) -> bytes:
    """1 the content, 2 the first signer's certificate, 3 the value of the first signature."""
    if kind not in (1, 2, 3):
        raise SofError("number")
    try:
        read = read_signed(raw)
    except MalformedError:
        raise SofError("message") from None
    if kind == 1:
        return read.content or b""
    if not read.signers:
        raise SofError("message")
    if kind == 3:
        return read.signers[0].signature
    return next((one.raw for one in candidates(read.signers[0], read.certificates)), b"")


def xml_holds(document: bytes, trust: Trust, at: datetime) -> bool:
    return certs.verify_xml(document, trust=trust, at=at, purpose=ANYTHING).ok


def xml_part(document: bytes, kind: int) -> bytes:
    try:
        return xml_signature_info(document, kind)
    except MalformedError:
        raise SofError("xml") from None
    except ValueError:
        raise SofError("number") from None


def _plain(key: HeldKey) -> HeldKey:
    """XML writes r and s side by side itself, so a token that does so already is asked for DER."""
    return HeldKey(key.algorithm, key.private, key.certificate, key.chain)
