"""Does a signature of a certificate, CRL or answer hold, and is its algorithm strong enough?"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from certs.algorithms import identifiers as ids
from certs.algorithms import sm2
from certs.algorithms.public_keys import KeyUnusableError, Usable, load
from certs.model.certificate import Algorithm, PublicKey
from certs.model.der import MalformedError, Part, Reader
from certs.model.kept import Kept

_HASHES: dict[str, hashes.HashAlgorithm] = {
    "md5": hashes.MD5(),  # noqa: S303  refused by default, see Strength
    "sha1": hashes.SHA1(),  # noqa: S303  refused by default, see Strength
    "sha224": hashes.SHA224(),
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
    "sha3-224": hashes.SHA3_224(),
    "sha3-256": hashes.SHA3_256(),
    "sha3-384": hashes.SHA3_384(),
    "sha3-512": hashes.SHA3_512(),
}
_NULL = b"\x05\x00"
_SMALL = 1 << 13
_Asked = tuple[bytes, str, str | None, int, bytes, Usable]


@dataclass(frozen=True, slots=True)
class Strength:
    """What is too weak. DSA keeps SHA-1: keys of 1,024 bits never had another digest; recognition
    narrows per CA what is admitted at all."""

    refused_digests: frozenset[str] = frozenset({"md5", "sha1"})
    smallest_rsa: int = 1024
    smallest_ec: int = 160
    dsa_with_sha1: bool = True

    def admits(self, family: str, bits: int, digest: str | None) -> bool:
        if digest in self.refused_digests and not (
            family == ids.DSA and digest == "sha1" and self.dsa_with_sha1
        ):
            return False
        return bits >= (self.smallest_rsa if family in (ids.RSA, ids.PSS, ids.DSA) else self.smallest_ec)


def fault(
    message: bytes,
    algorithm: Algorithm,
    signature: bytes,
    key: PublicKey,
    *,
    inherited: bytes | None = None,
    strength: Strength = Strength(),
    remember: bool = False,
) -> str | None:
    """None if the signature holds, else a code of `certs.verdict.REASONS`. Never raises.

    `remember` is for what comes again byte for byte: certificates, lists, answers; not for messages.
    """
    scheme = ids.SCHEMES.get(algorithm.oid)
    if scheme is None:
        return "algorithm-unknown"
    try:
        usable = load(key, inherited)
        digest, salt = _pss(algorithm) if scheme.family == ids.PSS else (scheme.digest, 0)
        if usable.family == ids.PSS and key.algorithm.parameters not in (None, _NULL):
            only, least = _pss(key.algorithm)  # a key may be bound to its parameters (RFC 4055, 3.3)
            if digest != only or salt < least:
                return "signature"
    except (KeyUnusableError, MalformedError):
        return "key"
    if usable.family != scheme.family and not (usable.family == ids.RSA and scheme.family == ids.PSS):
        return "signature"
    if scheme.family != ids.PSS and algorithm.parameters not in (None, _NULL) and scheme.family != ids.DSA:
        return "signature"
    if not strength.admits(scheme.family, usable.bits, digest):
        return "algorithm-weak"
    if not remember:
        good = _holds(message, scheme.family, digest, salt, signature, usable)
    elif len(message) <= _SMALL and len(signature) <= _SMALL:
        good = _holds_small((message, scheme.family, digest, salt, signature, usable))
    else:
        good = _holds_large((message, scheme.family, digest, salt, signature, usable))
    return None if good else "signature"


def _pss(algorithm: Algorithm) -> tuple[str, int]:
    """Digest and salt length; another digest for the mask, or another trailer, is refused."""
    digest, mask, salt, trailer = "sha1", "sha1", 20, 1
    if algorithm.parameters is not None:
        reader = Reader(algorithm.parameters, 100)
        for part in reader.inside(reader.whole()):
            inner = reader.parts(part.start, part.end)
            if len(inner) != 1:
                raise MalformedError("not PSS parameters")
            if part.tag == 0xA0:
                digest = _digest(reader, reader.inside(inner[0]))
            elif part.tag == 0xA1:
                mask = _digest(reader, reader.inside((reader.inside(inner[0]) or inner)[-1]))
            elif part.tag == 0xA2:
                salt = reader.natural(inner[0])
            else:
                trailer = reader.natural(inner[0])
    if digest != mask or trailer != 1 or salt > 512:
        raise MalformedError("PSS parameters nobody uses")
    return digest, salt


def _digest(reader: Reader, parts: list[Part]) -> str:
    name = ids.DIGESTS.get(reader.oid(parts[0])) if parts else None
    if name is None or name not in _HASHES:
        raise MalformedError("an unknown digest")
    return name


def _holds(
    message: bytes, family: str, digest: str | None, salt: int, signature: bytes, usable: Usable
) -> bool:
    key: Any = usable.key
    try:
        if family == ids.SM2:
            return sm2.verify(message, signature, key)
        if family in (ids.ED25519, ids.ED448):
            key.verify(signature, message)
            return True
        with_digest = _HASHES[digest or ""]
        if family == ids.RSA:
            key.verify(signature, message, padding.PKCS1v15(), with_digest)
        elif family == ids.PSS:
            key.verify(signature, message, padding.PSS(padding.MGF1(with_digest), salt), with_digest)
        else:
            if encode_dss_signature(*decode_dss_signature(signature)) != signature:
                return False
            key.verify(signature, message, ec.ECDSA(with_digest) if family == ids.EC else with_digest)
    except (InvalidSignature, ValueError, UnsupportedAlgorithm):
        return False
    return True


def _answer(asked: _Asked) -> bool:
    return _holds(*asked)


# A verdict over the same bytes under the same key does not change; it rests on nothing else, so a stranger
# can make us forget one, at the price of one more verification, but never plant one.
_holds_small = lru_cache(4096)(_answer)
_holds_large = Kept(_answer, lambda asked: len(asked[0]) + len(asked[4]), 1 << 26)
