"""The compiled accelerator says what libcrypto and plain Python say: also for values made to trip it up."""

from __future__ import annotations

import ctypes
import os
import random
import shutil
import subprocess
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder

from certs.algorithms import sm2, sm2_native, sm3_native
from certs.algorithms import sm2_curve as curve
from certs.algorithms.sm2_keys import to_point
from certs.algorithms.sm2_libcrypto import UnusableError, installed
from certs.algorithms.sm2_libcrypto import load as load_libcrypto

ROOT = Path(__file__).parents[3]
PYTHON = sm2.PurePython()
LIBRARY: ctypes.CDLL | None = None
WHY = ""
try:
    LIBRARY = sm2_native.load()
except UnusableError as missing:
    WHY = str(missing)
# Under CI a missing part is a failure: the tests run, and say what is missing.
AT_EASE = os.environ.get("CI") != "true"
needed = pytest.mark.skipif(LIBRARY is None and AT_EASE, reason=WHY or "compiled")
with_compiler = pytest.mark.skipif(shutil.which("cc") is None and AT_EASE, reason="a C compiler")
G = b"\x04" + b"".join(part.to_bytes(32, "big") for part in curve.G)
MINUS_G = b"\x04" + curve.G[0].to_bytes(32, "big") + (curve.P - curve.G[1]).to_bytes(32, "big")
EDGES = [0, 1, 2, curve.N // 2, curve.N - 2, curve.N - 1]
BEYOND = [curve.N, curve.N + 1, curve.P - 1, curve.P, 2**256 - 1]


def native(*, seen: int | None = None, tables: int = 4) -> sm2_native.Native:
    assert LIBRARY is not None
    return sm2_native.Native(LIBRARY, PYTHON, seen=seen, tables=tables)


def with_table(public: bytes) -> sm2_native.Native:
    """A backend that has a table of this key already; its own signature earns it."""
    made = native(seen=1)
    r, s, e = forged(public, 5, 7)
    assert made.verify(e, r, s, public)
    assert made.hot == 1
    return made


def forged(public: bytes, s: int, t: int) -> tuple[int, int, bytes]:
    """r, s and an e for which they hold, without the private key: any sG + tQ will do."""
    r = (t - s) % curve.N
    e = curve.signed_digest(r, s, to_point(public))
    assert e is not None
    return r, s, e.to_bytes(32, "big")


def run(count: int, seed: int, every: int = 1) -> list[str]:
    """Where the accelerator disagrees with libcrypto, or with plain Python in one of `every` cases: random
    signatures, and altered ones with digest, r, s or key changed. Empty is well."""
    library = load_libcrypto(installed())[0]
    others: list[sm2.Backend] = [library] if library is not None else []
    signer: sm2.Backend = library or PYTHON
    chance, wrong = random.Random(seed), []
    cold = native()
    for turn in range(count):
        if turn % 50 == 0:
            private = chance.randrange(1, curve.N - 1).to_bytes(32, "big")
            public = sm2.public_of(private)
            stranger = sm2.public_of(chance.randrange(1, curve.N - 1).to_bytes(32, "big"))
            hot = {public: with_table(public), stranger: with_table(stranger)}
        digest, by = chance.randbytes(32), public
        r, s = signer.sign(digest, private)
        change, bit = chance.randrange(8), 1 << chance.randrange(256)
        if change == 1:
            digest = (int.from_bytes(digest, "big") ^ bit).to_bytes(32, "big")
        elif change == 2:
            r = min(max(r ^ bit, 1), curve.N - 1)
        elif change == 3:
            s = min(max(s ^ bit, 1), curve.N - 1)
        elif change == 4:
            by = stranger
        elif change == 5:
            r, s = s, r
        elif change == 6:
            s = curve.N - s
        judges = [cold, hot[by], *others, *([PYTHON] if turn % every == 0 else [])]
        found = [judge.verify(digest, r, s, by) for judge in judges]
        if set(found) != {change in (0, 7)}:
            wrong.append(f"{found} {digest.hex()} {r:x} {s:x} {by.hex()}")
    return wrong


@needed
def test_random_and_altered_signatures_are_judged_alike() -> None:
    assert run(400, seed=20261122, every=4) == []


@needed
@pytest.mark.parametrize("public", [G, MINUS_G, sm2.public_of(b"\x01" * 32)], ids=["G", "-G", "other"])
def test_edges_of_every_number(public: bytes) -> None:
    """Sums that double, cancel or end at infinity, and numbers that are out of range."""
    judges = [native(), with_table(public)]
    for e in (0, 1, curve.N - 1, curve.N, curve.P, 2**256 - 1):
        digest = e.to_bytes(32, "big")
        for r in EDGES:
            for s in EDGES:
                wanted = curve.verify(digest, r, s, to_point(public))
                assert {judge.verify(digest, r, s, public) for judge in judges} == {wanted}, (e, r, s)
    for strange in BEYOND:
        for judge in judges:
            assert not judge.verify(bytes(32), strange, 1, public)
            assert not judge.verify(bytes(32), 1, strange, public)
    for judge in judges:
        for r in (1, curve.N // 2, curve.N - 1):
            assert not judge.verify(bytes(32), r, curve.N - r, public)  # r + s = n


@needed
def test_what_holds_by_construction_holds() -> None:
    """Every pair of scalars gives a signature that holds for some e: here those where additions meet."""
    small = [
        1,
        2,
        3,
        5,
        63,
        64,
        65,
        127,
        128,
        129,
        255,
        256,
        2**64 - 1,
        2**64,
        2**255,
        curve.N - 1,
        curve.N - 2,
    ]
    for public in (G, MINUS_G, sm2.public_of(b"\x02" * 32)):
        judges = [native(), with_table(public)]
        for s in small:
            for t in small:
                if t == s or curve.combine(s, t, to_point(public)) is None:
                    continue
                r, _, e = forged(public, s, t)
                near = (int.from_bytes(e, "big") ^ 1).to_bytes(32, "big")
                for judge in judges:
                    assert judge.verify(e, r, s, public), (s, t)
                    assert not judge.verify(near, r, s, public)
                over = int.from_bytes(e, "big") + curve.N
                if over < 2**256:
                    assert all(judge.verify(over.to_bytes(32, "big"), r, s, public) for judge in judges)


@needed
def test_a_sum_at_infinity_is_no_signature() -> None:
    """sG + t(-G) with s = t: r would be 0, so take Q = -2G, s = 2t."""
    x, y = curve.multiply(2, curve.G) or (0, 0)
    public = b"\x04" + x.to_bytes(32, "big") + (curve.P - y).to_bytes(32, "big")
    t = 0x1234567
    s = 2 * t
    r = (t - s) % curve.N
    for judge in (native(), with_table(public)):
        for e in (bytes(32), r.to_bytes(32, "big"), ((r - curve.G[0]) % curve.N).to_bytes(32, "big")):
            assert not judge.verify(e, r, s, public)


@needed
@pytest.mark.parametrize(
    "public",
    [
        b"\x04" + bytes(64),
        b"\x04" + b"\xff" * 64,
        G[:-1] + bytes([G[-1] ^ 1]),
        b"\x04" + (curve.P).to_bytes(32, "big") + G[33:],
        G[:33] + (curve.G[1] + curve.P).to_bytes(33, "big")[-32:],
    ],
)
def test_what_is_no_point_is_an_error_of_ours(public: bytes) -> None:
    with pytest.raises(UnusableError):
        native(seen=1).verify(bytes(32), 1, 1, public)


@needed
@pytest.mark.parametrize(("e", "public"), [(bytes(31), G), (bytes(33), G), (bytes(32), G[1:]), (b"", b"")])
def test_sizes_are_looked_at_before_memory_is(e: bytes, public: bytes) -> None:
    with pytest.raises(UnusableError):
        native().verify(e, 1, 1, public)


@needed
class TestTables:
    def test_earned_by_signatures_that_hold(self) -> None:
        made = native(seen=3)
        r, s, e = forged(G, 5, 7)
        for _ in range(10):
            assert not made.verify(e, r, s + 1, G)
        assert made.hot == 0
        for turn in range(5):
            assert made.verify(e, r, s, G)
            assert made.hot == (turn >= 2)
        made.forget()
        assert made.hot == 0
        assert made.verify(e, r, s, G)
        assert made.hot == 0

    def test_strangers_do_not_push_out_who_comes_more_often(self) -> None:
        made = native(seen=2, tables=2)
        keys = [sm2.public_of(n.to_bytes(32, "big")) for n in range(2, 12)]
        values = {key: forged(key, 5, 7) for key in keys}

        def use(key: bytes, times: int) -> None:
            r, s, e = values[key]
            for _ in range(times):
                assert made.verify(e, r, s, key)

        use(keys[0], 6)
        use(keys[1], 6)
        for key in keys[2:]:
            use(key, 3)
        assert list(made._tables) == keys[:2]
        use(keys[2], 5)  # eight times in all: now it counts for more than the one not used for longest
        assert list(made._tables) == [keys[1], keys[2]]

    def test_the_count_of_keys_is_bounded(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sm2_native, "_COUNTED", 8)
        made = native(seen=100)
        for n in range(2, 40):
            public = sm2.public_of(n.to_bytes(32, "big"))
            r, s, e = forged(public, 5, 7)
            assert made.verify(e, r, s, public)
            assert len(made._counts) <= 9

    def test_threads_share_them(self) -> None:
        made = native(seen=2, tables=3)
        keys = [sm2.public_of(n.to_bytes(32, "big")) for n in range(2, 10)]
        values = [forged(key, 11, 13) for key in keys]

        def work(n: int) -> bool:
            r, s, e = values[n % 8]
            return made.verify(e, r, s, keys[n % 8]) and not made.verify(e, r, s + 1, keys[n % 8])

        with ThreadPoolExecutor(4) as pool:
            assert all(pool.map(work, range(400)))
        assert made.hot == 3


class TestChoice:
    def test_without_the_file_everything_goes_on(self, tmp_path: Path) -> None:
        chosen, why = sm2.accelerated(PYTHON, tmp_path / "none.so")
        assert chosen is PYTHON
        assert "not compiled" in str(why)

    def test_a_file_that_is_no_library_is_passed_over(self, tmp_path: Path) -> None:
        (tmp_path / "bad.so").write_bytes(b"\x7fELF" + bytes(200))
        chosen, why = sm2.accelerated(PYTHON, tmp_path / "bad.so")
        assert chosen is PYTHON
        assert "bad.so" in str(why)

    @with_compiler
    @pytest.mark.parametrize(
        ("before", "after", "said"),
        [
            ("INTERFACE = 1", "INTERFACE = 2", "another version"),
            ("if (equal(wanted, sum.x)) return 1;", "return 1;", "identity"),
            ("add_by_table(&sum, t, known, known_width);", "", "refuses"),  # wrong with a table only
            ("PUBLIC size_t hutong_sm2_size", "static size_t hutong_sm2_size", "hutong_sm2_size"),
        ],
    )
    def test_one_that_judges_wrongly_is_not_used(
        self, tmp_path: Path, before: str, after: str, said: str
    ) -> None:
        source = (ROOT / "certs/algorithms/_sm2.c").read_text("utf-8")
        assert before in source
        (tmp_path / "wrong.c").write_text(source.replace(before, after), "utf-8")
        made = tmp_path / "wrong.so"
        words = ["cc", "-std=c99", "-O1", "-shared", "-fPIC", "-o", str(made), str(tmp_path / "wrong.c")]
        subprocess.run(words, check=True, capture_output=True, timeout=60)
        chosen, why = sm2.accelerated(PYTHON, made)
        assert chosen is PYTHON
        assert said in str(why)

    @needed
    def test_in_front_of_plain_python(self) -> None:
        chosen, why = sm2.accelerated(PYTHON)
        assert (chosen.name, why) == ("native", None)
        signature = sm2.sign(b"m", b"\x05" * 32, by=chosen)
        assert sm2.verify(b"m", signature, sm2.public_of(b"\x05" * 32), by=PYTHON)


class TestBuilding:
    def build(self, folder: Path) -> tuple[str, list[str]]:
        wheel = Path(next(WheelBuilder(str(ROOT)).build(directory=str(folder), versions=["standard"])))
        return wheel.name, zipfile.ZipFile(wheel).namelist()

    @with_compiler
    def test_a_wheel_with_the_library_says_for_what_platform(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("HUTONG_NO_COMPILER", raising=False)
        name, files = self.build(tmp_path)
        for wanted in (sm2_native.file_name(), sm3_native.file_name()):
            assert files.count(f"certs/algorithms/{wanted}") == 1
        assert "-py3-none-" in name
        assert not name.endswith("-any.whl")

    @pytest.mark.parametrize("how", [("HUTONG_NO_COMPILER", "1"), ("CC", "false")])
    def test_without_a_compiler_the_wheel_is_for_all(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: tuple[str, str]
    ) -> None:
        monkeypatch.setenv(*how)
        name, files = self.build(tmp_path)
        assert name.endswith("-py3-none-any.whl")
        assert [file for file in files if file.endswith(".so")] == []
