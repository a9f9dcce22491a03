"""Certificates of those who sign messages, hub and systems alike: the sandbox world's, or quick RSA ones.

An RSA hierarchy out of a seed costs seconds, so RSA signers are fresh in every process and one pair per
role;
SM2 signers come from the seeded world and are the same every time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from certs.algorithms.sm2_keys import pem, private_der

if TYPE_CHECKING:
    from certs.testpki import World

HOLDERS = {"hub": "centre", "system": "agency", "stranger": "builder"}
_DAYS = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Pair:
    """PEM all. `public`, of RSA alone, spares reading the key back: that checks its primes, a tenth of a
    second."""

    certificate: str
    private: str
    public: str = ""


def today() -> datetime:
    """Midnight: a fleet begun twice on one day has the same certificates."""
    return datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


@cache
def world(seed: int) -> World:
    """The sandbox world of a fleet; nothing in it is made before it is asked for."""
    from certs.testpki import World  # only fleets that sign load it

    return World.open(now=today(), seed=f"hutong-sim/{seed}")


@cache
def fresh_world() -> World:
    """The same world with keys of this process: an RSA hierarchy out of a seed takes seconds."""
    from certs.testpki import World

    return World.open(now=today())


@cache
def message_pair(role: str, algorithm: str, seed: int) -> Pair:
    """Who signs messages: `hub`, `system` or `stranger`."""
    if algorithm == "sm2-sm3":
        key = world(seed).vendors["C01"].signer(HOLDERS[role])
        return Pair(pem("CERTIFICATE", key.certificate), pem("PRIVATE KEY", private_der(key.private)))
    made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{role} (sandbox, never for production)")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(made.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today())
        .not_valid_after(today() + _DAYS)
        .sign(made, hashes.SHA256())
    )
    key_pem = made.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = made.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    told = (certificate.public_bytes(serialization.Encoding.PEM), key_pem, public)
    return Pair(*(text.decode("ascii") for text in told))
