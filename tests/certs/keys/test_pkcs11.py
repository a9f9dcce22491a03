"""Keys behind PKCS#11, with a real SoftHSM: a token in a directory of its own, made by its own tool."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from certs.algorithms.sm2_keys import pem, private_der
from certs.algorithms.sm2_libcrypto import installed, load
from certs.keys import pkcs11_module
from certs.keys.opening import open_key
from certs.keys.pkcs11 import TokenKey
from certs.keys.port import OAEP_SHA256, PKCS1, KeyFailureError
from tests.certs.keys.contract import SECRET, KeyContract, Opened, pair, stranger

MODULES = (
    "/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/pkcs11/libsofthsm2.so",
    "/usr/local/lib/softhsm/libsofthsm2.so",
    "/opt/homebrew/lib/softhsm/libsofthsm2.so",
)  # fmt: skip
ENV = {"P": SECRET, "WRONG": "wrong-pin-9", "ALSO": "wrong-pin-8", "THIRD": "wrong-pin-7"}
VENDOR = "0x80000103"
SOURCE = Path(__file__).with_name("pkcs11_vendor.c")


def missing(what: str) -> None:
    pytest.fail(what) if os.environ.get("CI") == "true" else pytest.skip(what)


class Token:
    """A fresh SoftHSM token with an RSA and an EC key, their certificates beside them."""

    def __init__(self, folder: Path) -> None:
        found = next((path for path in MODULES if Path(path).is_file()), None)
        if found is None or shutil.which("softhsm2-util") is None:
            missing("SoftHSM 2 (softhsm2-util and its module)")
        pytest.importorskip("pkcs11") if os.environ.get("CI") != "true" else __import__("pkcs11")
        self.module, self.folder = str(found), folder
        (folder / "tokens").mkdir()
        config = folder / "softhsm2.conf"
        config.write_text(
            f"directories.tokendir = {folder / 'tokens'}\nobjectstore.backend = file\nlog.level = ERROR\n"
        )
        os.environ["SOFTHSM2_CONF"] = str(config)
        self.tool("--init-token", "--free", "--label", "centre", "--so-pin", "so-" + SECRET, "--pin", SECRET)
        for number, algorithm in enumerate(("rsa-sha256", "ecdsa-sha256"), 1):
            path = folder / "key.pem"
            path.write_text(pem("PRIVATE KEY", pair(algorithm).private))
            self.tool("--import", str(path), "--token", "centre", "--label", algorithm, "--id", f"0{number}",
                      "--pin", SECRET)  # fmt: skip
            path.unlink()

    def tool(self, *arguments: str) -> None:
        done = subprocess.run(["softhsm2-util", *arguments], capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()

    def certificate(self, algorithm: str) -> Path:
        path = self.folder / f"{algorithm}.crt"
        path.write_text(
            "".join(pem("CERTIFICATE", one) for one in (pair(algorithm).certificate, *pair(algorithm).chain))
        )
        return path

    def opened(self, algorithm: str, source: str = "env:P", more: str = "", path: str = "") -> TokenKey:
        query = (
            f"module-path={path or self.module}&pin-source={source}&certificate={self.certificate(algorithm)}"
        )
        label = "ecdsa-sha256" if algorithm == "sm2-sm3" else algorithm
        key = open_key(f"pkcs11:token=centre;object={label}?{query}{more}", realm="production", env=ENV)
        assert isinstance(key, TokenKey)
        return key

    def restart(self) -> None:
        """Every session of this process dies, as when the device was restarted."""
        library = ctypes.CDLL(self.module)
        library.C_CloseAllSessions.argtypes = (ctypes.c_ulong,)
        for slot in pkcs11_module.module(self.module).library.get_slots(token_present=True):
            library.C_CloseAllSessions(slot.slot_id)


@pytest.fixture(scope="module")
def token(tmp_path_factory: pytest.TempPathFactory) -> Token:
    return Token(tmp_path_factory.mktemp("softhsm"))


class TokenContract(KeyContract):
    algorithm = ""

    @pytest.fixture
    def opened(self, token: Token, monkeypatch: pytest.MonkeyPatch) -> Iterator[Opened]:
        key = token.opened(self.algorithm)

        def wrong() -> None:
            key.close()
            token.opened(self.algorithm, source="env:WRONG").sign(b"never")

        def broken() -> None:
            token.restart()
            monkeypatch.setattr(key._login, "session", gone)

        def gone() -> None:
            import pkcs11

            raise pkcs11.DeviceRemoved

        yield Opened(key, wrong, broken, key if self.algorithm == "rsa-sha256" else None)
        key.close()


class TestRsaToken(TokenContract):
    algorithm = "rsa-sha256"


class TestEcdsaToken(TokenContract):
    algorithm = "ecdsa-sha256"


@pytest.mark.parametrize("algorithm", ["rsa-sha256", "ecdsa-sha256"])
def test_dead_sessions_are_replaced(token: Token, algorithm: str) -> None:
    key = token.opened(algorithm)
    key.sign(b"one")
    for _ in range(3):
        token.restart()
        key.sign(b"two")
    key.close()


def test_two_keys_of_one_token_share_its_login(token: Token) -> None:
    one, two = token.opened("rsa-sha256"), token.opened("ecdsa-sha256")
    one.sign(b"1")
    two.sign(b"2")
    one.close()
    two.sign(b"still logged in")
    with pytest.raises(KeyFailureError, match="不同的 PIN"):
        token.opened("rsa-sha256", source="env:THIRD")
    two.close()


def test_a_refused_pin_is_not_tried_again(token: Token) -> None:
    with pytest.raises(KeyFailureError, match="PIN 不正确"):
        token.opened("rsa-sha256", source="env:ALSO")
    for _ in range(5):
        with pytest.raises(KeyFailureError, match="未再尝试"):
            token.opened("ecdsa-sha256", source="env:ALSO")
    good = token.opened("rsa-sha256")
    good.sign(b"the token is not locked")
    good.close()


def test_named_by_identifier_and_certificate_on_the_token(token: Token) -> None:
    import pkcs11

    held = pair("rsa-sha256")
    base = f"pkcs11:token=centre;id=%01?module-path={token.module}&pin-source=env:P"
    with pytest.raises(KeyFailureError, match="certificate="):
        open_key(base, realm="sandbox", env=ENV)
    stored = {
        pkcs11.Attribute.CLASS: pkcs11.ObjectClass.CERTIFICATE,
        pkcs11.Attribute.CERTIFICATE_TYPE: pkcs11.CertificateType.X_509,
        pkcs11.Attribute.TOKEN: True, pkcs11.Attribute.ID: b"\x01", pkcs11.Attribute.LABEL: "other name",
        pkcs11.Attribute.SUBJECT: b"\x30\x00", pkcs11.Attribute.VALUE: held.certificate,
    }  # fmt: skip
    described = pkcs11_module.module(token.module).token({"token": "centre"})
    with described.open(rw=True, user_pin=SECRET) as session:
        made = session.create_object(stored)
        key = open_key(base, realm="sandbox", env=ENV)
        assert key.certificate == held.certificate
        assert key.sign(b"x")
        key.close()
        made.destroy()


def test_oaep_where_the_module_has_it_and_a_sentence_where_not(token: Token) -> None:
    from certs.algorithms import rsa_encryption
    from certs.algorithms.public_keys import load as usable
    from certs.keys.certificates import public_key

    key = token.opened("rsa-sha256")
    ciphertext = rsa_encryption.encrypt(usable(public_key(key.certificate)).key, b"secret", OAEP_SHA256)
    try:
        assert key.decrypt(ciphertext, OAEP_SHA256) == b"secret"
    except KeyFailureError as error:
        assert "OAEP-SHA256" in str(error)  # SoftHSM 2.6 knows OAEP with SHA-1 only
    with pytest.raises(KeyFailureError):
        key.decrypt(bytes(10), PKCS1)
    key.close()


@pytest.mark.parametrize(
    "line",
    ["pkcs11:token=nobody;object=x?module-path={module}",
     "pkcs11:token=centre;object=nobody?module-path={module}"
     "&pin-source=env:P&certificate={cert}", "pkcs11:token=centre;object=rsa-sha256?module-path=/nowhere.so",
     "pkcs11:token=centre;id=%0?module-path={module}",
     "pkcs11:token=centre;object=rsa-sha256?module-path={module}"
     "&certificate={cert}"],
)  # fmt: skip
def test_what_is_wrong_in_the_settings(token: Token, line: str) -> None:
    text = line.format(module=token.module, cert=token.certificate("rsa-sha256"))
    with pytest.raises(KeyFailureError) as caught:
        open_key(text, realm="sandbox", env=ENV).sign(b"x")
    assert any("\u4e00" <= letter <= "\u9fff" for letter in str(caught.value))


def test_the_certificate_must_be_the_keys(token: Token, tmp_path: Path) -> None:
    other = tmp_path / "other.crt"
    other.write_text(pem("CERTIFICATE", stranger("rsa-sha256").certificate))
    query = f"module-path={token.module}&pin-source=env:P&certificate={other}"
    key = open_key(f"pkcs11:token=centre;object=rsa-sha256?{query}", realm="sandbox", env=ENV)
    with pytest.raises(KeyFailureError, match="同一对"):
        key.sign(b"x")
    key.close()


def test_without_the_extra_its_name_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pkcs11", None)
    with pytest.raises(KeyFailureError, match="hsm"):
        open_key("pkcs11:token=t;object=o?module-path=/never/loaded.so", realm="sandbox")


def test_sm2_by_a_mechanism_of_the_vendor(token: Token, tmp_path_factory: pytest.TempPathFactory) -> None:
    if load(installed())[0] is None or shutil.which("cc") is None or sys.platform != "linux":
        missing("cc and a system libcrypto with SM2")
    out = tmp_path_factory.mktemp("vendor") / "libvendor.so"
    done = subprocess.run(
        [
            "cc",
            "-Wall",
            "-Werror",
            "-shared",
            "-fPIC",
            "-o",
            str(out),
            str(SOURCE),
            "-l:libcrypto.so.3",
            "-ldl",
        ],
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    code = Path(__file__).with_name(
        "vendor_process.py"
    )  # a second module over one SoftHSM wants its own process
    held, certificate = pair("sm2-sm3"), token.certificate("sm2-sm3")
    query = f"module-path={out}&pin-source=env:P&certificate={certificate}"
    line = f"pkcs11:token=centre;object=ecdsa-sha256?{query}"
    for more, good in ((f"&sm2-mechanism={VENDOR}", True), ("&sm2-mechanism=0x80000999", False), ("", False)):
        ran = subprocess.run(
            [sys.executable, str(code), line + more, private_der(held.private).hex()],
            env={**os.environ, "P": SECRET, "SOFTHSM_MODULE": token.module},
            capture_output=True, check=False, text=True,
        )  # fmt: skip
        assert ran.returncode == 0, ran.stderr
        assert ("held" in ran.stdout) is good, ran.stdout
        if not good:
            assert "sm2-mechanism" in ran.stdout
