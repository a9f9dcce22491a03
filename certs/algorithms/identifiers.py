"""The table of identifiers: which signature algorithm an object identifier names."""

from __future__ import annotations

from dataclasses import dataclass

RSA, PSS, EC, DSA, ED25519, ED448 = "rsa", "pss", "ec", "dsa", "ed25519", "ed448"
SM2 = "sm2"


@dataclass(frozen=True, slots=True)
class Scheme:
    """`digest` is None where the scheme fixes it, or where its parameters say it (PSS)."""

    family: str
    digest: str | None = None


_NIST = "2.16.840.1.101.3.4"
SCHEMES: dict[str, Scheme] = {
    "1.2.840.113549.1.1.4": Scheme(RSA, "md5"),
    "1.2.840.113549.1.1.5": Scheme(RSA, "sha1"),
    "1.3.14.3.2.29": Scheme(RSA, "sha1"),
    "1.2.840.113549.1.1.14": Scheme(RSA, "sha224"),
    "1.2.840.113549.1.1.11": Scheme(RSA, "sha256"),
    "1.2.840.113549.1.1.12": Scheme(RSA, "sha384"),
    "1.2.840.113549.1.1.13": Scheme(RSA, "sha512"),
    f"{_NIST}.3.13": Scheme(RSA, "sha3-224"),
    f"{_NIST}.3.14": Scheme(RSA, "sha3-256"),
    f"{_NIST}.3.15": Scheme(RSA, "sha3-384"),
    f"{_NIST}.3.16": Scheme(RSA, "sha3-512"),
    "1.2.840.113549.1.1.10": Scheme(PSS),
    "1.2.840.10045.4.1": Scheme(EC, "sha1"),
    "1.2.840.10045.4.3.1": Scheme(EC, "sha224"),
    "1.2.840.10045.4.3.2": Scheme(EC, "sha256"),
    "1.2.840.10045.4.3.3": Scheme(EC, "sha384"),
    "1.2.840.10045.4.3.4": Scheme(EC, "sha512"),
    f"{_NIST}.3.9": Scheme(EC, "sha3-224"),
    f"{_NIST}.3.10": Scheme(EC, "sha3-256"),
    f"{_NIST}.3.11": Scheme(EC, "sha3-384"),
    f"{_NIST}.3.12": Scheme(EC, "sha3-512"),
    "1.2.840.10040.4.3": Scheme(DSA, "sha1"),
    f"{_NIST}.3.1": Scheme(DSA, "sha224"),
    f"{_NIST}.3.2": Scheme(DSA, "sha256"),
    "1.3.101.112": Scheme(ED25519),
    "1.3.101.113": Scheme(ED448),
    "1.2.156.10197.1.501": Scheme(SM2, "sm3"),
}
DIGESTS: dict[str, str] = {
    "1.2.840.113549.2.5": "md5",
    "1.3.14.3.2.26": "sha1",
    f"{_NIST}.2.4": "sha224",
    f"{_NIST}.2.1": "sha256",
    f"{_NIST}.2.2": "sha384",
    f"{_NIST}.2.3": "sha512",
    f"{_NIST}.2.7": "sha3-224",
    f"{_NIST}.2.8": "sha3-256",
    f"{_NIST}.2.9": "sha3-384",
    f"{_NIST}.2.10": "sha3-512",
    "1.2.156.10197.1.401": "sm3",
}
# Keys: by algorithm, elliptic curves by their parameters.
RSA_KEYS = frozenset(("1.2.840.113549.1.1.1", "2.5.8.1.1"))
SM2_KEY = "1.2.156.10197.1.301"  # some CAs put the curve where the kind of key belongs
PSS_KEY, EC_KEY, DSA_KEY = "1.2.840.113549.1.1.10", "1.2.840.10045.2.1", "1.2.840.10040.4.1"
CURVES: dict[str, str] = {
    "1.2.840.10045.3.1.1": "secp192r1",
    "1.3.132.0.33": "secp224r1",
    "1.2.840.10045.3.1.7": "secp256r1",
    "1.3.132.0.34": "secp384r1",
    "1.3.132.0.35": "secp521r1",
    "1.3.132.0.10": "secp256k1",
    "1.3.36.3.3.2.8.1.1.7": "brainpoolP256r1",
    "1.3.36.3.3.2.8.1.1.11": "brainpoolP384r1",
    "1.3.36.3.3.2.8.1.1.13": "brainpoolP512r1",
    "1.2.156.10197.1.301": "sm2p256v1",
}
