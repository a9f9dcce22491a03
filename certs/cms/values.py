"""Signature values: what they are over, and the forms in which SM2 values come.

A value is DER of (r, s). Seals and tokens also give r and s bare, 64 bytes, or write the numbers with a
zero too many or too few; that says the same, so it is put right and noted. Nothing else is tried: a value
over SM3 without Z (GmSSL) does not hold.
"""

from __future__ import annotations

from collections.abc import Iterator

from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from certs.algorithms.verification import Strength, fault
from certs.cms.schemes import SM2_WITH_SM3
from certs.model.certificate import Algorithm, PublicKey
from certs.model.der import INTEGER, SET, MalformedError, Reader
from certs.model.write import integer, sequence, set_of

_RAW, _HALF, _LONGEST = 64, 32, 40


def value_fault(
    message: bytes | Iterator[tuple[bytes, str]],
    scheme: Algorithm,
    value: bytes,
    key: PublicKey,
    strength: Strength,
) -> tuple[str | None, list[str]]:
    """A reason code or None, and what had to be forgiven. Several messages: what it may be over, with the
    note if it is that one, best first."""
    value, note = sm2_value(value) if scheme.oid == SM2_WITH_SM3 else (value, "")
    code: str | None = "signature"
    for one, about in [(message, "")] if isinstance(message, bytes) else message:
        code = fault(one, scheme, value, key, strength=strength)
        if code is None:
            return None, [forgiven for forgiven in (note, about) if forgiven]
        if code != "signature":
            break
    return code, []


def sm2_value(value: bytes) -> tuple[bytes, str]:
    """DER of (r, s), and what was clumsy about the form it came in."""
    if len(value) != _RAW and _as_it_should_be(value):
        return value, ""
    numbers = _numbers(value)
    if numbers is None and len(value) == _RAW:
        numbers = int.from_bytes(value[:_HALF], "big"), int.from_bytes(value[_HALF:], "big")
    if numbers is None:
        return value, ""
    der = sequence(*map(integer, numbers))
    if der == value:
        return der, ""
    return der, "raw-signature" if len(value) == _RAW else "signature-not-der"


def _as_it_should_be(value: bytes) -> bool:
    """Nearly all are: asked in C, a tenth of the time that reading and writing them here takes."""
    try:
        return bool(encode_dss_signature(*decode_dss_signature(value)) == value)
    except ValueError:
        return False


def _numbers(value: bytes) -> tuple[int, int] | None:
    try:
        reader = Reader(value, 10)
        parts = reader.inside(reader.whole())
        found = [reader.content(part, INTEGER) for part in parts]
    except MalformedError:
        return None
    if len(found) != 2 or not all(0 < len(one) <= _LONGEST for one in found):
        return None
    return int.from_bytes(found[0], "big"), int.from_bytes(found[1], "big")


def signed_messages(attributes: bytes) -> Iterator[tuple[bytes, str]]:
    """What a value over attributes is over: them as they came, or, if that was not DER, in its order."""
    yield attributes, ""
    reader = Reader(attributes)
    rows = [reader.raw(part) for part in reader.inside(reader.whole(SET), SET)]
    ordered = set_of(*rows)
    if ordered != attributes:
        yield ordered, "attributes-not-in-order"
