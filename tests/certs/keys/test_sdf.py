"""Keys behind SDF: a simulated cipher machine (sdf_simulated.c, compiled here), real arithmetic, faults."""

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
from certs.keys import sdf_library
from certs.keys.opening import open_key
from certs.keys.port import SM2, KeyFailureError
from certs.keys.sdf import SdfKey
from tests.certs.keys.contract import SECRET, KeyContract, Opened, enciphered, pair, stranger

SOURCE = Path(__file__).with_name("sdf_simulated.c")
BUSY, LOST, PIN_WRONG, HARD = 0x01000006, 0x01000006, 0x01000018, 0x01000004
ENV = {"P": SECRET, "WRONG": "wrong-secret"}


def compiled(out: Path, *more: str) -> Path:
    link = ["-lcrypto"] if sys.platform == "darwin" else ["-l:libcrypto.so.3"]
    command = ["cc", "-Wall", "-Werror", "-shared", "-fPIC", *more, "-o", str(out), str(SOURCE)]
    done = subprocess.run([*command, *link, "-lpthread"], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return out


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    why = ""
    if shutil.which("cc") is None or sys.platform == "win32":
        why = "a C compiler (cc)"
    elif load(installed())[0] is None:
        why = "a system libcrypto with SM2"
    if why:
        pytest.fail(why) if os.environ.get("CI") == "true" else pytest.skip(why)
    return compiled(tmp_path_factory.mktemp("sdf") / "libsdf_simulated.so")


class Machine:
    """The steering side of the simulated machine."""

    def __init__(self, path: Path, folder: Path) -> None:
        self.lib, self.path, self.folder = ctypes.CDLL(str(path)), path, folder
        self.lib.sim_reset()
        held, other = pair("sm2-sm3"), stranger("sm2-sm3")
        self.install(1, 0, held.private, held.public)
        self.install(1, 1, held.private, held.public)
        self.install(2, 0, other.private, other.public)
        self.lib.sim_pin(SECRET.encode())
        self.certificate = folder / "sdf.crt"
        self.certificate.write_text(pem("CERTIFICATE", held.certificate))

    def install(self, index: int, usage: int, private: bytes, public: bytes) -> None:
        der = private_der(private)
        assert self.lib.sim_install(index, usage, der, ctypes.c_long(len(der)), public[1:])

    def fault(self, name: str, code: int = 1, times: int = 1) -> None:
        self.lib.sim_fault(name.encode(), ctypes.c_uint(code), times)

    def opened(self, index: int = 1, source: str = "env:P", more: str = "") -> SdfKey:
        line = f"sdf:{self.path}?index={index}&certificate={self.certificate}&pin-source={source}{more}"
        key = open_key(line, realm="production", env=ENV)
        assert isinstance(key, SdfKey)
        return key


@pytest.fixture
def machine(built: Path, tmp_path: Path) -> Machine:
    return Machine(built, tmp_path)


class TestSdf(KeyContract):
    @pytest.fixture
    def opened(self, machine: Machine) -> Iterator[Opened]:
        key = machine.opened()
        yield Opened(
            key,
            lambda: machine.opened(source="env:WRONG"),
            lambda: machine.fault("SDF_InternalSign_ECC", HARD, 99),
            key,
        )
        key.close()
        assert machine.lib.sim_sessions() == 0
        assert machine.lib.sim_devices() == 0


def test_a_lost_session_is_replaced_once(machine: Machine) -> None:
    key = machine.opened()
    key.sign(b"one")
    machine.lib.sim_restart()
    key.sign(b"two")
    machine.fault("SDF_InternalSign_ECC", LOST, 1)
    key.sign(b"three")
    machine.fault("SDF_InternalSign_ECC", LOST, 2)
    with pytest.raises(KeyFailureError, match="SDR_OPENSESSION"):
        key.sign(b"four")
    key.sign(b"five")


def test_a_busy_device_says_so_and_works_again(machine: Machine) -> None:
    machine.fault("SDF_OpenSession", BUSY, 4)
    with pytest.raises(KeyFailureError, match="正忙"):
        machine.opened()
    key = machine.opened()
    key.sign(b"again")
    machine.fault("SDF_OpenDevice", 0x01000005, 9)
    with pytest.raises(KeyFailureError, match="是否接入"):
        machine.opened()
    key.close()


def test_a_refused_secret_is_not_tried_twice(machine: Machine) -> None:
    with pytest.raises(KeyFailureError, match="pin-source"):
        machine.opened(source="env:WRONG")
    assert machine.lib.sim_rights() == 1
    assert machine.lib.sim_sessions() == 0
    with pytest.raises(KeyFailureError, match="SDR_PARDENY"):
        line = f"sdf:{machine.path}?index=1&certificate={machine.certificate}"
        open_key(line, realm="sandbox", env={}).sign(b"without a secret")


def test_a_wrong_signature_of_the_device_is_never_given_out(machine: Machine) -> None:
    key = machine.opened()
    machine.fault("wrong-signature")
    with pytest.raises(KeyFailureError, match="不成立"):
        key.sign(b"hutong")


def test_the_key_at_the_index_must_be_the_certificates(machine: Machine) -> None:
    with pytest.raises(KeyFailureError, match="不是同一对"):
        machine.opened(index=2)
    with pytest.raises(KeyFailureError, match="SDR_KEYNOTEXIST"):
        machine.opened(index=5).sign(b"nothing is there")


def test_decryption_in_every_form_of_ciphertext(machine: Machine) -> None:
    from certs.algorithms import sm2_encryption

    key = machine.opened()
    for form in sm2_encryption.FORMS:
        for size in (1, 32, 100, 300):
            made = sm2_encryption.encrypt(
                pair("sm2-sm3").public, bytes(range(256))[:size].ljust(size, b"."), form
            )
            assert key.decrypt(made, SM2) == bytes(range(256))[:size].ljust(size, b".")


def test_the_examination_of_a_device(machine: Machine) -> None:
    key = machine.opened()
    assert key.examine() == []
    machine.fault("wrong-digest")
    machine.fault("stuck-random", times=2)
    machine.fault("wrong-signature")
    assert len(key.examine()) == 3
    assert len(key.random(16)) == 16


def test_fewer_sessions_than_threads(machine: Machine) -> None:
    key = machine.opened(more="&sessions=1")
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(8) as pool:
        assert len(list(pool.map(key.sign, [b"x"] * 30))) == 30
    assert machine.lib.sim_sessions() == 1


def test_a_closed_key_says_so(machine: Machine) -> None:
    key = machine.opened()
    key.close()
    with pytest.raises(KeyFailureError, match="已关闭"):
        key.sign(b"hutong")


@pytest.mark.parametrize(
    "line",
    ["sdf:{lib}?index=1", "sdf:{lib}?certificate={cert}", "sdf:{lib}?index=x&certificate={cert}",
     "sdf:{lib}?index=1&certificate={cert}&decrypt-form=other", "sdf:/nowhere.so?index=1&certificate={cert}",
     "sdf:{lib}?index=1&certificate=/nowhere.crt", "sdf:{cert}?index=1&certificate={cert}"],
)  # fmt: skip
def test_what_is_wrong_in_the_settings(machine: Machine, line: str) -> None:
    with pytest.raises(KeyFailureError) as caught:
        open_key(line.format(lib=machine.path, cert=machine.certificate), realm="sandbox")
    assert any("\u4e00" <= letter <= "\u9fff" for letter in str(caught.value))


def test_every_error_of_the_standard_has_a_sentence_and_advice() -> None:
    table = sdf_library.faults()
    assert sorted(table) == list(range(0x01000001, 0x0100001F))
    for code, row in table.items():
        said = str(sdf_library.SdfError("SDF_OpenDevice", code))
        assert row.zh in said
        assert row.advice in said
    assert "厂商自定义" in str(sdf_library.SdfError("SDF_OpenDevice", 0x01010203))


def test_ciphertexts_without_an_algorithm_argument(built: Path, tmp_path: Path) -> None:
    other = compiled(built.with_name("libsdf_plain.so"), "-DWITHOUT_ALGORITHM")
    key = Machine(other, tmp_path).opened(more="&decrypt-form=plain")
    ciphertext, scheme = enciphered(b"secret", key.certificate)
    assert key.decrypt(ciphertext, scheme) == b"secret"
