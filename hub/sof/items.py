"""What GetCertInfo tells of a certificate: an item and a form for each number, by the papers' numbering.

The caller gave the certificate, so nothing of it is masked.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone

from certs.model.certificate import Certificate
from certs.model.der import OCTETS, MalformedError, Part, Reader
from certs.model.general_names import URI
from certs.model.names import EMAIL, Name

_BEIJING = timezone(timedelta(hours=8))
_TYPES = {
    "2.5.4.6": "C", "2.5.4.8": "ST", "2.5.4.7": "L", "2.5.4.10": "O", "2.5.4.11": "OU", "2.5.4.3": "CN",
    "1.2.840.113549.1.9.1": "E", "2.5.4.5": "SERIALNUMBER", "0.9.2342.19200300.100.1.25": "DC",
}  # fmt: skip
_PARTS = {"cn": "2.5.4.3", "o": "2.5.4.10", "ou": "2.5.4.11", "c": "2.5.4.6", "st": "2.5.4.8", "l": "2.5.4.7",
          "mail": EMAIL}  # fmt: skip
_USAGES = ("digitalSignature", "nonRepudiation", "keyEncipherment", "dataEncipherment", "keyAgreement",
           "keyCertSign", "cRLSign", "encipherOnly", "decipherOnly")  # fmt: skip
_EXTENSIONS = {
    "private-key-usage": "2.5.29.16", "policies": "2.5.29.32", "policy-mappings": "2.5.29.33",
    "policy-constraints": "2.5.29.36", "netscape-type": "2.16.840.1.113730.1.1",
}  # fmt: skip
_CODECS = {0x0C: "utf-8", 0x13: "ascii", 0x16: "ascii", 0x12: "ascii", 0x1E: "utf-16-be"}
_STANDARD_ARCS = ("2.5.29.", "1.3.6.1.5.5.7.1.", "2.16.840.1.113730.")


def b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")


def name(found: Name) -> str:
    """Attributes in the order of the certificate, values escaped as in RFC 4514."""
    return ", ".join(f"{_TYPES.get(kind, kind)}={_escaped(value)}" for kind, value in found.attributes)


def _escaped(value: str) -> str:
    return "".join(f"\\{one}" if one in '\\,+";<>' else one for one in value)


def time(moment: datetime) -> str:
    return moment.astimezone(_BEIJING).strftime("%Y-%m-%d %H:%M:%S")


def digits(moment: datetime) -> str:
    return moment.astimezone(_BEIJING).strftime("%Y%m%d%H%M%S")


def _key_usage(leaf: Certificate) -> str:
    stated = leaf.extensions.key_usage or frozenset()
    return ", ".join(one for one in _USAGES if one in stated)


def _basic(leaf: Certificate) -> str:
    basic = leaf.extensions.basic
    if basic is None:
        return ""
    if not basic.ca:
        return "CA=false"
    return "CA=true" if basic.path_length is None else f"CA=true, pathLen={basic.path_length}"


def _points(leaf: Certificate) -> str:
    names = [one.name for one in leaf.extensions.crl_points or () if one.name is not None]
    return ", ".join(str(one.value) for point in names for one in point.full if one.kind == URI)


def _private(leaf: Certificate) -> str:
    return ", ".join(oid for oid in leaf.extensions.oids if not oid.startswith(_STANDARD_ARCS))


def _parts(leaf: Certificate) -> tuple[Reader, list[Part]]:
    """The pieces of the signed part, the version left out."""
    reader = Reader(leaf.signed)
    parts = reader.inside(reader.whole())
    return reader, parts[1:] if parts and parts[0].tag == 0xA0 else parts


def _public_key(leaf: Certificate) -> str:
    reader, parts = _parts(leaf)
    return b64(reader.raw(parts[5]))


def _extensions(leaf: Certificate) -> str:
    reader, parts = _parts(leaf)
    held = [reader.inside(one, 0xA3) for one in parts[6:] if one.tag == 0xA3]
    return b64(reader.raw(held[0][0])) if held and held[0] else ""


def _mail(leaf: Certificate) -> str:
    stated = leaf.subject.values(EMAIL)
    other = [str(one.value) for one in leaf.extensions.subject_names or () if one.kind == 1]
    return (stated or other or [""])[-1]


def _hex(raw: bytes | None) -> str:
    return raw.hex().upper() if raw else ""


_ITEMS: Mapping[str, Callable[[Certificate], str]] = {
    "certificate": lambda leaf: b64(leaf.raw),
    "version": lambda leaf: str(leaf.version),
    "serial": lambda leaf: f"{leaf.serial:X}",
    "signature-algorithm": lambda leaf: leaf.algorithm.oid,
    "issuer": lambda leaf: name(leaf.issuer),
    "subject": lambda leaf: name(leaf.subject),
    "validity": lambda leaf: f"{time(leaf.not_before)} - {time(leaf.not_after)}",
    "public-key": _public_key,
    "extensions": _extensions,
    "authority-key-id": lambda leaf: _hex(
        leaf.extensions.authority_key and leaf.extensions.authority_key.key
    ),
    "subject-key-id": lambda leaf: _hex(leaf.extensions.subject_key),
    "key-usage": _key_usage,
    "basic-constraints": _basic,
    "extended-key-usage": lambda leaf: ", ".join(leaf.extensions.extended_usage or ()),
    "crl-points": _points,
    "private-extensions": _private,
    "subject-mail": _mail,
}


def item(leaf: Certificate, wanted: str, form: str) -> str:
    """ "" where the certificate has no such thing."""
    if wanted in ("not-before", "not-after"):
        moment = leaf.not_before if wanted == "not-before" else leaf.not_after
        return digits(moment) if form == "digits" else time(moment)
    if wanted in _EXTENSIONS:
        return b64(leaf.extensions.values.get(_EXTENSIONS[wanted], b""))
    if wanted in _ITEMS:
        return _ITEMS[wanted](leaf)
    whose, _, part = wanted.partition("-")
    found = (leaf.issuer if whose == "issuer" else leaf.subject).values(_PARTS[part])
    return found[-1] if found else ""


def by_oid(leaf: Certificate, oid: str) -> str:
    """An extension's text, or its octets; else an attribute of the subject; else ""."""
    value = leaf.extensions.values.get(oid)
    if value is None:
        found = leaf.subject.values(oid)
        return found[-1] if found else ""
    text = _text(value)
    return b64(value) if text is None else text


def _text(value: bytes, deep: int = 2) -> str | None:
    """A string, one inside an OCTET STRING, or text where DER belongs: all three are met; else None."""
    codec = _CODECS.get(value[0]) if value else None
    try:
        reader = Reader(value)
        whole = reader.whole(value[0] if value else 0)
        if whole.tag == OCTETS and deep:
            return _text(reader.content(whole), deep - 1)
        return reader.content(whole).decode(codec) if codec is not None else None
    except (MalformedError, UnicodeDecodeError):
        pass
    try:
        text = value.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return text if text.isprintable() and text else None
