"""Two hold one SM2 key: half on the telephone, half at the service, and what they make is an ordinary
signature.

The scheme is the published multiplicative one of Lin, Ma, Jing and others (CN104243456, 2014): with
(1+d)^-1 = d1·d2 the telephone and the service exchange one message each way, and neither learns the other's
half. It is a simulation in this: the certificate's key comes whole out of the test PKI and is dealt into
halves here (`deal`), both of which lie in one process, and nobody proves to the other that he kept to the
protocol. The arithmetic is the real one, so that whoever verifies cannot tell, and must not be able to.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from certs.algorithms import sm2
from certs.algorithms.sm2_curve import G, N, combine, multiply
from certs.keys.held import HeldKey

Point = tuple[int, int]
_TRIES = 100


class BrokenOffError(Exception):
    """The other side's message is none that this step can go on with."""


@dataclass(frozen=True, slots=True)
class Telephone:
    """d1. `begin` and `finish` take the same nonce, which is used once."""

    half: int = field(repr=False)

    def begin(self, nonce: int) -> Point:
        """Q1 = k1·G, sent with e."""
        return _point(multiply(nonce, G))

    def finish(self, nonce: int, r: int, s2: int, s3: int) -> tuple[int, int] | None:
        """(r, s) of what the service answered; None when another nonce must be drawn."""
        s = (self.half * nonce * s2 + self.half * s3 - r) % N
        return None if s in (0, N - r) else (r, s)


@dataclass(frozen=True, slots=True)
class Service:
    """d2. Signs nothing alone: what it sends back is worth nothing without the other half."""

    half: int = field(repr=False)

    def answer(self, e: bytes, begun: Point, k2: int, k3: int) -> tuple[int, int, int] | None:
        """(r, s2, s3) to e and Q1; None when other nonces must be drawn."""
        x = _point(combine(k2, k3, begun))[0]
        r = (int.from_bytes(e, "big") + x) % N
        s3 = self.half * (r + k2) % N
        return (r, self.half * k3 % N, s3) if r and s3 else None


def deal(private: bytes) -> tuple[Telephone, Service]:
    """A whole key dealt into two halves: d1 drawn from the key itself, d2 what is left of (1+d)^-1."""
    d1 = int.from_bytes(hashlib.sha512(b"telephone" + private).digest(), "big") % (N - 1) + 1
    d2 = pow((1 + int.from_bytes(private, "big")) * d1, -1, N)
    return Telephone(d1), Service(d2)


def public_of(telephone: Telephone, service: Service) -> Point:
    """P = d1^-1·(d2^-1·G) − G, found together, d never being anywhere."""
    theirs = _point(multiply(pow(service.half, -1, N), G))
    return _point(combine(N - 1, pow(telephone.half, -1, N), theirs))


@dataclass(frozen=True, slots=True)
class CooperativeKey(HeldKey):
    """A key as `certs` wants it, whose every signature is made by the two halves."""

    @classmethod
    def like(cls, key: HeldKey) -> CooperativeKey:
        return cls(key.algorithm, key.private, key.certificate, key.chain)

    def sign(self, message: bytes) -> bytes:
        telephone, service = deal(self.private)
        e = sm2.e_value(message, self.public)
        for turn in range(_TRIES):
            k1, k2, k3 = (_nonce(self.private, e, turn, which) for which in (1, 2, 3))
            told = service.answer(e, telephone.begin(k1), k2, k3)
            made = None if told is None else telephone.finish(k1, *told)
            if made is not None:
                return encode_dss_signature(*made)
        raise BrokenOffError("a hundred unlucky nonces")


def _nonce(private: bytes, e: bytes, turn: int, which: int) -> int:
    """Derived, so that a seeded world signs the same way twice. Real sides draw theirs, each for itself."""
    drawn = hashlib.sha512(b"cooperative" + private + e + bytes((turn, which))).digest()
    return int.from_bytes(drawn, "big") % (N - 1) + 1


def _point(found: Point | None) -> Point:
    if found is None:
        raise BrokenOffError("the point at infinity")
    return found
