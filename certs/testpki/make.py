"""A minimal PKI for TLS and mutual TLS on this machine: one root, a server, and named clients.

Keys are P-256 (or RSA where a peer asks for it), made fresh each time and marked by name as a
sandbox's, so that nobody mistakes them for a CA's.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
ROOT_NAME = "Hutong Sandbox Root (never for production)"
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Pki:
    """Paths of what was made; every certificate has its key beside it as `NAME.key`."""

    folder: Path

    @property
    def ca(self) -> Path:
        return self.folder / "ca.pem"

    def certificate(self, name: str) -> Path:
        return self.folder / f"{name}.pem"

    def key(self, name: str) -> Path:
        return self.folder / f"{name}.key"

    @property
    def crl(self) -> Path:
        return self.folder / "ca.crl"

    def revoke(self, *names: str, now: datetime, days: int = 30) -> Path:
        """Write the root's list with the certificates of these names; put in place whole."""
        root = x509.load_pem_x509_certificate(self.ca.read_bytes())
        key: Any = serialization.load_pem_private_key(self.key("ca").read_bytes(), None)
        made = x509.CertificateRevocationListBuilder().issuer_name(root.subject)
        made = made.last_update(now - DAY).next_update(now + days * DAY)
        for name in names:
            one = x509.load_pem_x509_certificate(self.certificate(name).read_bytes())
            row = x509.RevokedCertificateBuilder().serial_number(one.serial_number).revocation_date(now)
            made = made.add_revoked_certificate(row.build())
        draft = self.folder / ".ca.crl"
        draft.write_bytes(made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
        return draft.replace(self.crl)


def make(
    folder: Path,
    *,
    now: datetime,
    servers: Iterable[str] = ("server",),
    clients: Iterable[str] = ("client",),
    algorithm: str = "ec",
    days: int = 30,
) -> Pki:
    """Write `ca.pem` and a certificate with key for each name into `folder`.

    `now` is an aware moment; validity runs from a day before to `days` after it, so that a test may
    make an expired PKI by passing a moment of the past. Servers answer for localhost, 127.0.0.1, ::1.
    """
    folder.mkdir(parents=True, exist_ok=True)
    root_key = _new_key(algorithm)
    root_name = _name(ROOT_NAME)
    root = (
        _builder(root_name, root_name, root_key, now, days)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .sign(root_key, hashes.SHA256())
    )
    pki = Pki(folder)
    _write(pki.ca, root)
    _write_key(pki.key("ca"), root_key)
    for purpose, names in (
        (ExtendedKeyUsageOID.SERVER_AUTH, servers),
        (ExtendedKeyUsageOID.CLIENT_AUTH, clients),
    ):
        for name in names:
            key = _new_key(algorithm)
            leaf = _builder(_name(name), root_name, key, now, days)
            leaf = leaf.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            leaf = leaf.add_extension(_usage(signs_certificates=False), critical=True)
            leaf = leaf.add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
            if purpose == ExtendedKeyUsageOID.SERVER_AUTH:
                leaf = leaf.add_extension(_local_names(), critical=False)
            _write(pki.certificate(name), leaf.sign(root_key, hashes.SHA256()))
            _write_key(pki.key(name), key)
    return pki


def _builder(
    subject: x509.Name, issuer: x509.Name, key: PrivateKey, now: datetime, days: int
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - DAY)
        .not_valid_after(now + days * DAY)
    )


def _name(common: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Hutong Sandbox"),
            x509.NameAttribute(NameOID.COMMON_NAME, common),
        ]
    )


def _new_key(algorithm: str) -> PrivateKey:
    if algorithm == "ec":
        return ec.generate_private_key(ec.SECP256R1())
    if algorithm == "rsa":
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)
    raise ValueError(f"algorithm must be 'ec' or 'rsa', not {algorithm!r}")


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _local_names() -> x509.SubjectAlternativeName:
    addresses = (x509.IPAddress(ipaddress.ip_address(text)) for text in ("127.0.0.1", "::1"))
    return x509.SubjectAlternativeName([x509.DNSName("localhost"), *addresses])


def _write(path: Path, certificate: x509.Certificate) -> None:
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))


def _write_key(path: Path, key: PrivateKey) -> None:
    path.touch(mode=0o600)
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
