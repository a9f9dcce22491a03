"""Content ciphers: published vectors, the openssl command, identifiers of others, and what must not open."""

from __future__ import annotations

import shutil
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certs.algorithms import content_ciphers as table
from certs.algorithms.content_ciphers import CIPHERS, WRITTEN, Chosen, UnknownCipherError, chosen, read_cipher
from certs.algorithms.content_streams import CipherError, Decryption, Encryption, decrypt, encrypt
from certs.model import write as w
from certs.model.certificate import Algorithm
from certs.model.der import MalformedError
from tests.rows import each

SM4 = "1.2.156.10197.1.104"
KEY = bytes.fromhex("0123456789ABCDEFFEDCBA9876543210")


def test_sm4_by_its_standard() -> None:
    """GB/T 32907, annex A: one block under itself; CBC with an IV of zeros is the block cipher."""
    ciphertext, _ = encrypt(chosen("sm4-cbc", bytes(16)), KEY, KEY)
    assert ciphertext[:16].hex() == "681edf34d206965e86b3e94f536e4246"


def test_sm4_gcm_by_rfc_8998() -> None:
    nonce = bytes.fromhex("00001234567800000000ABCD")
    aad = bytes.fromhex("FEEDFACEDEADBEEFFEEDFACEDEADBEEFABADDAD2")
    content = b"".join(bytes((0x11 * digit,)) * 8 for digit in (10, 11, 12, 13, 14, 15, 14, 10))
    ciphertext, tag = encrypt(chosen("sm4-gcm", nonce), KEY, content, aad)
    assert ciphertext.hex().startswith("17f399f08c67d5ee19d0dc9969c4bb7d")
    assert ciphertext.hex().endswith("a56834cbcf98c397b4024a2691233b8d")
    assert tag.hex() == "83de3541e4c2b58177e065a9bf7b62ec"
    assert decrypt(chosen("sm4-gcm", nonce), KEY, ciphertext, tag, aad) == content


@pytest.mark.skipif(shutil.which("openssl") is None, reason="an openssl command")
@pytest.mark.parametrize("name", ["sm4-cbc", "aes-128-cbc", "aes-192-cbc", "aes-256-cbc"])
def test_the_openssl_command_reads_the_same(name: str) -> None:
    key, iv = bytes(range(CIPHERS[name].key_size)), bytes(range(16))
    made, _ = encrypt(chosen(name, iv), key, b"content")
    command = ["openssl", "enc", "-d", f"-{name}", "-K", key.hex(), "-iv", iv.hex()]
    assert subprocess.run(command, input=made, capture_output=True, check=True).stdout == b"content"


@each("name", WRITTEN)
@each("size", [0, 1, 15, 16, 17, 1000])
def test_what_is_written_is_read_back_in_pieces_too(name: str, size: int) -> None:
    one = chosen(name, bytes(range(table.iv_size(name))))
    key, content = bytes(CIPHERS[name].key_size), bytes(size)
    stream = Encryption(one, key, b"")
    pieces = [stream.update(content[at : at + 7]) for at in range(0, size, 7)] + [stream.finalize()]
    ciphertext = b"".join(pieces)
    assert (ciphertext, stream.tag) == encrypt(one, key, content)
    back = Decryption(one, key, stream.tag, b"")
    assert (
        b"".join(back.update(ciphertext[at : at + 5]) for at in range(0, len(ciphertext), 5))
        + (back.finalize())
        == content
    )


@each("name", WRITTEN)
def test_an_identifier_is_read_as_it_was_written(name: str) -> None:
    one = chosen(name, bytes(range(table.iv_size(name))))
    raw = one.identifier()
    parameters = raw[2 + len(w.oid(one.cipher.oid)) :]
    assert read_cipher(Algorithm(one.cipher.oid, parameters)) == (one, ())


def test_sm4_without_a_mode_is_cbc_with_an_iv_and_ecb_without_and_said() -> None:
    iv = bytes(range(16))
    sadk, notes = read_cipher(Algorithm(SM4, w.octets(iv)))
    assert (sadk, notes) == (Chosen(CIPHERS["sm4-cbc"], iv), ("cipher-without-mode-means-cbc",))
    for parameters in (None, w.NULL):
        gmsm, notes = read_cipher(Algorithm(SM4, parameters))
        assert (gmsm.cipher.name, notes) == ("sm4-ecb", ("cipher-without-mode-means-ecb",))
    # One block under itself and one of padding, as the standard's example has it.
    block = "681edf34d206965e86b3e94f536e4246"
    with pytest.raises(CipherError):
        decrypt(gmsm, KEY, bytes.fromhex(block))
    with pytest.raises(ValueError, match="no writing"):
        Encryption(gmsm, KEY, b"")
    assert read_cipher(Algorithm(f"{SM4}.1", None))[1] == ("cipher-ecb",)
    assert read_cipher(Algorithm(f"{SM4}.7", w.octets(iv)))[1] == ("cipher-ctr",)


def test_gcm_parameters_as_met() -> None:
    nonce = bytes(12)
    oid = f"{SM4}.8"
    assert read_cipher(Algorithm(oid, w.sequence(w.octets(nonce))))[0].tag_size == 12
    assert read_cipher(Algorithm(oid, w.sequence(w.octets(nonce), w.integer(14))))[0].tag_size == 14
    assert read_cipher(Algorithm(oid, w.octets(nonce)))[1] == ("gcm-nonce-alone",)


@each(
    ("oid", "parameters"),
    [
        (f"{SM4}.2", None),
        (f"{SM4}.2", w.octets(bytes(15))),
        (f"{SM4}.2", w.NULL),
        (SM4, w.octets(b"")),
        (f"{SM4}.8", w.sequence(w.octets(bytes(12)), w.integer(4))),
        (f"{SM4}.8", w.sequence(w.octets(bytes(12)), w.integer(17))),
        (f"{SM4}.8", w.sequence(w.octets(b""))),
        (f"{SM4}.8", w.sequence()),
        (f"{SM4}.8", None),
    ],
)
def test_parameters_out_of_bounds_are_malformed(oid: str, parameters: bytes | None) -> None:
    with pytest.raises(MalformedError):
        read_cipher(Algorithm(oid, parameters))


def test_unknown_ciphers_and_lengths() -> None:
    with pytest.raises(UnknownCipherError):
        read_cipher(Algorithm("1.2.840.113549.3.7", w.octets(bytes(8))))
    for name in ("sm4-ecb", "sm4-ctr", "des"):
        with pytest.raises(UnknownCipherError):
            chosen(name, bytes(16))
    with pytest.raises(ValueError, match="IV"):
        chosen("sm4-gcm", bytes(16))


def test_what_does_not_fit_never_opens() -> None:
    one = chosen("sm4-gcm", bytes(12))
    ciphertext, tag = encrypt(one, KEY, b"content", b"aad")
    for key, data, mark, aad in (
        (bytes(16), ciphertext, tag, b"aad"),
        (KEY, ciphertext[:-1], tag, b"aad"),
        (KEY, ciphertext, bytes(16), b"aad"),
        (KEY, ciphertext, tag[:12], b"aad"),
        (KEY, ciphertext, b"", b"aad"),
        (KEY, ciphertext, tag, b""),
        (KEY[:-1], ciphertext, tag, b"aad"),
    ):
        with pytest.raises(CipherError):
            decrypt(one, key, data, mark, aad)
    cbc = chosen("sm4-cbc", bytes(16))
    whole, _ = encrypt(cbc, KEY, b"content")
    for data in (whole[:-1], b"", whole[:-1] + bytes((whole[-1] ^ 1,))):
        with pytest.raises(CipherError):
            decrypt(cbc, KEY, data)


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from([SM4, f"{SM4}.2", f"{SM4}.7", f"{SM4}.8", CIPHERS["aes-256-gcm"].oid]),
    st.binary(max_size=60),
)
def test_random_parameters_are_read_or_malformed(oid: str, parameters: bytes) -> None:
    try:
        found, _ = read_cipher(Algorithm(oid, parameters or None))
    except MalformedError:
        return
    assert found.cipher.oid.startswith(oid)
