"""SM2 by both backends: the standard's example, the system's openssl both ways, and what must not hold."""

from __future__ import annotations

import base64
import contextlib
import ctypes.util
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from hypothesis import given, settings
from hypothesis import strategies as st

from certs.algorithms import sm2
from certs.algorithms import sm2_curve as curve
from certs.algorithms.digest import digest
from certs.algorithms.sm2_keys import to_point
from certs.algorithms.sm2_libcrypto import UnusableError, installed, load

# GB/T 32918.5, annex A.
D = bytes.fromhex("3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8")
POINT = bytes.fromhex(
    "0409F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020"
    "CCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13"
)
Z = "B2E14C5C79C6DF5B85F4FE7ED8DB7A262B9DA7E07CCB0EA9F4747B8CCDA8A4F3"
E = "F0B43E94BA45ACCAACE692ED534382EB17E6AB5A19CE7B31F4486FDFC0D28640"
K = 0x59276E27D506861A16680F3AD9C02DCCEF3CC1FA3CDBE4CE6D54B80DEAC1BC21
R = 0xF5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3
S = 0xB1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA
SIGNATURE = encode_dss_signature(R, S)

LIBRARY, REASONS = load(installed())
BACKENDS: list[sm2.Backend] = [sm2.PurePython(), *([LIBRARY] if LIBRARY is not None else [])]


def command_has_sm2() -> bool:
    if shutil.which("openssl") is None:
        return False
    listed = subprocess.run(["openssl", "list", "-public-key-algorithms"], capture_output=True, check=False)
    return b"SM2" in listed.stdout


openssl = pytest.mark.skipif(not command_has_sm2(), reason="an openssl command with SM2")


@pytest.fixture(params=BACKENDS, ids=lambda backend: backend.name)
def by(request: pytest.FixtureRequest) -> sm2.Backend:
    backend: sm2.Backend = request.param
    return backend


def test_the_standards_example() -> None:
    assert sm2.public_of(D) == POINT
    assert sm2.z_value(POINT).hex().upper() == Z
    assert sm2.e_value(b"message digest", POINT).hex().upper() == E
    assert curve.sign(bytes.fromhex(E), int.from_bytes(D, "big"), K) == (R, S)
    assert curve.signed_digest(R, S, to_point(POINT)) == int(E, 16)


def test_the_example_holds_and_nothing_near_it(by: sm2.Backend) -> None:
    assert sm2.verify(b"message digest", SIGNATURE, POINT, by=by)
    assert sm2.self_test(by) is None
    for ident in (b"", b"12345678", b"1234567812345679", b"ALICE123@YAHOO.COM"):
        assert not sm2.verify(b"message digest", SIGNATURE, POINT, ident, by=by)
    assert not sm2.verify(b"message digest ", SIGNATURE, POINT, by=by)
    other = sm2.public_of(b"\x01" * 32)
    assert not sm2.verify(b"message digest", SIGNATURE, other, by=by)


def test_only_one_form_of_the_value_is_taken(by: sm2.Backend) -> None:
    raw = R.to_bytes(32, "big") + S.to_bytes(32, "big")
    forms = [
        raw,
        SIGNATURE + b"\x00",
        encode_dss_signature(S, R),
        b"\x30\x81" + SIGNATURE[1:],  # BER
        base64.b64encode(SIGNATURE),
        b"",
        b"\x30",
        b"\x30" * 5000,
        encode_dss_signature(0, S),
        encode_dss_signature(R, 0),
        encode_dss_signature(R + curve.N, S),
        encode_dss_signature(R, S + curve.N),
        encode_dss_signature(curve.N, curve.N),
        encode_dss_signature(R, curve.N - R),  # r + s = n: no point to compare with
    ]
    for form in forms:
        assert not sm2.verify(b"message digest", form, POINT, by=by)


@settings(max_examples=25, deadline=None)
@given(
    st.binary(max_size=300),
    st.integers(1, curve.N - 2),
    st.binary(max_size=40),
    st.sampled_from(BACKENDS),
    st.tuples(st.integers(0, 10**6), st.integers(1, 255)),
)
def test_backends_agree(
    message: bytes, d: int, ident: bytes, signer: sm2.Backend, change: tuple[int, int]
) -> None:
    private = d.to_bytes(32, "big")
    public = sm2.public_of(private)
    signature = sm2.sign(message, private, ident, by=signer)
    altered = bytearray(signature)
    altered[change[0] % len(altered)] ^= change[1]
    for judge in BACKENDS:
        assert sm2.verify(message, signature, public, ident, by=judge)
        assert not sm2.verify(message, bytes(altered), public, ident, by=judge)
        assert not sm2.verify(message + b"x", signature, public, ident, by=judge)


@given(st.binary(max_size=80))
@settings(max_examples=200, deadline=None)
def test_hostile_signatures_never_raise(signature: bytes) -> None:
    for judge in BACKENDS:
        assert not sm2.verify(b"m", signature, POINT, by=judge)


def test_the_digest_a_signer_used_can_be_found() -> None:
    """Also for another identity, or none at all: what the clinic lives on."""
    for e in (sm2.e_value(b"m", POINT, b""), digest(b"m")):
        r, s = sm2.PurePython().sign(e, D)
        found = curve.signed_digest(r, s, to_point(POINT))
        assert found == int.from_bytes(e, "big") % curve.N


def test_arithmetic_at_its_edges() -> None:
    assert curve.multiply(curve.N, curve.G) is None
    assert curve.multiply(1, curve.G) == curve.G
    minus = curve.multiply(curve.N - 1, curve.G)
    assert minus == (curve.G[0], curve.P - curve.G[1])
    assert curve.combine(1, 1, curve.G) == curve.multiply(2, curve.G)  # adding equals is doubling
    assert curve.combine(1, curve.N - 1, curve.G) is None
    assert curve.sign(bytes(32), 5, curve.N) is None


class TestKeyForms:
    def test_every_form_gives_the_same_bytes(self) -> None:
        spki = sm2.public_der(POINT)
        for form in (
            POINT,
            POINT[1:],
            POINT.hex().encode(),
            base64.b64encode(POINT),
            spki,
            base64.b64encode(spki),
            sm2.pem("PUBLIC KEY", spki).encode(),
        ):
            assert sm2.read_public(form) == POINT
        pkcs8 = sm2.private_der(D)
        for form in (
            D,
            D.hex().encode() + b"\n",
            base64.b64encode(D),
            pkcs8,
            sm2.pem("PRIVATE KEY", pkcs8).encode(),
        ):
            assert sm2.read_private(form) == D

    @pytest.mark.parametrize(
        "form",
        [b"", b"\x04" * 65, POINT[:-1] + b"\x00", b"-----BEGIN PUBLIC KEY-----", POINT[:40], b"x" * 91],
    )
    def test_what_is_no_public_key(self, form: bytes) -> None:
        with pytest.raises(sm2.KeyFormError):
            sm2.read_public(form)

    @pytest.mark.parametrize(
        "form", [b"", bytes(32), b"\xff" * 32, b"0" * 10, sm2.private_der(D)[:50], sm2.public_der(POINT)]
    )
    def test_what_is_no_private_key(self, form: bytes) -> None:
        with pytest.raises(sm2.KeyFormError):
            sm2.read_private(form)

    @given(st.binary(max_size=200))
    def test_hostile_keys_raise_only_our_own(self, form: bytes) -> None:
        for read in (sm2.read_public, sm2.read_private):
            with contextlib.suppress(sm2.KeyFormError):
                read(form)


class TestOpenssl:
    """The system's own command is the other side."""

    @openssl
    @pytest.mark.parametrize("ident", [b"1234567812345678", b"gansu@ggzy"])
    def test_both_ways(self, tmp_path: Path, by: sm2.Backend, ident: bytes) -> None:
        key, message = tmp_path / "key.pem", tmp_path / "message"
        message.write_bytes("兰州市公共资源交易".encode() * 50)
        run("ecparam", "-genkey", "-name", "SM2", "-noout", "-out", str(key))
        public = tmp_path / "public.pem"
        run("pkey", "-in", str(key), "-pubout", "-out", str(public))
        point, private = sm2.read_public(public.read_bytes()), sm2.read_private(key.read_bytes())
        assert sm2.public_of(private) == point
        how = ["-rawin", "-digest", "sm3", "-pkeyopt", f"distid:{ident.decode()}", "-in", str(message)]
        theirs = tmp_path / "theirs"
        run("pkeyutl", "-sign", "-inkey", str(key), "-out", str(theirs), *how)
        assert sm2.verify(message.read_bytes(), theirs.read_bytes(), point, ident, by=by)
        ours = tmp_path / "ours"
        ours.write_bytes(sm2.sign(message.read_bytes(), private, ident, by=by))
        run("pkeyutl", "-verify", "-pubin", "-inkey", str(public), "-sigfile", str(ours), *how)

    @openssl
    def test_our_pem_is_read_by_openssl(self, tmp_path: Path) -> None:
        path = tmp_path / "key.pem"
        path.write_text(sm2.pem("PRIVATE KEY", sm2.private_der(D)), "ascii")
        text = run("pkey", "-in", str(path), "-pubout").decode()
        assert sm2.read_public(text.encode()) == POINT
        assert "SM2" in run("pkey", "-in", str(path), "-text", "-noout").decode()


def run(*words: str) -> bytes:
    done = subprocess.run(["openssl", *words], capture_output=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


class TestChoice:
    def test_without_a_library_the_slower_one_takes_over_and_says_why(self) -> None:
        chosen, reasons = sm2.choose(["/no/such/libcrypto.so"])
        assert chosen.name == "python"
        assert "/no/such" in reasons[0]
        assert sm2.choose([])[0].name == "python"

    def test_a_library_without_the_functions_is_passed_over(self) -> None:
        found, reasons = load([str(ctypes.util.find_library("c"))])
        assert found is None
        assert "OpenSSL_version_num" in reasons[0]

    def test_a_library_that_judges_wrongly_is_not_trusted(self) -> None:
        class Yes(sm2.PurePython):
            def verify(self, e: bytes, r: int, s: int, public: bytes) -> bool:
                return True

        class No(sm2.PurePython):
            def verify(self, e: bytes, r: int, s: int, public: bytes) -> bool:
                return False

        class Liar(sm2.PurePython):
            def sign(self, e: bytes, private: bytes) -> tuple[int, int]:
                return 1, 1

        assert "identity" in str(sm2.self_test(Yes()))
        assert "example" in str(sm2.self_test(No()))
        assert "signs" in str(sm2.self_test(Liar()))

    @pytest.mark.skipif(LIBRARY is None, reason="a libcrypto with SM2")
    def test_a_key_the_library_refuses_is_an_error_of_ours(self) -> None:
        assert LIBRARY is not None
        with pytest.raises(UnusableError):
            LIBRARY.verify(bytes(32), 1, 1, b"\x04" + b"\x07" * 64)

    @pytest.mark.skipif(LIBRARY is None, reason="a libcrypto with SM2")
    def test_threads_share_keys(self) -> None:
        keys = [(n + 2).to_bytes(32, "big") for n in range(8)]

        def work(n: int) -> bool:
            private = keys[n % 8]
            signature = sm2.sign(b"m%d" % n, private, by=LIBRARY)
            r, s = decode_dss_signature(signature)
            wrong = encode_dss_signature(r, s - 1)
            public = sm2.public_of(private)
            return sm2.verify(b"m%d" % n, signature, public, by=LIBRARY) and not sm2.verify(
                b"m%d" % n, wrong, public, by=LIBRARY
            )

        with ThreadPoolExecutor(4) as pool:
            assert all(pool.map(work, range(200)))


@pytest.mark.parametrize("size", [8192, 10000])
def test_an_identity_that_cannot_be_written_is_refused(size: int) -> None:
    with pytest.raises(ValueError, match="8191"):
        sm2.z_value(POINT, b"x" * size)
