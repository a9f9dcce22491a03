"""WS-Security with a certificate: Body and Timestamp signed in each message, judged in each that comes.

What is signed must be the very Body and the very Timestamp that are read, each reached by an Id that only it
has, through exclusive C14N alone. The certificate must be the registered one, octet for octet; chain and
revocation are judged where certificates are judged.
"""

from __future__ import annotations

import base64
import hashlib
import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from lxml import etree

from adapters import xmltext
from adapters.proof import octets
from adapters.soap12_x509.envelope import ENV, WSSE, WSU, Envelope
from certs.algorithms import sm2
from certs.algorithms.digest import digest
from certs.algorithms.sm2_keys import read_private
from certs.algorithms.verification import fault
from certs.keys.certificates import split
from certs.model.certificate import PublicKey, read_certificate
from certs.model.der import MalformedError
from certs.xml.document import BOUNDS, UnsupportedError, canonical
from certs.xml.names import ALGORITHMS, DS, EXCLUSIVE, SCHEMES
from certs.xml.reading import XmlSignature, read_signature
from certs.xml.signed import UnfollowedError, agrees, follow
from hub.ports import Call

UNSIGNED, FORGED, EXPIRED = "S101", "S102", "S104"
WINDOW, LIFE, LONGEST = timedelta(seconds=300), timedelta(seconds=300), timedelta(seconds=3600)
_OASIS = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss"
_BASE64 = f"{_OASIS}-soap-message-security-1.0#Base64Binary"
_X509 = f"{_OASIS}-x509-token-profile-1.0#X509v3"
_MORE = "http://www.w3.org/2001/04/xmldsig-more#"
# signature method, digest method, name of the digest
_METHODS = {
    "rsa-sha256": (f"{_MORE}rsa-sha256", "http://www.w3.org/2001/04/xmlenc#sha256", "sha256"),
    "sm2-sm3": (f"{_MORE}sm2-sm3", f"{_MORE}sm3", "sm3"),
}
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?Z")
_IDS = ("Id", "ID", "id")


def secured(inner: str, call: Call) -> tuple[str, str]:
    """The Security header and the Body around `inner`, both already in canonical form as written."""
    algorithm = call.credentials["algorithm"]
    method, digest_method, name = _METHODS[algorithm]
    created = call.now.astimezone(UTC).replace(microsecond=0, tzinfo=None)
    times = (
        f"<wsu:Created>{created.isoformat()}Z</wsu:Created>"
        f"<wsu:Expires>{(created + LIFE).isoformat()}Z</wsu:Expires></wsu:Timestamp>"
    )
    # Exclusive C14N declares on each element just what it uses, in this order, and writes CR in hexadecimal.
    signed = inner.replace("&#13;", "&#xD;")
    body = f'<env:Body xmlns:env="{ENV}" xmlns:wsu="{WSU}" wsu:Id="Body">{signed}</env:Body>'
    stamp = f'<wsu:Timestamp xmlns:wsu="{WSU}" wsu:Id="TS">{times}'
    references = "".join(
        _reference(one, digest_method, digest(text.encode(), name))
        for one, text in (("Body", body), ("TS", stamp))
    )
    info = (
        f'<ds:CanonicalizationMethod Algorithm="{EXCLUSIVE}"></ds:CanonicalizationMethod>'
        f'<ds:SignatureMethod Algorithm="{method}"></ds:SignatureMethod>{references}</ds:SignedInfo>'
    )
    value = _sign(
        f'<ds:SignedInfo xmlns:ds="{DS}">{info}'.encode(), algorithm, call.credentials["private_key"]
    )
    token = base64.b64encode(_certificate(call.credentials["certificate"])).decode("ascii")
    head = (
        f'<wsse:Security env:mustUnderstand="true"><wsu:Timestamp wsu:Id="TS">{times}'
        f'<wsse:BinarySecurityToken EncodingType="{_BASE64}" ValueType="{_X509}" wsu:Id="X509">{token}'
        f'</wsse:BinarySecurityToken><ds:Signature xmlns:ds="{DS}"><ds:SignedInfo>{info}'
        f"<ds:SignatureValue>{base64.b64encode(value).decode('ascii')}</ds:SignatureValue>"
        "<ds:KeyInfo><wsse:SecurityTokenReference>"
        f'<wsse:Reference URI="#X509" ValueType="{_X509}"></wsse:Reference>'
        "</wsse:SecurityTokenReference></ds:KeyInfo></ds:Signature></wsse:Security>"
    )
    return head, f'<env:Body wsu:Id="Body">{inner}</env:Body>'


def _reference(name: str, method: str, found: bytes) -> str:
    return (
        f'<ds:Reference URI="#{name}"><ds:Transforms><ds:Transform Algorithm="{EXCLUSIVE}"></ds:Transform>'
        f'</ds:Transforms><ds:DigestMethod Algorithm="{method}"></ds:DigestMethod>'
        f"<ds:DigestValue>{base64.b64encode(found).decode('ascii')}</ds:DigestValue></ds:Reference>"
    )


def _sign(message: bytes, algorithm: str, key: str) -> bytes:
    if algorithm == "rsa-sha256":
        return _rsa_key(key).sign(message, padding.PKCS1v15(), hashes.SHA256())
    r, s = decode_dss_signature(sm2.sign(message, read_private(octets(key))))
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


@lru_cache(64)
def _rsa_key(pem: str) -> rsa.RSAPrivateKey:
    """Reading one costs more than signing with it."""
    key = load_pem_private_key(octets(pem), None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError("private_key is no RSA key")
    return key


@lru_cache(256)
def _certificate(pem: str) -> bytes:
    """DER of the one certificate in these characters; nothing when there is none."""
    return next(iter(split(octets(pem))), b"")


@lru_cache(256)
def _public_key(der: bytes) -> PublicKey:
    return read_certificate(der).key


def fault_of(envelope: Envelope, call: Call) -> str:
    """ "" when the message is its sender's own and of now; else the papers' number of what is wrong."""
    head = None if envelope.header is None else envelope.header.findall(f"{{{WSSE}}}Security")
    if not head or len(head) != 1:
        return UNSIGNED
    found = [head[0].findall(tag) for tag in (f"{{{WSU}}}Timestamp", f"{{{DS}}}Signature")]
    tokens = head[0].findall(f"{{{WSSE}}}BinarySecurityToken")
    if any(len(one) != 1 for one in found) or len(tokens) != 1:
        return UNSIGNED
    stamp, signature = found[0][0], found[1][0]
    try:
        read = read_signature(signature, BOUNDS)
    except MalformedError:
        return UNSIGNED
    if not _covered(envelope, read, stamp):
        return UNSIGNED
    if not _genuine(envelope, read, tokens[0], call):
        return FORGED
    return "" if _of_now(stamp, call.now) else EXPIRED


def _covered(envelope: Envelope, signature: XmlSignature, stamp: etree._Element) -> bool:
    """Are the very Body and the very Timestamp among what the signature refers to?"""
    named = {reference.uri for reference in signature.references}
    return all(any(f"#{one}" in named for one in _own_ids(part)) for part in (envelope.body, stamp))


def _own_ids(element: etree._Element) -> list[str]:
    return [str(v) for n, v in element.attrib.items() if n in ("Id", f"{{{WSU}}}Id")]


def _genuine(envelope: Envelope, signature: XmlSignature, token: etree._Element, call: Call) -> bool:
    registered = _certificate(call.credentials.get("peer_certificate", ""))
    claimed = split("".join(xmltext.content(token).split()).encode("ascii", "replace"))
    if not registered or claimed != [registered] or not _refers(signature.element, token):
        return False
    if not _ids_once(envelope.root) or not _digests(envelope, signature):
        return False
    name = next((n for n, (uri, _, _) in _METHODS.items() if uri == signature.signature_uri), "")
    step = signature.canonical
    if not name or step.uri != EXCLUSIVE or step.prefixes:
        return False
    value = signature.value
    if name == "sm2-sm3":
        if len(value) != 64:
            return False
        value = encode_dss_signature(int.from_bytes(value[:32], "big"), int.from_bytes(value[32:], "big"))
    message = canonical(signature.signed_info, EXCLUSIVE)
    return fault(message, SCHEMES[name], value, _public_key(registered)) is None


def _refers(signature: etree._Element, token: etree._Element) -> bool:
    """Does the signature name that token as its key?"""
    path = f"{{{DS}}}KeyInfo/{{{WSSE}}}SecurityTokenReference/{{{WSSE}}}Reference"
    found = signature.find(path)
    return found is not None and (found.get("URI") or "") in {f"#{one}" for one in _own_ids(token)}


def _ids_once(root: etree._Element) -> bool:
    found = [
        str(value)
        for node in root.iter("*")
        for name, value in node.attrib.items()
        if str(name).rpartition("}")[2] in _IDS
    ]
    return len(found) == len(set(found))


def _digests(envelope: Envelope, signature: XmlSignature) -> bool:
    """Every reference, each with one transform and a digest of the papers."""
    for reference in signature.references:
        steps = reference.steps
        if len(steps) != 1 or steps[0].uri != EXCLUSIVE or steps[0].prefixes:
            return False
        if reference.digest_uri not in {uri for _, uri, _ in _METHODS.values()}:
            return False
        try:
            _, found, name = follow(envelope.root, signature, reference, ALGORITHMS)
        except (UnfollowedError, UnsupportedError, MalformedError):
            return False
        if not agrees(reference, found, name):
            return False
    return True


def _of_now(stamp: etree._Element, now: datetime) -> bool:
    created, expires = (_moment(xmltext.content(xmltext.child(stamp, n))) for n in ("Created", "Expires"))
    if created is None or expires is None:
        return False
    return abs(now - created) <= WINDOW and now < expires <= created + LONGEST


def _moment(text: str) -> datetime | None:
    if _MOMENT.fullmatch(text.strip()) is None:
        return None
    try:
        return datetime.fromisoformat(text.strip())
    except ValueError:
        return None


def fresh_id(nonce: str) -> str:
    """32 hexadecimal digits of an attempt."""
    return hashlib.sha256(octets(nonce)).hexdigest()[:32]
