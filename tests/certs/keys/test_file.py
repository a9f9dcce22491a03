"""Keys in files: every form that is met, the secret, who else may read the file, and production."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
    pkcs12,
)
from cryptography.x509 import load_der_x509_certificate

from certs.algorithms import sm2, sm2_encryption
from certs.algorithms.sm2_keys import pem, private_der
from certs.keys.opening import OpenedKey, open_key
from certs.keys.port import KeyFailureError
from tests.certs.keys.contract import SECRET, KeyContract, Opened, pair, stranger

ENV = {"P": SECRET, "WRONG": "wrong-secret"}


def der_of(algorithm: str) -> bytes:
    held = pair(algorithm)
    return private_der(held.private) if algorithm == "sm2-sm3" else held.private


def written(folder: Path, data: bytes, name: str = "key.pem") -> Path:
    path = folder / name
    path.write_bytes(data)
    path.chmod(0o600)
    return path


def certificate(folder: Path, algorithm: str) -> Path:
    held = pair(algorithm)
    text = "".join(pem("CERTIFICATE", one) for one in (held.certificate, *held.chain))
    return written(folder, text.encode(), f"{algorithm}.crt")


def opened_at(path: Path, cert: Path | None = None, source: str = "") -> OpenedKey:
    options = [f"certificate={cert}"] if cert else []
    options += [f"pin-source={source}"] if source else []
    return open_key(f"file:{path}?{'&'.join(options)}", realm="sandbox", env=ENV)


def enciphered_pkcs8(algorithm: str, cipher: str = "aes-256-cbc", prf: str = "hmacWithSHA256") -> bytes:
    """By the system's openssl, which has nothing of ours."""
    if shutil.which("openssl") is None:
        pytest.skip("the openssl command")
    made = subprocess.run(
        [
            "openssl",
            "pkcs8",
            "-topk8",
            "-inform",
            "DER",
            "-v2",
            cipher,
            "-v2prf",
            prf,
            "-passout",
            f"pass:{SECRET}",
        ],
        input=der_of(algorithm),
        capture_output=True,
        check=True,
    )
    return made.stdout


class FileContract(KeyContract):
    algorithm = ""

    @pytest.fixture
    def opened(self, tmp_path: Path) -> Iterator[Opened]:
        path = written(tmp_path, enciphered_pkcs8(self.algorithm))
        cert = certificate(tmp_path, self.algorithm)
        key = opened_at(path, cert, "env:P")

        def broken() -> None:
            path.unlink()
            opened_at(path, cert, "env:P")

        yield Opened(
            key,
            lambda: opened_at(path, cert, "env:WRONG"),
            broken,
            None if self.algorithm == "ecdsa-sha256" else key,
        )

    def test_a_broken_device_is_a_failure_that_says_what_to_do(self, opened: Opened) -> None:
        with pytest.raises(KeyFailureError, match="读不出"):  # a key in memory needs its file no more
            opened.broken()


class TestSm2File(FileContract):
    algorithm = "sm2-sm3"


class TestSm2FileWithoutTheSystemsLibrary(FileContract):
    """Where the system's libcrypto has no SM2, everything works the same, slower."""

    algorithm = "sm2-sm3"

    @pytest.fixture(autouse=True)
    def hidden(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for module in (sm2, sm2_encryption):
            plain, reasons = module.choose(())
            assert plain.name == "python", reasons
            monkeypatch.setattr(module, "backend", lambda plain=plain: plain)


class TestRsaFile(FileContract):
    algorithm = "rsa-sha256"


class TestEcdsaFile(FileContract):
    algorithm = "ecdsa-sha256"


@pytest.mark.parametrize("algorithm", ["sm2-sm3", "rsa-sha256", "ecdsa-sha256"])
def test_every_form_of_a_file(tmp_path: Path, algorithm: str) -> None:
    der, cert = der_of(algorithm), certificate(tmp_path, algorithm)
    text = pem("PRIVATE KEY", der).encode()
    for data in (der, text, cert.read_bytes() + text, text + cert.read_bytes()):
        path = written(tmp_path, data)
        key = opened_at(path, cert)
        assert key.algorithm == algorithm
        assert key.chain == pair(algorithm).chain
    assert opened_at(path).certificate == pair(algorithm).certificate  # it stood in the same file


@pytest.mark.parametrize("algorithm", ["rsa-sha256", "ecdsa-sha256"])
@pytest.mark.parametrize("password", [b"", SECRET.encode()])
def test_pkcs12(tmp_path: Path, algorithm: str, password: bytes) -> None:
    held = pair(algorithm)
    data = pkcs12.serialize_key_and_certificates(
        b"centre",
        load_der_private_key(held.private, None),  # type: ignore[arg-type]
        load_der_x509_certificate(held.certificate),
        [load_der_x509_certificate(one) for one in held.chain],
        BestAvailableEncryption(password) if password else NoEncryption(),
    )
    path = written(tmp_path, data, "key.p12")
    key = opened_at(path, source="env:P" if password else "")
    assert (key.certificate, key.chain) == (held.certificate, held.chain)
    if password:
        for source in ("", "env:WRONG"):
            with pytest.raises(KeyFailureError, match="口令不对"):
                opened_at(path, source=source)


def test_traditional_rsa_with_a_passphrase(tmp_path: Path) -> None:
    key = load_der_private_key(pair("rsa-sha256").private, None)
    data = key.private_bytes(
        Encoding.PEM, PrivateFormat.TraditionalOpenSSL, BestAvailableEncryption(SECRET.encode())
    )
    cert = certificate(tmp_path, "rsa-sha256")
    assert opened_at(written(tmp_path, data), cert, "env:P").algorithm == "rsa-sha256"
    with pytest.raises(KeyFailureError, match="口令不对"):
        opened_at(written(tmp_path, data), cert, "env:WRONG")


@pytest.mark.parametrize("cipher", ["aes-128-cbc", "aes-192-cbc", "aes-256-cbc", "sm4-cbc"])
@pytest.mark.parametrize("prf", ["hmacWithSHA1", "hmacWithSHA256", "hmacWithSHA512"])
def test_enciphered_by_openssl(tmp_path: Path, cipher: str, prf: str) -> None:
    path = written(tmp_path, enciphered_pkcs8("sm2-sm3", cipher, prf))
    cert = certificate(tmp_path, "sm2-sm3")
    assert opened_at(path, cert, "env:P").algorithm == "sm2-sm3"
    with pytest.raises(KeyFailureError, match="pin-source"):
        opened_at(path, cert)


def test_the_secret_may_stand_in_a_file_of_its_own(tmp_path: Path) -> None:
    path, cert = written(tmp_path, enciphered_pkcs8("sm2-sm3")), certificate(tmp_path, "sm2-sm3")
    secret = written(tmp_path, f"{SECRET}\n".encode(), "secret")
    assert opened_at(path, cert, f"file:{secret}").algorithm == "sm2-sm3"
    for text in (b"", b"\xff\xfe"):
        with pytest.raises(KeyFailureError, match="口令文件"):
            opened_at(path, cert, f"file:{written(tmp_path, text, 'secret')}")
    with pytest.raises(KeyFailureError, match="NOWHERE"):
        opened_at(path, cert, "env:NOWHERE")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_a_file_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    path = written(tmp_path, pem("PRIVATE KEY", der_of("sm2-sm3")).encode())
    path.chmod(mode)
    with pytest.raises(KeyFailureError, match="chmod 600"):
        opened_at(path, certificate(tmp_path, "sm2-sm3"))


def test_production_refuses_files_unless_told(tmp_path: Path) -> None:
    path, cert = written(tmp_path, der_of("sm2-sm3")), certificate(tmp_path, "sm2-sm3")
    spec = f"file:{path}?certificate={cert}"
    with pytest.raises(KeyFailureError, match="生产环境"):
        open_key(spec, realm="production")
    assert open_key(spec, realm="production", allow_file_in_production=True).sign(b"x")


def test_key_and_certificate_must_belong_together(tmp_path: Path) -> None:
    path = written(tmp_path, der_of("sm2-sm3"))
    other = written(tmp_path, stranger("sm2-sm3").certificate, "other.crt")
    with pytest.raises(KeyFailureError, match="同一对"):
        opened_at(path, other)
    with pytest.raises(KeyFailureError, match="certificate="):
        opened_at(path)


@pytest.mark.parametrize(
    "data",
    [b"", b"-----BEGIN PRIVATE KEY-----\n!!\n-----END PRIVATE KEY-----\n", b"\x30\x03\x02\x01\x03",
     b"\x30\x80",     b"\x30\x82\x00\x0c\x02\x01\x00\x30\x00\x04\x00", bytes(2 << 20),
     b"\x30\x06\x30\x02\x06\x00\x04\x00"],
    ids=["empty", "no-base64", "no-p12", "no-der", "nothing-inside", "huge", "no-cipher"],
)  # fmt: skip
def test_what_is_no_key_is_a_failure(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(KeyFailureError):
        opened_at(written(tmp_path, data), certificate(tmp_path, "sm2-sm3"), "env:P")
