"""Certificates of those who sign messages, hub and systems alike: all out of the seed, the same every day.

SM2 signers are holders of the sandbox world; RSA signers sign their own, one pair per role.
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
def message_pair(role: str, algorithm: str, seed: int) -> Pair:
    """Who signs messages: `hub`, `system` or `stranger`."""
    if algorithm == "sm2-sm3":
        key = world(seed).vendors["C01"].signer(HOLDERS[role])
        return Pair(pem("CERTIFICATE", key.certificate), pem("PRIVATE KEY", private_der(key.private)))
    source = world(seed).source
    key = source.key(f"message/{role}", algorithm)
    made = serialization.load_der_private_key(key.private, None, unsafe_skip_rsa_key_validation=True)
    assert isinstance(made, rsa.RSAPrivateKey)  # noqa: S101 - the only other family there is here
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{role} (sandbox, never for production)")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(made.public_key())
        .serial_number(int.from_bytes(source.octets(f"message/{role}/serial", 16), "big") >> 2)
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
