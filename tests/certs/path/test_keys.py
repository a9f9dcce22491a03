"""Public keys and signature values as strangers write them: used, or refused in one way."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from certs.algorithms import sm2
from certs.algorithms.identifiers import SCHEMES
from certs.algorithms.public_keys import KeyUnusableError, load
from certs.algorithms.verification import Strength, fault
from certs.model.certificate import Algorithm, PublicKey, read_key
from certs.model.der import MalformedError, Reader
from tests.rows import each

RSA = rsa.generate_private_key(65537, 2048)
DSA = dsa.generate_private_key(1024)
P256 = ec.generate_private_key(ec.SECP256R1())
ED25519, ED448 = ed25519.Ed25519PrivateKey.generate(), ed448.Ed448PrivateKey.generate()
SM2 = bytes(31) + b"\x07"
SHA256 = hashes.SHA256()
MESSAGE = "甘肃".encode()


def spki(key: Any) -> bytes:
    made: bytes = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return made


def view(raw: bytes) -> PublicKey:
    reader = Reader(raw)
    return read_key(reader, reader.whole())


KEYS = {
    "rsa": spki(RSA),
    "dsa": spki(DSA),
    "p256": spki(P256),
    "ed25519": spki(ED25519),
    "ed448": spki(ED448),
    "sm2": sm2.public_der(sm2.public_of(SM2)),
}
PSS_SHA256 = bytes.fromhex(
    "3034a00f300d06096086480165030402010500a11c301a06092a864886f70d010108300d06096086480165030402010500a203020120"
)
SIGNED: dict[str, tuple[str, str, bytes | None, bytes]] = {
    "rsa": ("rsa", "1.2.840.113549.1.1.11", b"\x05\x00", RSA.sign(MESSAGE, padding.PKCS1v15(), SHA256)),
    "pss": (
        "rsa",
        "1.2.840.113549.1.1.10",
        PSS_SHA256,
        RSA.sign(MESSAGE, padding.PSS(padding.MGF1(SHA256), 32), SHA256),
    ),
    "dsa": ("dsa", "2.16.840.1.101.3.4.3.2", None, DSA.sign(MESSAGE, SHA256)),
    "ecdsa": ("p256", "1.2.840.10045.4.3.2", None, P256.sign(MESSAGE, ec.ECDSA(SHA256))),
    "ecdsa-sha3": ("p256", "2.16.840.1.101.3.4.3.10", None, P256.sign(MESSAGE, ec.ECDSA(hashes.SHA3_256()))),
    "ed25519": ("ed25519", "1.3.101.112", None, ED25519.sign(MESSAGE)),
    "ed448": ("ed448", "1.3.101.113", None, ED448.sign(MESSAGE)),
    "sm2": ("sm2", "1.2.156.10197.1.501", b"\x05\x00", sm2.sign(MESSAGE, SM2)),
}


@each("scheme", SIGNED)
def test_what_holds_and_what_does_not(scheme: str) -> None:
    key, oid, parameters, signature = SIGNED[scheme]
    algorithm = Algorithm(oid, parameters)
    assert fault(MESSAGE, algorithm, signature, view(KEYS[key])) is None
    assert fault(MESSAGE + b" ", algorithm, signature, view(KEYS[key])) == "signature"
    altered = signature[:-1] + bytes([signature[-1] ^ 1])
    assert fault(MESSAGE, algorithm, altered, view(KEYS[key])) == "signature"
    for other in KEYS.keys() - {key}:
        assert fault(MESSAGE, algorithm, signature, view(KEYS[other])) == "signature", other
    for name in SCHEMES.keys() - {oid}:  # under the name of another algorithm it does not hold
        assert fault(MESSAGE, Algorithm(name, parameters), signature, view(KEYS[key])) is not None, name


def test_weak_and_unknown() -> None:
    signature = RSA.sign(MESSAGE, padding.PKCS1v15(), hashes.SHA1())
    sha1 = Algorithm("1.2.840.113549.1.1.5", None)
    assert fault(MESSAGE, sha1, signature, view(KEYS["rsa"])) == "algorithm-weak"
    assert fault(MESSAGE, sha1, signature, view(KEYS["rsa"]), strength=Strength(frozenset())) is None
    long = Strength(smallest_rsa=3072)
    key, oid, parameters, signature = SIGNED["rsa"]
    assert (
        fault(MESSAGE, Algorithm(oid, parameters), signature, view(KEYS[key]), strength=long)
        == "algorithm-weak"
    )
    assert fault(MESSAGE, Algorithm("1.2.3", None), signature, view(KEYS[key])) == "algorithm-unknown"


@pytest.mark.parametrize("name", KEYS)
@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_altered_keys_are_used_or_refused(name: str, data: st.DataObject) -> None:
    raw = bytearray(KEYS[name])
    for _ in range(data.draw(st.integers(1, 3))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    try:
        load(view(bytes(raw)))
    except (MalformedError, KeyUnusableError):
        return


@pytest.mark.parametrize(
    "bits",
    [
        "3009020201810203010001",  # a negative modulus
        "3006020101020101",  # exponent 1
        "300802020101020200ff80",
        "30060201000201 03",
        "",
    ],
)
def test_rsa_keys_that_are_none(bits: str) -> None:
    with pytest.raises(KeyUnusableError):
        load(PublicKey(Algorithm("1.2.840.113549.1.1.1", b"\x05\x00"), bytes.fromhex(bits)))


@given(parameters=st.binary(max_size=40))
@settings(max_examples=150, deadline=None)
def test_hostile_parameters(parameters: bytes) -> None:
    signature, key = SIGNED["pss"][3], view(KEYS["rsa"])
    for raw in (parameters, b"\x30" + bytes([len(parameters)]) + parameters):
        assert fault(MESSAGE, Algorithm("1.2.840.113549.1.1.10", raw), signature, key) is not None
        for curve in (
            Algorithm("1.2.840.10045.2.1", raw or None),
            Algorithm("1.2.840.10040.4.1", raw or None),
        ):
            assert fault(
                MESSAGE, Algorithm("1.2.840.10045.4.3.2", None), signature, PublicKey(curve, key.bits)
            )
