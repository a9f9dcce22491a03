"""Public keys of certificates, from their algorithm identifier and bits to something that can verify.

Read with our own reader, not with the library's: real certificates name RSA in three ways, leave DSA
parameters to be inherited, and use a curve the library refuses.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa

from certs.algorithms import identifiers as ids
from certs.algorithms import sm2
from certs.model.certificate import PublicKey
from certs.model.der import MalformedError, Reader, dotted

_KEPT = 1 << 12  # larger ones are loaded anew: strangers shall not fill our memory
_LARGEST_RSA, _LARGEST_EXPONENT, _LARGEST_DSA = 8192, 64, 3072
_EC_CURVES: dict[str, type[ec.EllipticCurve]] = {
    "secp192r1": ec.SECP192R1,
    "secp224r1": ec.SECP224R1,
    "secp256r1": ec.SECP256R1,
    "secp384r1": ec.SECP384R1,
    "secp521r1": ec.SECP521R1,
    "secp256k1": ec.SECP256K1,
    "brainpoolP256r1": ec.BrainpoolP256R1,
    "brainpoolP384r1": ec.BrainpoolP384R1,
    "brainpoolP512r1": ec.BrainpoolP512R1,
}


class KeyUnusableError(ValueError):
    """This key cannot verify anything here; says why."""


@dataclass(frozen=True, slots=True, eq=False)
class Usable:
    """A loaded key: its family, its size in bits, and the library's object (SM2: the 65-byte point)."""

    family: str
    bits: int
    key: Any


def load(key: PublicKey, inherited: bytes | None = None) -> Usable:
    """The usable form of a key; `inherited` are DSA parameters of its issuer. Raises KeyUnusableError."""
    size = len(key.bits) + len(key.algorithm.parameters or b"") + len(inherited or b"")
    return (_kept if size <= _KEPT else _load)(key, inherited)


def _load(key: PublicKey, inherited: bytes | None) -> Usable:
    oid = key.algorithm.oid
    try:
        if oid in ids.RSA_KEYS or oid == ids.PSS_KEY:
            return _rsa(key)
        if oid in (ids.EC_KEY, ids.SM2_KEY):
            return _ec(key)
        if oid == ids.DSA_KEY:
            return _dsa(key, inherited)
        if oid == "1.3.101.112":
            return Usable(ids.ED25519, 253, ed25519.Ed25519PublicKey.from_public_bytes(key.bits))
        if oid == "1.3.101.113":
            return Usable(ids.ED448, 446, ed448.Ed448PublicKey.from_public_bytes(key.bits))
    except (ValueError, OverflowError, UnsupportedAlgorithm) as error:
        raise KeyUnusableError(str(error).splitlines()[0] if str(error) else "key refused") from error
    raise KeyUnusableError(f"key algorithm {oid}")


_kept = lru_cache(2048)(_load)


def _rsa(key: PublicKey) -> Usable:
    reader = Reader(key.bits)
    parts = reader.inside(reader.whole())
    if len(parts) != 2:
        raise MalformedError("an RSA key is two numbers")
    modulus, exponent = reader.integer(parts[0]), reader.integer(parts[1])
    if modulus <= 0 or modulus.bit_length() > _LARGEST_RSA or not 2 < exponent < 1 << _LARGEST_EXPONENT:
        raise KeyUnusableError("an RSA key of a size nobody uses")
    family = ids.PSS if key.algorithm.oid == ids.PSS_KEY else ids.RSA
    return Usable(family, modulus.bit_length(), rsa.RSAPublicNumbers(exponent, modulus).public_key())


def curve_of(key: PublicKey) -> str:
    """The name of an elliptic-curve key's curve; curves spelt out in parameters are refused."""
    parameters = key.algorithm.parameters
    if key.algorithm.oid == ids.SM2_KEY:
        return "sm2p256v1"
    if parameters is None or parameters[0] != 0x06:
        raise KeyUnusableError("a curve without a name")
    oid = dotted(parameters[2:])
    if oid not in ids.CURVES:
        raise KeyUnusableError(f"curve {oid}")
    return ids.CURVES[oid]


def _ec(key: PublicKey) -> Usable:
    name = curve_of(key)
    if name == "sm2p256v1":
        if len(key.bits) != 65 or key.bits[0] != 4:
            raise KeyUnusableError("an SM2 key is an uncompressed point")
        return Usable(ids.SM2, 256, sm2.read_public(key.bits))
    curve = _EC_CURVES[name]()
    return Usable(ids.EC, curve.key_size, ec.EllipticCurvePublicKey.from_encoded_point(curve, key.bits))


def dsa_parameters(key: PublicKey) -> bytes | None:
    """The parameters to hand on to the next certificate (RFC 5280, 6.1.4 e and f)."""
    parameters = key.algorithm.parameters
    return parameters if parameters is not None and parameters[0] == 0x30 else None


def _dsa(key: PublicKey, inherited: bytes | None) -> Usable:
    parameters = dsa_parameters(key) or inherited
    if parameters is None:
        raise KeyUnusableError("a DSA key without parameters")
    reader, value = Reader(parameters), Reader(key.bits)
    parts = reader.inside(reader.whole())
    if len(parts) != 3:
        raise MalformedError("DSA parameters are three numbers")
    p, q, g = (reader.integer(part) for part in parts)
    y = value.integer(value.whole(0x02))
    if min(p, q, g, y) <= 0 or p.bit_length() > _LARGEST_DSA or q.bit_length() not in (160, 224, 256):
        raise KeyUnusableError("a DSA key of a size nobody uses")
    numbers = dsa.DSAPublicNumbers(y, dsa.DSAParameterNumbers(p, q, g))
    return Usable(ids.DSA, p.bit_length(), numbers.public_key())
