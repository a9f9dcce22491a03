"""What stands in a certificate, by the numbers of the function set, and what a device says of itself."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from certs.model.certificate import Certificate, read_certificate
from certs.model.der import MalformedError, Reader
from simulators.component.errors import SofError
from simulators.component.tokens import Token
from simulators.component.values import said

_COMMON, _ORGANISATION, _UNIT, _MAIL = "2.5.4.3", "2.5.4.10", "2.5.4.11", "1.2.840.113549.1.9.1"

_STANDARD = ("2.5.29.", "1.3.6.1.5.5.7.")
_OCTETS, _WRAPPED = 0x04, (0x30, 0xA0)


def certificate_of(raw: bytes) -> Certificate:
    try:
        return read_certificate(raw)
    except MalformedError:
        raise SofError("encoding") from None


def info(raw: bytes, kind: int) -> str:
    """GetCertInfo: a row of the table below; one without such a part has ""."""
    if kind not in _INFO:
        raise SofError("number")
    return _INFO[kind](certificate_of(raw))


def by_oid(raw: bytes, oid: str) -> str:
    """GetCertInfoByOid: the text of an extension or of a part of the subject; octets as hexadecimal."""
    one = certificate_of(raw)
    found = one.subject.values(oid)
    if found:
        return found[0]
    value = one.extensions.values.get(oid)
    return "" if value is None else _readable(value)


def _private(one: Certificate) -> list[str]:
    """Extensions of no standard: where CAs write whose certificate it is."""
    return [oid for oid in one.extensions.oids if not oid.startswith(_STANDARD)]


def _readable(value: bytes) -> str:
    """The string within, however deep it is wrapped; some CAs put bare text there."""
    try:
        reader = Reader(value)
        part = reader.parts(0, len(value), 1)[0]
        if part.tag in _WRAPPED:
            inner = reader.inside(part, part.tag)
            return _readable(reader.raw(inner[0])) if len(inner) == 1 else value.hex()
        content = reader.content(part, part.tag)
        return _readable(content) if part.tag == _OCTETS else content.decode("utf-8")
    except MalformedError:
        return value.decode("utf-8", "backslashreplace")
    except UnicodeDecodeError:
        return value.hex()


def _when(moment: datetime) -> str:
    return f"{moment:%Y%m%d%H%M%SZ}"


def _part(whose: str, oid: str) -> Callable[[Certificate], str]:
    return lambda one: next(iter(getattr(one, whose).values(oid)), "")


def _authority(one: Certificate) -> str:
    held = one.extensions.authority_key
    return "" if held is None or held.key is None else held.key.hex().upper()


def _points(one: Certificate) -> str:
    points = [point.name for point in one.extensions.crl_points or () if point.name is not None]
    return ",".join(str(name.value) for point in points for name in point.full)


def _usage(one: Certificate) -> str:
    return ",".join(sorted(one.extensions.key_usage or ()))


_INFO: dict[int, Callable[[Certificate], str]] = {
    0x00: lambda one: said(one.raw),
    0x01: lambda one: str(one.version),
    0x02: lambda one: f"{one.serial:X}",
    0x04: lambda one: one.algorithm.oid,
    0x05: lambda one: str(one.issuer),
    0x06: lambda one: f"{_when(one.not_before)}-{_when(one.not_after)}",
    0x07: lambda one: str(one.subject),
    0x08: lambda one: said(one.key.bits),
    0x11: _authority,
    0x12: lambda one: (one.extensions.subject_key or b"").hex().upper(),
    0x13: _usage,
    0x17: lambda one: "CA" if one.is_ca else "",
    0x19: lambda one: ",".join(one.extensions.extended_usage or ()),
    0x1A: _points,
    0x1C: lambda one: ",".join(_private(one)),
    0x21: _part("issuer", _COMMON),
    0x22: _part("issuer", _ORGANISATION),
    0x23: _part("issuer", _UNIT),
    0x31: _part("subject", _COMMON),
    0x32: _part("subject", _ORGANISATION),
    0x33: _part("subject", _UNIT),
    0x34: _part("subject", _MAIL),
    0x35: lambda one: _when(one.not_before),
    0x36: lambda one: _when(one.not_after),
}


def device(token: Token, kind: int) -> str:
    """GetDeviceInfo."""
    told = {
        0x201: "SmartToken (simulated)",
        0x202: "SANDBOX-KEY",
        0x203: token.name,
        0x204: "Hutong sandbox, never for production",
        0x205: "1.0",
        0x206: "1.0",
        0x207: "GM/T 0016",
        0x208: token.id,
        0x209: token.signing.algorithm,
    }
    if kind not in told:
        raise SofError("number")
    return told[kind]
