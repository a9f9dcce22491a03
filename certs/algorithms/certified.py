"""The key in a certificate, in the form in which messages are checked: a name of `SIGNATURES` and its bytes.

A certificate says less than a key file does: which digest goes with the key is our rule (SM3 for SM2, SHA-256
for RSA and the NIST curves), the same as for bare signatures under a certificate.
"""

from __future__ import annotations

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from certs.algorithms import identifiers as ids
from certs.algorithms.public_keys import KeyUnusableError, load
from certs.algorithms.signature import family
from certs.model.certificate import PublicKey

_NAMES = {ids.SM2: "sm2-sm3", ids.RSA: "rsa-sha256", ids.EC: "ecdsa-sha256"}


def certified(key: PublicKey) -> tuple[str, bytes]:
    """Algorithm and public key; raises KeyUnusableError for a key that signs no messages here."""
    usable = load(key)
    name = _NAMES.get(usable.family)
    if name is None:
        raise KeyUnusableError(f"{usable.family}: no algorithm of messages")
    if name == "sm2-sm3":
        return name, bytes(usable.key)
    spki = usable.key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    try:
        return name, family(name).read_public(spki)
    except ValueError as error:
        raise KeyUnusableError(str(error)) from error
