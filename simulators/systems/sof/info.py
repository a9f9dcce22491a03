"""SOF_GetCertInfo: one item of a certificate in the form the numbering asks for (rules 6)."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from datetime import datetime

from cryptography import x509

from certs.algorithms.identifiers import DIGESTS
from certs.cms import read_signed
from certs.model.certificate import Certificate, read_certificate
from certs.model.der import MalformedError, Reader
from certs.model.names import Name
from certs.timestamp.model import read_info
from hub.catalogue.gateways import Item
from hub.message import CST

_NAMES = {
    "c": "2.5.4.6", "st": "2.5.4.8", "l": "2.5.4.7", "o": "2.5.4.10", "ou": "2.5.4.11", "cn": "2.5.4.3",
    "mail": "1.2.840.113549.1.9.1",
}  # fmt: skip
_SHORT = {
    **{oid: name.upper() for name, oid in _NAMES.items() if name != "mail"},
    "1.2.840.113549.1.9.1": "E", "2.5.4.5": "SERIALNUMBER", "0.9.2342.19200300.100.1.25": "DC",
}  # fmt: skip
_DIGESTS = {name: oid for oid, name in DIGESTS.items()}
_USAGES = (
    "digitalSignature", "nonRepudiation", "keyEncipherment", "dataEncipherment", "keyAgreement",
    "keyCertSign", "cRLSign", "encipherOnly", "decipherOnly",
)  # fmt: skip
_RAW = {
    "private-key-usage": "2.5.29.16", "policies": "2.5.29.32", "policy-mappings": "2.5.29.33",
    "policy-constraints": "2.5.29.36", "netscape-type": "2.16.840.1.113730.1.1",
}  # fmt: skip
_PUBLIC = ("2.5.29.", "1.3.6.1.5.5.7.1.")
_STRINGS = {0x0C: "utf-8", 0x13: "ascii", 0x16: "ascii", 0x14: "gbk", 0x1E: "utf-16-be"}


def told(certificate: Certificate, item: Item) -> str:
    """Empty for what it does not have."""
    for whose, name in (("issuer-", certificate.issuer), ("subject-", certificate.subject)):
        kind = item.item.removeprefix(whose)
        if kind in _NAMES and item.item.startswith(whose):
            return (name.values(_NAMES[kind]) or [""])[-1]
    if item.item in _RAW:
        return _b64(certificate.extensions.values.get(_RAW[item.item], b""))
    if item.item in ("not-before", "not-after"):
        moment = certificate.not_before if item.item == "not-before" else certificate.not_after
        return _time(moment, digits=item.form == "digits")
    return _ITEMS[item.item](certificate)


def by_oid(certificate: Certificate, oid: str) -> str:
    """SOF_GetCertInfoByOid: an extension first, then an attribute of the subject."""
    raw = certificate.extensions.values.get(oid)
    if raw is None:
        return (certificate.subject.values(oid) or [""])[-1]
    text = _string(raw)
    return _b64(raw) if text is None else text


def of_stamp(token: bytes, kind: int) -> str:
    """SOF_GetTimeStampInfo (rules 7). Raises MalformedError; KeyError for another number."""
    signed = read_signed(token)
    read = read_info(signed.content or b"")
    by = next((read_certificate(one) for one in signed.certificates), None)
    told: dict[int, str] = {
        1: _time(read.at),
        2: _b64(by.raw if by else None),
        3: f"{read.serial:X}",
        4: read.policy,
        5: _DIGESTS[read.imprint.algorithm],
        6: read.imprint.value.hex(),
        7: _name(by.subject) if by else "",
    }
    return told[kind]


def _string(raw: bytes, depth: int = 0) -> str | None:
    try:
        reader = Reader(raw)
        (part,) = reader.parts(0, len(raw))
    except (MalformedError, ValueError):
        try:
            text = raw.decode("utf-8")
        except UnicodeDecodeError:
            return None
        return text if text.isprintable() else None
    if part.tag == 0x04 and depth == 0:
        return _string(reader.content(part), 1)
    try:
        return reader.content(part).decode(_STRINGS[part.tag])
    except (KeyError, UnicodeDecodeError):
        return None


def _name(name: Name) -> str:
    return ", ".join(f"{_SHORT.get(kind, kind)}={_escaped(value)}" for kind, value in name.attributes)


def _escaped(value: str) -> str:
    return "".join(f"\\{one}" if one in '\\,+";<>' else one for one in value)


def _time(moment: datetime, *, digits: bool = False) -> str:
    return f"{moment.astimezone(CST):{'%Y%m%d%H%M%S' if digits else '%Y-%m-%d %H:%M:%S'}}"


def _b64(raw: bytes | None) -> str:
    return base64.b64encode(raw or b"").decode("ascii")


def _inside(certificate: Certificate, wanted: str) -> str:
    """SubjectPublicKeyInfo, or the whole SEQUENCE of extensions, as they stand in what was signed."""
    reader = Reader(certificate.signed)
    parts = reader.inside(reader.whole())
    if wanted == "key":
        plain = [part for part in parts if part.tag != 0xA0]
        return _b64(reader.raw(plain[5]))
    tagged = [part for part in parts if part.tag == 0xA3]
    return _b64(reader.content(tagged[0])) if tagged else ""


def _basic(certificate: Certificate) -> str:
    basic = certificate.extensions.basic
    if basic is None:
        return ""
    length = "" if basic.path_length is None else f", pathLen={basic.path_length}"
    return f"CA={'true' if basic.ca else 'false'}{length}"


def _points(certificate: Certificate) -> str:
    read = x509.load_der_x509_certificate(certificate.raw).extensions
    try:
        found = read.get_extension_for_class(x509.CRLDistributionPoints).value
    except x509.ExtensionNotFound:
        return ""
    return ", ".join(str(name.value) for point in found for name in point.full_name or ())


_ITEMS: Mapping[str, Callable[[Certificate], str]] = {
    "certificate": lambda it: _b64(it.raw),
    "version": lambda it: str(it.version),
    "serial": lambda it: f"{it.serial:X}",
    "signature-algorithm": lambda it: it.algorithm.oid,
    "issuer": lambda it: _name(it.issuer),
    "subject": lambda it: _name(it.subject),
    "validity": lambda it: f"{_time(it.not_before)} - {_time(it.not_after)}",
    "public-key": lambda it: _inside(it, "key"),
    "extensions": lambda it: _inside(it, "extensions"),
    "authority-key-id": lambda it: (
        (it.extensions.authority_key.key or b"").hex().upper() if it.extensions.authority_key else ""
    ),
    "subject-key-id": lambda it: (it.extensions.subject_key or b"").hex().upper(),
    "key-usage": lambda it: ", ".join(one for one in _USAGES if one in (it.extensions.key_usage or ())),
    "basic-constraints": _basic,
    "extended-key-usage": lambda it: ", ".join(it.extensions.extended_usage or ()),
    "crl-points": _points,
    "private-extensions": lambda it: ", ".join(
        oid for oid in it.extensions.oids if not oid.startswith(_PUBLIC)
    ),
}
