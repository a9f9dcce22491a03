"""Where keys and serial numbers of a sandbox come from: fresh each time, or out of a seed.

A seed makes a world that is the same on every machine, byte for byte: signatures too, so nonces are
derived from key and message. Each thing draws under its own label, so nothing depends on the order in
which things are first asked for. Whoever knows the seed has the keys; that is what it is for.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Protocol

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)

from certs.algorithms import sm2, sm2_curve
from certs.keys.held import HeldKey
from certs.testpki.issue import new_key

_SMALL_PRIMES = [3, *(n for n in range(5, 2000, 2) if all(n % d for d in range(3, int(n**0.5) + 1, 2)))]
_P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


class Source(Protocol):
    """Gives octets and keys under a label."""

    def octets(self, label: str, size: int) -> bytes: ...
    def key(self, label: str, algorithm: str) -> HeldKey: ...


class Fresh:
    """Other ones in each world; within one, a label stands for the same."""

    def __init__(self) -> None:
        self._octets: dict[tuple[str, int], bytes] = {}
        self._keys: dict[tuple[str, str], HeldKey] = {}

    def octets(self, label: str, size: int) -> bytes:
        if (label, size) not in self._octets:
            self._octets[label, size] = secrets.token_bytes(size)
        return self._octets[label, size]

    def key(self, label: str, algorithm: str) -> HeldKey:
        if (label, algorithm) not in self._keys:
            self._keys[label, algorithm] = HeldKey(algorithm, new_key(algorithm))
        return self._keys[label, algorithm]


@dataclass(frozen=True, slots=True)
class Seeded:
    """The same ones for the same seed."""

    seed: str

    def octets(self, label: str, size: int) -> bytes:
        rounds = range((size + 31) // 32)
        text = (f"{self.seed}\n{label}\n{number}".encode() for number in rounds)
        return b"".join(hashlib.sha256(one).digest() for one in text)[:size]

    def key(self, label: str, algorithm: str) -> HeldKey:
        number = int.from_bytes(self.octets(f"{label}/d", 48), "big")
        if algorithm == "sm2-sm3":
            return SeededKey(algorithm, (number % (sm2_curve.N - 2) + 1).to_bytes(32, "big"))
        private: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
        if algorithm == "ecdsa-sha256":
            private = ec.derive_private_key(number % (_P256_ORDER - 1) + 1, ec.SECP256R1())
        else:
            private = self._rsa(label)
        raw = private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        return SeededKey(algorithm, raw)

    def _rsa(self, label: str) -> rsa.RSAPrivateKey:
        p, q = sorted((self._prime(f"{label}/p"), self._prime(f"{label}/q")), reverse=True)
        e = 65537
        d = pow(e, -1, (p - 1) * (q - 1))
        public = rsa.RSAPublicNumbers(e, p * q)
        numbers = rsa.RSAPrivateNumbers(p, q, d, d % (p - 1), d % (q - 1), pow(q, -1, p), public)
        return numbers.private_key(unsafe_skip_rsa_key_validation=True)  # both have just been found prime

    def _prime(self, label: str) -> int:
        """1,024 bits, the upper two set, so that two of them make 2,048."""
        start = int.from_bytes(self.octets(label, 128), "big") | 3 << 1022 | 1
        known = known_steps().get(step_name(self.seed, label))
        if known is not None and pow(2, start + known - 1, start + known) == 1:
            return start + known
        return next(number for number in range(start, 1 << 1024, 2) if _prime(number))


def step_name(seed: str, label: str) -> str:
    """By what a step is listed: which prime it leads to cannot be read from it."""
    return hashlib.sha256(f"{seed}\n{label}".encode()).hexdigest()[:16]


@cache
def known_steps() -> Mapping[str, int]:
    """How far it is to the prime, for the seeds in daily use: finding it costs a quarter of a second each
    time. Whoever leaves the file out gets the same keys, later."""
    text = (files("certs.testpki.data") / "primes.csv").read_text("ascii")
    return {name: int(step) for name, _, step in (line.partition(",") for line in text.split())}


def _prime(number: int) -> bool:
    """Miller-Rabin with a dozen fixed bases: good enough for numbers nobody chose to deceive us."""
    if any(number % small == 0 for small in _SMALL_PRIMES) or (number - 1) % 65537 == 0:
        return False
    twos = ((number - 1) & -(number - 1)).bit_length() - 1
    for base in (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37):
        x = pow(base, (number - 1) >> twos, number)
        if x in (1, number - 1):
            continue
        for _ in range(twos - 1):
            x = x * x % number
            if x == number - 1:
                break
        else:
            return False
    return True


@dataclass(frozen=True, slots=True)
class SeededKey(HeldKey):
    """Signs the same message the same way each time. Variable time: for sandboxes only."""

    def sign(self, message: bytes) -> bytes:
        if self.algorithm == "sm2-sm3":
            return self._sm2(message)
        if self.algorithm == "ecdsa-sha256":
            key = load_der_private_key(self.private, None)
            if isinstance(key, ec.EllipticCurvePrivateKey):
                return key.sign(message, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))
        return HeldKey.sign(self, message)

    def _sm2(self, message: bytes) -> bytes:
        return sm2_value(self.private, sm2.e_value(message, self.public))


def sm2_value(private: bytes, e: bytes) -> bytes:
    """The signature in DER over a digest, whichever that is: the same for the same key and digest."""
    for number in range(100):
        seed = b"sandbox nonce" + private + e + bytes((number,))
        k = int.from_bytes(hashlib.sha512(seed).digest(), "big") % (sm2_curve.N - 1) + 1
        made = sm2_curve.sign(e, int.from_bytes(private, "big"), k)
        if made is not None:
            return encode_dss_signature(*made)
    raise AssertionError("a hundred unlucky nonces")
