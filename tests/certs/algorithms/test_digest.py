"""SM3 and HMAC-SM3: the standard's examples, and the compiled way against `cryptography` and `openssl`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sysconfig
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.hmac import HMAC
from hypothesis import given
from hypothesis import strategies as st

from certs.algorithms import digest as digests_module
from certs.algorithms import sm3_native
from certs.algorithms.digest import UnknownAlgorithmError, digest, digests, keyed, mac, mac_matches, tokens
from tests.rows import each

ROOT = Path(__file__).parents[3]
AT_EASE = os.environ.get("CI") != "true"
COMPILED = Path(sm3_native.__file__).with_name(sm3_native.file_name())
needed = pytest.mark.skipif(not COMPILED.is_file() and AT_EASE, reason=f"{COMPILED.name} was compiled")
with_compiler = pytest.mark.skipif(shutil.which("cc") is None and AT_EASE, reason="a C compiler")
with_openssl = pytest.mark.skipif(shutil.which("openssl") is None and AT_EASE, reason="openssl")
# GB/T 32905-2016, annex A.
EXAMPLES = {
    b"abc": "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0",
    b"abcd" * 16: "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732",
}
# Around every length where padding takes another block.
LENGTHS = [*range(140), 183, 184, 191, 192, 1000, 4095, 4096, (1 << 15) - 1, 1 << 15, 100_003]
TEXT = os.urandom(200_000)


@pytest.fixture(params=["compiled", "library"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Each test with the accelerator and without."""
    if request.param == "compiled":
        if not COMPILED.is_file() and AT_EASE:
            pytest.skip("not compiled")
        monkeypatch.setattr(digests_module, "_SM3", sm3_native.load())
    else:
        monkeypatch.setattr(digests_module, "_SM3", None)
    yield request.param


def by_library(data: bytes) -> bytes:
    state = hashes.Hash(hashes.SM3())
    state.update(data)
    return state.finalize()


def mac_by_library(data: bytes, secret: bytes) -> bytes:
    state = HMAC(secret, hashes.SM3())
    state.update(data)
    return state.finalize()


@pytest.mark.usefixtures("way")
class TestEachWay:
    @pytest.mark.parametrize(("data", "wanted"), EXAMPLES.items())
    def test_examples_of_the_standard(self, data: bytes, wanted: str) -> None:
        assert digest(data).hex() == wanted
        assert digest(bytearray(data)).hex() == wanted  # type: ignore[arg-type]  # others may have it so

    def test_every_length(self) -> None:
        for length in LENGTHS:
            data = TEXT[:length]
            assert digest(data) == by_library(data), length

    def test_in_pieces(self) -> None:
        for length in LENGTHS:
            for cut in {0, 1, 63, 64, 65, length // 2, length}:
                prefix, end = TEXT[: min(cut, length)], TEXT[min(cut, length) : length]
                assert digests(prefix, end, b"", b"x" * 64) == (
                    by_library(prefix + end), by_library(prefix), by_library(prefix + b"x" * 64)
                ), (length, cut)  # fmt: skip
        assert digests(b"abc") == ()

    def test_keyed_with_secrets_of_every_length(self) -> None:
        for length in LENGTHS:
            secret = TEXT[length : length + length % 200]
            wanted = mac_by_library(TEXT[:length], secret)
            assert mac(TEXT[:length], secret) == keyed(secret)(TEXT[:length]) == wanted, length

    def test_a_keyed_digest_may_be_asked_again(self) -> None:
        value = keyed(b"secret")
        assert value(b"a") == value(b"a") == mac(b"a", b"secret")
        assert mac_matches(b"a", b"secret", "hmac-sm3", value(b"a"))
        assert not mac_matches(b"a", b"secret", "hmac-sm3", value(b"b"))

    def test_from_many_threads(self) -> None:
        secret = TEXT[:32]
        value, made = keyed(secret), tokens(secret)

        def work(start: int) -> bool:
            data = TEXT[start : start + 100_000]
            rows = [("kind", str(start), "汉" * 40)] * 20
            return (
                digest(data) == by_library(data)
                and value(data) == mac_by_library(data, secret)
                and len(set(made(rows))) == 1
            )

        with ThreadPoolExecutor(8) as pool:
            assert all(pool.map(work, range(0, 6400, 100)))

    def test_other_names(self) -> None:
        assert digest(b"abc", "sha256").hex().startswith("ba7816bf")
        assert len(digest(b"abc", "sha384")) == 48
        assert len(mac(b"abc", b"s", "hmac-sha256")) == 32
        for call in (lambda: digest(b"", "md5"), lambda: mac(b"", b"", "sm3"), lambda: keyed(b"", "md5")):
            with pytest.raises(UnknownAlgorithmError):
                call()

    def test_a_token_is_63_bits_of_a_keyed_digest_of_marked_texts(self) -> None:
        secret, values = b"s" * 32, ("", "a", "汉字", "😀" * 70, "x" * 1000)
        said = "kind\x1f0:\x1f1:a\x1f2:汉字\x1f70:" + "😀" * 70 + "\x1f1000:" + "x" * 1000
        wanted = int.from_bytes(mac_by_library(said.encode(), secret)[:8], "big") // 2
        assert tokens(secret)([("kind", *values)] * 2) == [wanted, wanted]
        assert tokens(secret)([]) == []

    @each("rows", [[("a", 1)], [(1,)], [("a", None)], 5])
    def test_a_row_of_something_else_is_no_row(self, rows: list[tuple[str, ...]]) -> None:
        with pytest.raises((TypeError, AttributeError)):
            tokens(b"s")(rows)

    def test_an_empty_row_is_no_row(self) -> None:
        with pytest.raises(TypeError):
            tokens(b"s")([()])


@with_openssl
@pytest.mark.usefixtures("way")
def test_as_openssl_says(tmp_path: Path) -> None:
    for length in (0, 1, 55, 56, 64, 119, 120, 100_000):
        file = tmp_path / "data"
        file.write_bytes(TEXT[:length])
        for more, wanted in (([], digest(TEXT[:length])), (["-hmac", "key"], mac(TEXT[:length], b"key"))):
            said = subprocess.run(
                ["openssl", "dgst", "-sm3", *more, str(file)], capture_output=True, check=True, timeout=60
            )
            assert said.stdout.decode().strip().rpartition(" ")[2] == wanted.hex()


@needed
class TestTheCompiled:
    @given(st.binary(max_size=300), st.binary(max_size=300), st.binary(max_size=150))
    def test_anything(self, data: bytes, more: bytes, secret: bytes) -> None:
        library = sm3_native.load()
        state = library.state(secret)
        assert library.digest(data) == by_library(data)
        assert library.digests(data, more, data) == (by_library(data + more), by_library(data + data))
        assert library.mac(state, data + more) == mac_by_library(data + more, secret)

    def test_what_is_no_argument(self) -> None:
        library = sm3_native.load()
        state = library.state(b"s")
        for call in (
            lambda: library.digest("text"),  # type: ignore[arg-type]
            lambda: library.digests(None),  # type: ignore[arg-type]
            lambda: library.digests(b"", None),  # type: ignore[arg-type]
            lambda: library.mac(state),  # type: ignore[call-arg]
            lambda: library.mac(state, 5),  # type: ignore[arg-type]
            lambda: library.tokens(state, [["a"]]),  # type: ignore[list-item]
            lambda: library.tokens(state, [("a",), "b"]),  # type: ignore[list-item]
        ):
            with pytest.raises(TypeError):
                call()
        for call in (lambda: library.mac(b"short", b""), lambda: library.tokens(b"", [])):
            with pytest.raises(ValueError, match="no state"):
                call()

    def test_a_length_beyond_32_bits_of_bits(self) -> None:
        """The length is told in 64 bits: 512 MiB have 2^32 of them. In two pieces, to hold half."""
        piece = bytes(257 << 20)
        state = hashes.Hash(hashes.SM3())
        state.update(piece)
        state.update(piece)
        assert sm3_native.load().digests(piece, piece) == (state.finalize(),)


class TestLoading:
    def test_none(self, tmp_path: Path) -> None:
        with pytest.raises(sm3_native.UnusableError, match="not compiled"):
            sm3_native.load(tmp_path / "none.so")

    def test_something_else(self, tmp_path: Path) -> None:
        (tmp_path / "no.so").write_bytes(b"no library")
        with pytest.raises(sm3_native.UnusableError):
            sm3_native.load(tmp_path / "no.so")

    @with_compiler
    @pytest.mark.parametrize(
        ("before", "after", "said"),
        [
            ("INTERFACE = 1,", "INTERFACE = 9,", "another version"),
            ("0x7a879d8au", "0x7a879d8bu", "wrong digests"),
            ("self = common;", "begin(&self, START, 0);", "wrong digests"),
            ("0x36 ^ 0x5c", "0x5c", "wrong keyed digests"),
            ("found >> 1", "found >> 2", "wrong tokens"),
            ("PyUnicode_GetLength(value)", "size", "wrong tokens"),
        ],
    )
    def test_one_that_errs_is_not_used(self, tmp_path: Path, before: str, after: str, said: str) -> None:
        source = (ROOT / "certs/algorithms/_sm3.c").read_text("utf-8")
        assert before in source
        (tmp_path / "wrong.c").write_text(source.replace(before, after), "utf-8")
        made = tmp_path / "wrong.so"
        words = ["cc", "-std=c99", "-O1", "-shared", "-fPIC", f"-I{sysconfig.get_path('include')}"]
        subprocess.run(
            [*words, "-o", str(made), str(tmp_path / "wrong.c")], check=True, capture_output=True, timeout=60
        )
        with pytest.raises(sm3_native.UnusableError, match=said):
            sm3_native.load(made)
