"""SM2 encryption by both backends: the standard's example, every form, gmalg and openssl both ways."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import gmalg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certs.algorithms import sm2, sm2_encryption
from certs.algorithms import sm2_curve as curve
from certs.algorithms.sm2_ciphertext import ASN1, C1C2C3, C1C3C2, FORMS, LONGEST, Ciphertext
from certs.algorithms.sm2_encryption import (
    Backend,
    PurePython,
    SM2EncryptionError,
    decrypt,
    encrypt,
    recognise,
)
from certs.algorithms.sm2_libcrypto import installed, load

# GB/T 32918.5, annex C: d, the text, k, and what comes out.
D = bytes.fromhex("3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8")
PUBLIC = sm2.public_of(D)
TEXT = b"encryption standard"
K = 0x59276E27D506861A16680F3AD9C02DCCEF3CC1FA3CDBE4CE6D54B80DEAC1BC21
C1 = bytes.fromhex(
    "04EBFC718E8D1798620432268E77FEB6415E2EDE0E073C0F4F640ECD2E149A73"
    "E858F9D81E5430A57B36DAAB8F950A3C64E6EE6A63094D99283AFF767E124DF0"
)
C2 = bytes.fromhex("21886CA989CA9C7D58087307CA93092D651EFA")
C3 = bytes.fromhex("59983C18F809E262923C53AEC295D30383B54E39D609D160AFCB1908D0BD8766")
EXAMPLE = Ciphertext(int.from_bytes(C1[:32], "big"), int.from_bytes(C1[32:], "big"), C3, C2)

LIBRARY, _ = load(installed())
BACKENDS: list[Backend] = [PurePython(), *([LIBRARY] if LIBRARY is not None else [])]


@pytest.fixture(params=BACKENDS, ids=lambda backend: backend.name)
def by(request: pytest.FixtureRequest) -> Backend:
    backend: Backend = request.param
    return backend


def test_the_standards_example_is_made_and_opened(by: Backend) -> None:
    assert sm2_encryption.enciphered(TEXT, PUBLIC, K) == EXAMPLE
    for form in FORMS:
        assert recognise(D, EXAMPLE.written(form), by=by) == (TEXT, form)
    assert EXAMPLE.written(C1C3C2) == b"\x04" + C1 + C3 + C2
    assert EXAMPLE.written(C1C2C3) == b"\x04" + C1 + C2 + C3


@pytest.mark.parametrize("size", [1, 15, 16, 31, 32, 33, 64, 1000])
@pytest.mark.parametrize("form", FORMS)
def test_every_form_and_length_is_opened_and_told(by: Backend, form: str, size: int) -> None:
    plaintext = bytes(range(256)) * 4
    made = encrypt(PUBLIC, plaintext[:size], form, by=by)
    for other in BACKENDS:
        assert recognise(D, made, by=other) == (plaintext[:size], form)


def test_a_hidden_system_library_changes_nothing_but_the_speed() -> None:
    backend, reasons = sm2_encryption.choose([])
    assert (backend.name, reasons) == ("python", [])
    assert sm2_encryption.self_test(backend) is None
    assert decrypt(D, encrypt(PUBLIC, TEXT, by=backend), by=backend) == TEXT


class Careless:
    """A backend with one fault at a time; none may pass the vectors."""

    name = "careless"

    def __init__(self, fault: str) -> None:
        self.fault = fault

    def encrypt(self, plaintext: bytes, public: bytes) -> Ciphertext:
        made = PurePython().encrypt(plaintext, public)
        return Ciphertext(made.x, made.y, made.c3, plaintext) if self.fault == "encrypt" else made

    def decrypt(self, ciphertext: Ciphertext, private: bytes) -> bytes | None:
        if self.fault == "check" and ciphertext.c2 == bytes(19):
            return bytes(19)
        return None if self.fault == "decrypt" else PurePython().decrypt(ciphertext, private)


@pytest.mark.parametrize("fault", ["encrypt", "check", "decrypt"])
def test_a_faulty_backend_does_not_pass_the_vectors(fault: str) -> None:
    assert sm2_encryption.self_test(Careless(fault)) is not None
    assert sm2_encryption.self_test(Careless("")) is None


@pytest.mark.parametrize("size", [1, 16, 100])
def test_gmalg_reads_what_we_write_and_we_what_it_writes(by: Backend, size: int) -> None:
    oracle, text = gmalg.SM2(D), b"\xa5" * size
    assert oracle.decrypt(encrypt(PUBLIC, text, C1C3C2, by=by)) == text
    assert recognise(D, oracle.encrypt(text), by=by) == (text, C1C3C2)


def command_has_sm2() -> bool:
    if shutil.which("openssl") is None:
        return False
    listed = subprocess.run(["openssl", "list", "-public-key-algorithms"], capture_output=True, check=False)
    return b"SM2" in listed.stdout


@pytest.mark.skipif(not command_has_sm2(), reason="an openssl command with SM2")
@pytest.mark.parametrize("size", [1, 16, 100])
def test_the_openssl_command_both_ways(by: Backend, tmp_path: Path, size: int) -> None:
    text = b"\x5a" * size
    (tmp_path / "key.pem").write_text(sm2.pem("PRIVATE KEY", sm2.private_der(D)))
    (tmp_path / "pub.pem").write_text(sm2.pem("PUBLIC KEY", sm2.public_der(PUBLIC)))

    def run(what: str, key: str, data: bytes) -> bytes:
        (tmp_path / "in").write_bytes(data)
        command = ["openssl", "pkeyutl", f"-{what}", "-inkey", key, "-in", "in"]
        command += ["-pubin"] if what == "encrypt" else []
        return subprocess.run(command, cwd=tmp_path, capture_output=True, check=True).stdout

    assert run("decrypt", "key.pem", encrypt(PUBLIC, text, by=by)) == text
    made = run("encrypt", "pub.pem", text)
    while made[-size:] == text:  # this openssl does not look for a key stream of zeros (one byte, 1 in 256)
        made = run("encrypt", "pub.pem", text)
    assert recognise(D, made, by=by) == (text, ASN1)


def refuses(ciphertext: bytes, by: Backend, private: bytes = D) -> bool:
    with pytest.raises(SM2EncryptionError) as caught:
        decrypt(private, ciphertext, by=by)
    return str(caught.value) == "decryption failed"


@pytest.mark.parametrize("form", FORMS)
def test_any_altered_byte_is_refused_with_the_same_words(by: Backend, form: str) -> None:
    good = EXAMPLE.written(form)
    for at in range(0, len(good), 1 if by.name == "libcrypto" else 13):
        assert refuses(good[:at] + bytes((good[at] ^ 1,)) + good[at + 1 :], by)
    assert refuses(good[:-1], by)
    assert refuses(good + b"\0", by)


def test_points_that_are_none_never_reach_a_backend() -> None:
    class Watched(PurePython):
        def decrypt(self, ciphertext: Ciphertext, private: bytes) -> bytes | None:
            raise AssertionError("asked")

    off = Ciphertext(EXAMPLE.x, EXAMPLE.y ^ 1, C3, C2)
    assert EXAMPLE.sound
    assert not off.sound
    origin = Ciphertext(0, 0, C3, C2)
    same_but_larger = Ciphertext(curve.P + 5, EXAMPLE.y, C3, C2)
    for one in (off, origin, same_but_larger):
        for form in FORMS:
            assert refuses(one.written(form), Watched())


@pytest.mark.parametrize("data", [b"", b"\x04", b"\x00", bytes(96), bytes(97), b"\x30\x80" + bytes(200)])
def test_what_is_too_short_or_infinite_is_refused(by: Backend, data: bytes) -> None:
    assert refuses(data, by)


def test_bounds_of_plaintext_form_and_key(by: Backend) -> None:
    for public, text, form in (
        (PUBLIC, b"", ASN1),
        (PUBLIC, bytes(LONGEST + 1), ASN1),
        (PUBLIC, TEXT, "c3c2c1"),
        (PUBLIC[:-1] + bytes((PUBLIC[-1] ^ 1,)), TEXT, ASN1),
        (b"\x04" + bytes(64), TEXT, ASN1),
        (b"", TEXT, ASN1),
    ):
        with pytest.raises(SM2EncryptionError):
            encrypt(public, text, form, by=by)
    for private in (b"", bytes(32), curve.N.to_bytes(32, "big"), b"\xff" * 32, bytes(31)):
        with pytest.raises(SM2EncryptionError):
            decrypt(private, EXAMPLE.written(ASN1), by=by)
    assert refuses(bytes(LONGEST + 1000), by)


def test_the_longest_plaintext(by: Backend) -> None:
    assert recognise(D, encrypt(PUBLIC, bytes(LONGEST), C1C2C3, by=by), by=by) == (bytes(LONGEST), C1C2C3)


class Zeros:
    """A backend whose first key stream is all zeros, as one byte meets it once in 256 draws."""

    name = "zeros"

    def __init__(self, times: int) -> None:
        self.times = times

    def encrypt(self, plaintext: bytes, public: bytes) -> Ciphertext:
        made = PurePython().encrypt(plaintext, public)
        self.times -= 1
        return Ciphertext(made.x, made.y, made.c3, plaintext) if self.times >= 0 else made

    def decrypt(self, ciphertext: Ciphertext, private: bytes) -> bytes | None:
        return ciphertext.c2


def test_a_key_stream_of_zeros_is_drawn_again_and_never_read() -> None:
    drawn = Zeros(1)
    assert decrypt(D, encrypt(PUBLIC, TEXT, by=drawn)) == TEXT
    assert drawn.times == -1
    with pytest.raises(SM2EncryptionError, match="random"):
        encrypt(PUBLIC, TEXT, by=Zeros(1000))
    assert refuses(EXAMPLE.written(ASN1), Zeros(0))


def test_a_real_key_stream_of_zeros_is_refused_by_both(by: Backend) -> None:
    """One byte: look for the k whose stream is 00, as a careless kit would send it."""
    k = next(k for k in range(1, 5000) if sm2_encryption.enciphered(b"\x07", PUBLIC, k).c2 == b"\x07")
    assert refuses(sm2_encryption.enciphered(b"\x07", PUBLIC, k).written(ASN1), by)


@pytest.mark.parametrize("fixed", [True, False])
def test_coordinates_of_fixed_width_or_without_sign_byte_are_read(by: Backend, fixed: bool) -> None:
    """Met: 33 bytes whatever the value, or 32 bytes with the highest bit set."""
    x, y = (value.to_bytes(33 if fixed else 32, "big") for value in (EXAMPLE.x, EXAMPLE.y))
    parts = b"".join(bytes((tag, len(part))) + part for tag, part in ((2, x), (2, y), (4, C3), (4, C2)))
    der = b"\x30\x81" + bytes((len(parts),)) + parts
    assert y[0] >> 7 != fixed
    assert recognise(D, der, by=by) == (TEXT, ASN1)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=400))
def test_random_bytes_raise_only_our_exception(data: bytes) -> None:
    with pytest.raises(SM2EncryptionError):
        decrypt(D, data)


@settings(max_examples=100, deadline=None)
@given(st.binary(min_size=1, max_size=100), st.sampled_from(FORMS))
def test_another_key_opens_nothing(text: bytes, form: str) -> None:
    with pytest.raises(SM2EncryptionError):
        decrypt(bytes(31) + b"\x05", encrypt(PUBLIC, text, form))
