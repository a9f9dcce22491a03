"""The three families behind one table: both ways with openssl, one form of value, keys below par not read."""

from __future__ import annotations

import base64
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from certs.algorithms import ecdsa
from certs.algorithms import rsa as ours
from certs.algorithms.digest import UnknownAlgorithmError, digest
from certs.algorithms.signature import DEFAULT_ID, SIGNATURES, family

RSA = rsa.generate_private_key(65537, 2048)
P256 = ec.generate_private_key(ec.SECP256R1())


def der(key: object) -> bytes:
    made: bytes = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())  # type: ignore[attr-defined]
    return made


PRIVATE = {"sm2-sm3": b"\x11" * 32, "rsa-sha256": der(RSA), "ecdsa-sha256": der(P256)}


@pytest.mark.parametrize("name", SIGNATURES)
def test_what_was_signed_holds_and_nothing_else(name: str) -> None:
    row = family(name)
    private = row.read_private(PRIVATE[name])
    public = row.read_public(row.public_of(private))
    signature = row.sign(b"message", private, DEFAULT_ID)
    assert row.verify(b"message", signature, public, DEFAULT_ID)
    assert not row.verify(b"messagf", signature, public, DEFAULT_ID)
    for wrong in (
        b"",
        signature[:-1],
        signature + b"\x00",
        b"\x00" + signature,
        signature[::-1],
        b"\xff" * 300,
    ):
        assert not row.verify(b"message", wrong, public, DEFAULT_ID)


@pytest.mark.parametrize("name", SIGNATURES)
@settings(max_examples=40, deadline=None)
@given(st.binary(max_size=260))
def test_hostile_values_never_raise(name: str, value: bytes) -> None:
    row = family(name)
    assert not row.verify(b"m", value, row.public_of(row.read_private(PRIVATE[name])), DEFAULT_ID)


def test_an_unknown_name_says_which_are_known() -> None:
    with pytest.raises(UnknownAlgorithmError, match="sm2-sm3"):
        family("dsa-sha1")


@pytest.mark.parametrize(
    ("name", "key"),
    [("rsa-sha256", RSA), ("ecdsa-sha256", P256), ("ecdsa-sha256", ec.generate_private_key(ec.SECP384R1()))],
)
def test_both_ways_with_openssl(tmp_path: Path, name: str, key: rsa.RSAPrivateKey) -> None:
    row, message = family(name), tmp_path / "m"
    message.write_bytes(b"message" * 100)
    pem, public = tmp_path / "k.pem", tmp_path / "p.pem"
    pem.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()))
    public.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    mine = row.read_private(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    theirs = row.read_public(public.read_bytes())
    assert row.public_of(mine) == theirs
    run("dgst", "-sha256", "-sign", str(pem), "-out", str(tmp_path / "s"), str(message))
    assert row.verify(message.read_bytes(), (tmp_path / "s").read_bytes(), theirs, b"")
    (tmp_path / "o").write_bytes(row.sign(message.read_bytes(), mine, b""))
    run("dgst", "-sha256", "-verify", str(public), "-signature", str(tmp_path / "o"), str(message))


def run(*words: str) -> None:
    done = subprocess.run(["openssl", *words], capture_output=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr


def test_weak_and_foreign_keys_are_not_read() -> None:
    weak = rsa.generate_private_key(65537, 1024).public_key()
    odd = ec.generate_private_key(ec.SECP521R1())
    edwards = ed25519.Ed25519PrivateKey.generate()
    spki = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    for name, data in (
        ("rsa-sha256", weak.public_bytes(*spki)),
        ("rsa-sha256", P256.public_key().public_bytes(*spki)),
        ("ecdsa-sha256", odd.public_key().public_bytes(*spki)),
        ("ecdsa-sha256", edwards.public_key().public_bytes(*spki)),
        ("ecdsa-sha256", b"nonsense"),
    ):
        with pytest.raises(ValueError, match="not a"):
            family(name).read_public(data)
    for name, data in (("rsa-sha256", der(P256)), ("ecdsa-sha256", der(odd)), ("rsa-sha256", b"nonsense")):
        with pytest.raises(ValueError, match="not a"):
            family(name).read_private(base64.b64encode(data))


def test_other_paddings_and_digests_do_not_pass() -> None:
    public = ours.read_public(RSA.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    for scheme, kind in (
        (padding.PKCS1v15(), hashes.SHA512()),
        (padding.PKCS1v15(), hashes.SHA1()),
        (padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256()),
    ):
        assert not ours.verify(b"m", RSA.sign(b"m", scheme, kind), public)
    assert ours.numbers(public) == (RSA.public_key().public_numbers().n, 65537)


def test_a_finished_digest_can_be_tried() -> None:
    public = family("ecdsa-sha256").public_of(der(P256))
    r, s = decode_dss_signature(ecdsa.sign(b"m", der(P256)))
    assert ecdsa.verify_digest(digest(b"m", "sha256"), r, s, public)
    assert not ecdsa.verify_digest(digest(b"n", "sha256"), r, s, public)
    assert not ecdsa.verify_digest(digest(b"m", "sha256"), 0, s, public)
