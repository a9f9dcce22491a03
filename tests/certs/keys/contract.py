"""What every key must do, whatever it stands behind: each kind of device inherits these tests.

A subclass says how to open its key (`opened`), what breaks it, and what the secret is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from certs.algorithms import rsa_encryption, sm2_encryption
from certs.algorithms.public_keys import load
from certs.algorithms.signature import family
from certs.keys.held import HeldKey
from certs.keys.opening import OpenedKey
from certs.keys.port import PKCS1, SM2, KeyFailureError
from certs.model.certificate import read_certificate
from certs.testpki.issue import ENCIPHER, SIGN, Authority, public_info

NOW = datetime(2026, 11, 22, tzinfo=UTC)
SECRET = "k7-Geheim-9q"
THREADS, ROUNDS = 8, 40


@cache
def pair(algorithm: str) -> HeldKey:
    """One key and certificate per algorithm for all tests: making RSA keys takes its time."""
    return Authority.root("密钥测试根", algorithm, now=NOW).issue("密钥测试", usage=(*SIGN, *ENCIPHER))


@cache
def stranger(algorithm: str) -> HeldKey:
    return Authority.root("另一个根", algorithm, now=NOW).issue("另一个")


def holds(message: bytes, signature: bytes, certificate: bytes, algorithm: str) -> bool:
    """By the code of messages, not the one the keys check themselves with."""
    mine = next(one for one in (pair(algorithm), stranger(algorithm)) if one.certificate == certificate)
    row = family(algorithm)
    public = mine.public if algorithm == "sm2-sm3" else row.read_public(public_info(mine))
    return row.verify(message, signature, public, b"1234567812345678")


def enciphered(plaintext: bytes, certificate: bytes) -> tuple[bytes, str]:
    key = load(read_certificate(certificate).key).key
    if isinstance(key, RSAPublicKey):
        return rsa_encryption.encrypt(key, plaintext, PKCS1), PKCS1
    return sm2_encryption.encrypt(key, plaintext), SM2


@dataclass
class Opened:
    """A key, how to open it with a wrong secret, and how to break its device for good."""

    key: OpenedKey
    wrong_secret: Callable[[], object]
    broken: Callable[[], None]
    decrypting: OpenedKey | None = None
    closing: list[Callable[[], None]] = field(default_factory=list)


class KeyContract:
    """Inherited by one class per kind of device."""

    @pytest.fixture
    def opened(self) -> Iterator[Opened]:
        raise NotImplementedError

    def test_its_signature_holds_under_its_certificate(self, opened: Opened) -> None:
        key = opened.key
        for message in (b"", b"hutong", bytes(range(256)) * 400):
            made = key.sign(message)
            assert holds(message, made, key.certificate, key.algorithm)
            assert not holds(message + b".", made, key.certificate, key.algorithm)

    def test_it_opens_what_was_enciphered_to_its_certificate(self, opened: Opened) -> None:
        key = opened.decrypting
        if key is None:
            with pytest.raises(KeyFailureError):
                opened.key.decrypt(bytes(256), SM2)
            return
        for size in (1, 16, 32):
            ciphertext, scheme = enciphered(bytes(range(size)), key.certificate)
            assert key.decrypt(ciphertext, scheme) == bytes(range(size))

    def test_a_damaged_ciphertext_never_gives_the_plaintext(self, opened: Opened) -> None:
        key = opened.decrypting or opened.key
        plaintext = bytes(range(32))
        ciphertext, scheme = (
            enciphered(plaintext, key.certificate) if opened.decrypting else (bytes(256), "sm2")
        )
        for damaged in (ciphertext[:-1] + bytes([ciphertext[-1] ^ 1]), ciphertext[:-1], b"", bytes(9999)):
            try:
                assert key.decrypt(damaged, scheme) != plaintext
            except KeyFailureError as error:
                assert str(error)

    def test_another_scheme_is_refused(self, opened: Opened) -> None:
        with pytest.raises(KeyFailureError):
            opened.key.decrypt(b"\x04" * 128, "rot13")

    def test_many_threads_at_once(self, opened: Opened) -> None:
        key = opened.key
        messages = [f"标书 {number}".encode() for number in range(ROUNDS)]
        with ThreadPoolExecutor(THREADS) as pool:
            made = list(pool.map(key.sign, messages))
        for message, signature in zip(messages, made, strict=True):
            assert holds(message, signature, key.certificate, key.algorithm)

    def test_a_wrong_secret_is_a_failure_that_says_what_to_do(self, opened: Opened) -> None:
        with pytest.raises(KeyFailureError) as caught:
            opened.wrong_secret()
        said = str(caught.value)
        assert any(word in said for word in ("口令", "PIN", "pin-source"))
        assert SECRET not in said
        assert "wrong-" not in said

    def test_a_broken_device_is_a_failure_that_says_what_to_do(self, opened: Opened) -> None:
        opened.broken()
        with pytest.raises(KeyFailureError) as caught:
            opened.key.sign(b"hutong")
        said = str(caught.value)
        assert any("\u4e00" <= letter <= "\u9fff" for letter in said)
        assert SECRET not in said

    def test_nothing_secret_is_shown(self, opened: Opened, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(0)
        opened.key.sign(b"hutong")
        held = pair(opened.key.algorithm).private
        for text in (repr(opened.key), str(opened.key), caplog.text):
            assert SECRET not in text
            assert held.hex() not in text
            assert repr(held)[2:-1] not in text

    def test_it_may_be_closed_twice(self, opened: Opened) -> None:
        opened.key.close()
        opened.key.close()
