"""WS-Security with a certificate: what exactly was signed and by whom; and the same for our own answers.

Written from `dialects/soap12-x509/rules.md` 5. The signature is judged over the very Body and the very
Timestamp, found by an Id that stands once; whatever else a document may contain is nobody's.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from lxml import etree

from certs.algorithms import rsa, sm2
from certs.algorithms.digest import digest
from certs.algorithms.identifiers import RSA, SM2
from certs.algorithms.public_keys import load
from certs.model.certificate import read_certificate
from certs.model.der import MalformedError

ENV = "http://www.w3.org/2003/05/soap-envelope"
DS = "http://www.w3.org/2000/09/xmldsig#"
WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
WSU = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
C14N = "http://www.w3.org/2001/10/xml-exc-c14n#"
_MORE, _ENC = "http://www.w3.org/2001/04/xmldsig-more#", "http://www.w3.org/2001/04/xmlenc#"
METHODS: Mapping[str, tuple[str, str, str]] = {
    "rsa-sha256": (f"{_MORE}rsa-sha256", f"{_ENC}sha256", "sha256"),
    "sm2-sm3": (f"{_MORE}sm2-sm3", f"{_MORE}sm3", "sm3"),
}
WINDOW, LONGEST = timedelta(seconds=300), timedelta(seconds=3600)
_TOKEN = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-"  # noqa: S105 - a namespace
_BST = (
    f'EncodingType="{_TOKEN}soap-message-security-1.0#Base64Binary" '
    f'ValueType="{_TOKEN}x509-token-profile-1.0#X509v3"'
)


class Unsafe(Exception):
    """Not admitted; `code` is the business code of the papers."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Identity:
    """One party's certificate, with its key where it is our own."""

    algorithm: str
    certificate: bytes
    private: bytes = b""


def der(pem: str) -> bytes:
    """The bytes of the first block of a PEM."""
    inner = re.search(r"-----BEGIN [^-]+-----(.+?)-----END", pem, re.DOTALL)
    return base64.b64decode(inner[1] if inner else pem)


def covered(root: etree._Element) -> tuple[etree._Element, etree._Element]:
    """Security header and its Timestamp, when both it and the Body are referred to; raises Unsafe(S101)."""
    security = root.find(f"{{{ENV}}}Header/{{{WSSE}}}Security")
    body = root.find(f"{{{ENV}}}Body")
    stamps = [] if security is None else security.findall(f"{{{WSU}}}Timestamp")
    if security is None or body is None or len(stamps) != 1:
        raise Unsafe("S101")
    ids = [found for element in root.iter(etree.Element) if (found := _ident(element))]
    if len(ids) != len(set(ids)):
        raise Unsafe("S101")
    signed = {
        one.get("URI", "")
        for one in security.iterfind(f"{{{DS}}}Signature/{{{DS}}}SignedInfo/{{{DS}}}Reference")
    }
    wanted = {f"#{_ident(body)}", f"#{_ident(stamps[0])}"}
    if "#" in wanted or not wanted <= signed:
        raise Unsafe("S101")
    return security, stamps[0]


def verified(root: etree._Element, security: etree._Element, known: Mapping[str, Identity]) -> str:
    """The algorithm of a signature that holds, by a registered certificate; raises Unsafe(S102)."""
    signature, token = security.find(f"{{{DS}}}Signature"), security.findall(f"{{{WSSE}}}BinarySecurityToken")
    info = None if signature is None else signature.find(f"{{{DS}}}SignedInfo")
    if signature is None or info is None or len(token) != 1:
        raise Unsafe("S102")
    by = f"{{{DS}}}KeyInfo/{{{WSSE}}}SecurityTokenReference/{{{WSSE}}}Reference"
    points = signature.find(by)
    method = _algorithm(info, "SignatureMethod")
    algorithm = next((name for name, (uri, _, _) in METHODS.items() if uri == method), "")
    signer = known.get(algorithm)
    if signer is None or points is None or points.get("URI") != f"#{_ident(token[0])}":
        raise Unsafe("S102")
    same = hmac.compare_digest(_bytes(token[0].text), signer.certificate)
    value = signature.findtext(f"{{{DS}}}SignatureValue")
    if not same or _algorithm(info, "CanonicalizationMethod") != C14N:
        raise Unsafe("S102")
    if not all(_holds(root, one, algorithm) for one in info.iterfind(f"{{{DS}}}Reference")):
        raise Unsafe("S102")
    if not _signed_by(algorithm, canonical(info), _bytes(value), signer.certificate):
        raise Unsafe("S102")
    return algorithm


def fresh(stamp: etree._Element, now: datetime) -> None:
    """Within 300 s of our clock, and not over; raises Unsafe(S104)."""
    made, until = (_moment(stamp.findtext(f"{{{WSU}}}{name}")) for name in ("Created", "Expires"))
    if made is None or until is None or abs(now - made) > WINDOW or now >= until or until - made > LONGEST:
        raise Unsafe("S104")


def canonical(element: etree._Element) -> bytes:
    """Exclusive C14N without comments."""
    return etree.tostring(element, method="c14n", exclusive=True, with_comments=False)


def security_header(own: Identity, now: datetime) -> str:
    """The header to be completed by `completed` once the document stands."""
    at = now.astimezone(UTC)
    token = base64.b64encode(own.certificate).decode("ascii")
    return (
        '<wsse:Security env:mustUnderstand="true"><wsu:Timestamp wsu:Id="TS">'
        f"<wsu:Created>{at:%Y-%m-%dT%H:%M:%SZ}</wsu:Created>"
        f"<wsu:Expires>{at + WINDOW:%Y-%m-%dT%H:%M:%SZ}</wsu:Expires></wsu:Timestamp>"
        f'<wsse:BinarySecurityToken {_BST} wsu:Id="X509">{token}</wsse:BinarySecurityToken>'
        "<!--signature--></wsse:Security>"
    )


def completed(document: str, own: Identity, parts: tuple[str, ...] = ("Body", "TS")) -> str:
    """The document with its signature over these Ids, in the order of the papers."""
    root = etree.fromstring(document.replace("<!--signature-->", "").encode("utf-8"))
    method, uri, name = METHODS[own.algorithm]
    here = {_ident(element): element for element in root.iter(etree.Element)}
    transform = f'<ds:Transforms><ds:Transform Algorithm="{C14N}"></ds:Transform></ds:Transforms>'
    references = "".join(
        f'<ds:Reference URI="#{part}">{transform}<ds:DigestMethod Algorithm="{uri}"></ds:DigestMethod>'
        f"<ds:DigestValue>{_text(digest(canonical(here[part]), name))}</ds:DigestValue></ds:Reference>"
        for part in parts
    )
    inside = (
        f'<ds:CanonicalizationMethod Algorithm="{C14N}"></ds:CanonicalizationMethod>'
        f'<ds:SignatureMethod Algorithm="{method}"></ds:SignatureMethod>{references}</ds:SignedInfo>'
    )
    value = _sign(own, f'<ds:SignedInfo xmlns:ds="{DS}">{inside}'.encode())
    about = (
        f'<ds:KeyInfo><wsse:SecurityTokenReference><wsse:Reference URI="#X509" '
        f'ValueType="{_TOKEN}x509-token-profile-1.0#X509v3"></wsse:Reference>'
        "</wsse:SecurityTokenReference></ds:KeyInfo>"
    )
    signature = (
        f'<ds:Signature xmlns:ds="{DS}"><ds:SignedInfo>{inside}'
        f"<ds:SignatureValue>{_text(value)}</ds:SignatureValue>{about}</ds:Signature>"
    )
    return document.replace("<!--signature-->", signature)


def _sign(own: Identity, message: bytes) -> bytes:
    if own.algorithm == "rsa-sha256":
        return rsa.sign(message, own.private)
    r, s = decode_dss_signature(sm2.sign(message, own.private))
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def _signed_by(algorithm: str, message: bytes, value: bytes, certificate: bytes) -> bool:
    """RSA by the library, SM2 from r and s side by side."""
    try:
        key = load(read_certificate(certificate).key)
    except (MalformedError, ValueError):
        return False
    if algorithm == "sm2-sm3" and key.family == SM2 and len(value) == 64:
        r, s = (int.from_bytes(value[at : at + 32], "big") for at in (0, 32))
        return sm2.verify(message, encode_dss_signature(r, s), key.key)
    if algorithm == "rsa-sha256" and key.family == RSA:
        try:
            key.key.verify(value, message, PKCS1v15(), SHA256())
        except InvalidSignature:
            return False
        return True
    return False


def _holds(root: etree._Element, reference: etree._Element, algorithm: str) -> bool:
    """One transform, exclusive C14N without prefixes; a place in this document; its digest."""
    transforms = reference.findall(f"{{{DS}}}Transforms/{{{DS}}}Transform")
    plain = [one for one in transforms if one.get("Algorithm") == C14N and not len(one)]
    if len(transforms) != 1 or len(plain) != 1:
        return False
    _, uri, name = METHODS[algorithm]
    ident = reference.get("URI", "").removeprefix("#")
    found = [element for element in root.iter(etree.Element) if _ident(element) == ident]
    if not ident or not reference.get("URI", "").startswith("#") or len(found) != 1:
        return False
    stated = _bytes(reference.findtext(f"{{{DS}}}DigestValue"))
    right = _algorithm(reference, "DigestMethod") == uri
    return right and hmac.compare_digest(digest(canonical(found[0]), name), stated)


def _ident(element: etree._Element) -> str:
    return element.get(f"{{{WSU}}}Id") or element.get("Id") or ""


def _algorithm(element: etree._Element, name: str) -> str:
    found = element.find(f"{{{DS}}}{name}")
    return "" if found is None else found.get("Algorithm", "")


def _bytes(text: str | None) -> bytes:
    try:
        return base64.b64decode("".join((text or "").split()), validate=True)
    except (binascii.Error, ValueError):
        return b""


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")


def _moment(text: str | None) -> datetime | None:
    for form in ("%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S.%fZ"):
        try:
            return datetime.strptime((text or "").strip(), form).replace(tzinfo=UTC)
        except ValueError:
            continue
    return None


__all__ = [
    "Identity",
    "Unsafe",
    "canonical",
    "completed",
    "covered",
    "der",
    "fresh",
    "security_header",
    "verified",
]
