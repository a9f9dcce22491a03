"""Decryption with a key in memory: RSA by both paddings, SM2, and what must not be told apart."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key

from certs.algorithms import rsa_encryption, sm2_encryption
from certs.algorithms.rsa_encryption import OAEP_SHA256, PKCS1, RSAEncryptionError
from certs.keys.held import HeldKey
from certs.keys.port import SM2, KeyFailureError
from certs.testpki.issue import new_key

RSA = HeldKey("rsa-sha256", new_key("rsa-sha256"))
OTHER = HeldKey("rsa-sha256", new_key("rsa-sha256"))
SECRET = b"sixteen byte key"


def public(key: HeldKey) -> rsa.RSAPublicKey:
    loaded = load_der_public_key(key.public)
    assert isinstance(loaded, rsa.RSAPublicKey)
    return loaded


@pytest.mark.parametrize("scheme", [PKCS1, OAEP_SHA256])
def test_what_was_enciphered_is_opened(scheme: str) -> None:
    assert RSA.decrypt(rsa_encryption.encrypt(public(RSA), SECRET, scheme), scheme) == SECRET


def test_a_wrong_padding_of_pkcs1_gives_bytes_and_no_error() -> None:
    made = rsa_encryption.encrypt(public(OTHER), SECRET, PKCS1)
    found = RSA.decrypt(made, PKCS1)
    assert found != SECRET
    assert RSA.decrypt(made, PKCS1) == found  # asking again tells nothing new


def test_a_wrong_padding_of_oaep_and_a_wrong_length_are_errors() -> None:
    made = rsa_encryption.encrypt(public(OTHER), SECRET, OAEP_SHA256)
    for ciphertext, scheme in (
        (made, OAEP_SHA256),
        (made[:-1], PKCS1),
        (b"", PKCS1),
        (b"\xff" * 256, OAEP_SHA256),
    ):
        with pytest.raises(KeyFailureError):
            RSA.decrypt(ciphertext, scheme)


def test_too_long_and_unknown_schemes_are_errors() -> None:
    with pytest.raises(RSAEncryptionError):
        rsa_encryption.encrypt(public(RSA), bytes(300), PKCS1)
    with pytest.raises(RSAEncryptionError):
        rsa_encryption.encrypt(public(RSA), SECRET, "rsa-raw")
    for wrong in (b"", b"\x30\x00", new_key("ecdsa-sha256")):
        with pytest.raises(RSAEncryptionError):
            rsa_encryption.decrypt(wrong, bytes(256), PKCS1)


def test_a_key_decrypts_only_by_its_own_schemes() -> None:
    held = HeldKey("sm2-sm3", new_key("sm2-sm3"))
    made = sm2_encryption.encrypt(held.public, SECRET)
    assert held.decrypt(made, SM2) == SECRET
    for key, scheme in ((held, PKCS1), (RSA, SM2), (HeldKey("ecdsa-sha256", b""), SM2), (RSA, "")):
        with pytest.raises(KeyFailureError):
            key.decrypt(made, scheme)
    with pytest.raises(KeyFailureError):
        held.decrypt(made[:-1], SM2)
