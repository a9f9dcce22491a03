"""SM2 keys as they come: a 65-byte point or 32 bytes bare, Base64 or hex of these, or PEM.

Inside, a public key is the uncompressed point and a private key its 32 bytes. `cryptography` refuses
to load keys on this curve, so the few bytes of DER around them are read here, strictly: fixed prefixes
where the form is fixed, one length-checked walk for private keys.
"""

from __future__ import annotations

import base64
import binascii

from certs.algorithms import sm2_curve as curve

_SPKI = bytes.fromhex("3059301306072a8648ce3d020106082a811ccf5501822d034200")
_ALGORITHM = bytes.fromhex("301306072a8648ce3d020106082a811ccf5501822d")
_CURVE = bytes.fromhex("06082a811ccf5501822d")


class KeyFormError(ValueError):
    """These bytes are no key of the wanted kind."""


def read_public(data: bytes) -> bytes:
    """The 65-byte point in any of the forms above; raises KeyFormError, also for points off the curve."""
    raw = unwrap(data)
    if len(raw) == len(_SPKI) + 65 and raw.startswith(_SPKI):
        raw = raw[len(_SPKI) :]
    elif len(raw) == 64:
        raw = b"\x04" + raw
    if len(raw) != 65 or raw[0] != 4 or not curve.on_curve(to_point(raw)):
        raise KeyFormError("not an SM2 public key (65-byte point 04||x||y, or SubjectPublicKeyInfo)")
    return raw


def read_private(data: bytes) -> bytes:
    """The 32 bytes of d in any of the forms above; raises KeyFormError."""
    raw = unwrap(data)
    if len(raw) != 32:
        raw = _inside(raw)
    if not 0 < int.from_bytes(raw, "big") < curve.N - 1:
        raise KeyFormError("not an SM2 private key: out of range")
    return raw


def public_of(private: bytes) -> bytes:
    point = curve.multiply(int.from_bytes(private, "big"), curve.G)
    if point is None:
        raise KeyFormError("not an SM2 private key")
    return b"\x04" + point[0].to_bytes(32, "big") + point[1].to_bytes(32, "big")


def to_point(public: bytes) -> curve.Point:
    return int.from_bytes(public[1:33], "big"), int.from_bytes(public[33:65], "big")


def public_der(public: bytes) -> bytes:
    """SubjectPublicKeyInfo."""
    return _SPKI + public


def private_der(private: bytes) -> bytes:
    """PKCS#8, with the public point inside as OpenSSL wants it."""
    point = _wrap(0xA1, _wrap(0x03, b"\x00" + public_of(private)))
    inner = _wrap(0x30, b"\x02\x01\x01" + _wrap(0x04, private) + point)
    return _wrap(0x30, b"\x02\x01\x00" + _ALGORITHM + _wrap(0x04, inner))


def pem(label: str, der: bytes) -> str:
    text = base64.encodebytes(der).replace(b"\n", b"").decode("ascii")
    lines = [text[at : at + 64] for at in range(0, len(text), 64)]
    return "\n".join((f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", ""))


def unwrap(data: bytes) -> bytes:
    """PEM, hex or Base64 undone; anything else as it is. Of several PEM blocks the last is the key."""
    if len(data) == 32 or (len(data) == 65 and data[0] == 4):
        return data
    text = data.strip()
    if b"-----BEGIN " in text:
        text = text[text.rindex(b"-----BEGIN ") :]
        lines = [line.strip() for line in text.splitlines() if line.strip() and b"-----" not in line]
        return _base64(b"".join(lines))
    try:
        return bytes.fromhex(text.decode("ascii"))
    except ValueError:
        pass
    try:
        return _base64(text)
    except KeyFormError:
        return data


def _base64(text: bytes) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise KeyFormError("not Base64") from error


def _inside(der: bytes) -> bytes:
    """d from PKCS#8 or SEC 1."""
    body = _content(der, 0x30)[0]
    version, body = _content(body, 0x02)
    if version == b"\x00":
        algorithm, rest = _content(body, 0x30)
        if _CURVE not in algorithm:
            raise KeyFormError("another curve than SM2")
        body = _content(_content(rest, 0x04)[0], 0x30)[0]
        version, body = _content(body, 0x02)
    elif _CURVE not in body:
        raise KeyFormError("another curve than SM2")
    if version != b"\x01":
        raise KeyFormError("not an elliptic-curve private key")
    return _content(body, 0x04)[0].rjust(32, b"\x00")


def _content(der: bytes, tag: int) -> tuple[bytes, bytes]:
    """Content and rest of one element; raises KeyFormError."""
    if len(der) < 2 or der[0] != tag:
        raise KeyFormError(f"DER element {tag:#x} expected")
    size, start = der[1], 2
    if size & 0x80:
        start = 2 + (size & 0x7F)
        size = int.from_bytes(der[2:start], "big") if 2 < start <= 4 else len(der)
    if start + size > len(der):
        raise KeyFormError("DER cut short")
    return der[start : start + size], der[start + size :]


def _wrap(tag: int, content: bytes) -> bytes:
    size = len(content)
    length = bytes([size]) if size < 128 else bytes([0x81, size])
    return bytes([tag]) + length + content
