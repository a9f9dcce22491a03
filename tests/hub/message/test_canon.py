"""The compiled look at a text says yes only where the long way finds nothing, and gives the same bytes."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sysconfig
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certs.algorithms.compiled import UnusableError
from certs.algorithms.digest import digest
from hub.message import canon, canonical, parse, strict
from hub.message.canonical import CIRCUMSTANCE, Written
from hub.standard import load as load_standard
from tests.rows import each

ROOT = Path(__file__).parents[3]
AT_EASE = os.environ.get("CI") != "true"
COMPILED = Path(canon.__file__).with_name(canon.file_name())
needed = pytest.mark.skipif(not COMPILED.is_file() and AT_EASE, reason=f"{COMPILED.name} was compiled")
with_compiler = pytest.mark.skipif(shutil.which("cc") is None and AT_EASE, reason="a C compiler")
LOOK = canon.load() if COMPILED.is_file() else canon.none
NAMES = st.sampled_from(
    ["", "a", "b", "ab", "sign", "value", "time", "nonce", "é", 'q"', "\\", "\x7f", " ", "~"]
)
NUMBERS = st.integers() | st.sampled_from([0, -1, 10**15 - 1, 10**15, 2**53, 2**53 + 1, -(2**53)])
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.floats(allow_nan=False) | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)
HEADS = st.fixed_dictionaries(
    {"from": st.just("P01"), "ver": st.just("1")},
    optional={
        "nonce": st.text(max_size=4),
        "time": st.text(max_size=4),
        "sign": st.fixed_dictionaries({"alg": st.just("x"), "value": st.text(max_size=4)}) | VALUES,
        "stage": VALUES,
        "zz": VALUES,
    },
)
ENVELOPES = st.fixed_dictionaries(
    {"body": st.dictionaries(NAMES, VALUES, max_size=4), "head": HEADS | st.dictionaries(NAMES, VALUES)}
)


def by(parts: canon.Parts, raw: bytes) -> Any:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(strict, "parts", parts)
        return parse(raw)


def long_way(raw: bytes) -> Any:
    return by(canon.none, raw)


def check(raw: bytes) -> bool:
    """Whatever is said of these bytes is right; True if they were said to be canonical."""
    parts, wanted, found = LOOK(raw), long_way(raw), by(LOOK, raw)
    assert (found.value, found.findings) == (wanted.value, wanted.findings)
    assert found.canon == (parts if not found.findings else None)
    if found.canon is None:
        return False
    envelope = wanted.value
    assert canonical(envelope) == raw
    short, long = Written(envelope, raw, found.canon), Written(envelope)
    assert short.body == long.body
    assert short.signed() == long.signed()
    assert short.content_digest() == long.content_digest()
    assert short.record_digest() == long.record_digest()
    assert short.raw_digest == digest(raw)
    return True


def plain(value: Any, depth: int = 0) -> bool:
    """What the look may be certain of."""
    if isinstance(value, dict):
        named = all(name.isascii() and name.isprintable() and not set('"\\') & set(name) for name in value)
        return named and depth < 16 and all(plain(one, depth + 1) for one in value.values())
    if isinstance(value, list):
        return depth < 16 and all(plain(one, depth + 1) for one in value)
    if isinstance(value, str):
        return not any(one in '"\\' or one < " " for one in value)
    return not isinstance(value, float) and (value is None or abs(value) < 10**15)


@needed
class TestTheLook:
    @settings(max_examples=600)
    @given(ENVELOPES)
    def test_what_is_canonical_is_seen_and_nothing_else(self, envelope: dict[str, Any]) -> None:
        try:
            raw = canonical(envelope)
        except ValueError:
            return  # an integer no message may have
        assert check(raw) == plain(envelope)
        check(json.dumps(envelope).encode())
        check(json.dumps(envelope, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "replace"))

    def test_every_sample_of_the_standard(self) -> None:
        standard = load_standard()
        for stage in standard.by_id:
            envelope = standard.sample(stage, 7)
            envelope["head"]["sign"] = {"alg": "hmac-sm3", "keyId": "k", "value": "QUJD"}
            assert check(canonical(envelope)) == plain(envelope), stage

    def test_a_message_changed_at_random(self) -> None:
        """Bytes changed, left out, doubled, swapped: what is said of them must be right all the same."""
        dice = random.Random(5)
        head = {"from": "P01", "nonce": "n", "sign": {"alg": "a", "keyId": "k", "value": "v"}, "time": "t"}
        body = {"fields": {"A": "汉字", "B": 12, "C": [1, {"x": None}], "D": True}, "key": "k", "version": 1}
        start = canonical({"body": body, "head": head})
        marks = b'{}[],:"\\0123456789-.eE aABn\x00\x1f\x7f\x80\xed\xa0\xff'
        right = 0
        for _ in range(20_000):
            raw = bytearray(start)
            for _ in range(dice.choice((1, 1, 1, 2, 3))):
                at, to = sorted(dice.randrange(len(raw)) for _ in range(2))
                how = dice.randrange(5)
                if how == 0:
                    raw[at] = dice.choice(marks)
                elif how == 1:
                    raw.insert(at, dice.choice(marks))
                elif how == 2:
                    del raw[at : min(to, at + 9)]
                elif how == 3:
                    raw[at:at] = raw[at:to]
                else:
                    del raw[to:]
                if not raw:
                    break
            right += check(bytes(raw))
        assert 200 < right < 15_000  # some changes leave a message a message

    @each("length", range(60))
    def test_a_text_that_is_cut_off(self, length: int) -> None:
        raw = canonical({"body": {"a": [1, {"b": "汉"}]}, "head": {"sign": {"value": "v"}, "t": True}})
        assert LOOK(raw[:length]) is None or length == len(raw)

    @each(
        "raw",
        [
            b'{"body":{"a":-0},"head":{}}',
            b'{"body":{"a":01},"head":{}}',
            b'{"body":{"a":1000000000000000},"head":{}}',
            b'{"body":{"a":1e3},"head":{}}',
            b'{"body":{"a":-},"head":{}}',
            b'{"body":{"a":1,},"head":{}}',
            b'{"body":{,},"head":{}}',
            b'{"body":{"a":[1,]},"head":{}}',
            b'{"body":{"a":[,1]},"head":{}}',
            b'{"body":{"a":"\\""},"head":{}}',
            b'{"body":{"a":"\x00"},"head":{}}',
            b'{"body":{"\xc3\xa9":1},"head":{}}',
            b'{"body":{"a":1,"a":2},"head":{}}',
            b'{"body":{"ab":1,"a":2},"head":{}}',
            b'{"body":{},"head":{"sign":{},"sign":{}}}',
            b'{"body":{},"head":{}}}',
            b'{"body":{},"head":{},"x":1}',
            b'{"body":1,"head":{}}',
            b'{"body":{},"head":[]}',
            b'{"body":' + b'{"a":' * 15 + b"{}" + b"}" * 15 + b',"head":{}}',
            b"",
        ],
    )
    def test_not_certain(self, raw: bytes) -> None:
        assert LOOK(raw) is None
        check(raw)

    @pytest.mark.parametrize("text", [b"\xff", b"\xed\xa0\x80", b"\xc3", b"\xf5\x80\x80\x80", b"\xc0\x80"])
    def test_bytes_that_are_no_text_are_refused_by_the_decoder(self, text: bytes) -> None:
        raw = b'{"body":{"a":"%b"},"head":{}}' % text
        assert LOOK(raw) is not None
        assert parse(raw).value is None
        assert [one.code for one in parse(raw).findings] == ["json.encoding"]
        assert parse(raw).canon is None

    def test_as_deep_as_parse_allows(self) -> None:
        assert check(b'{"body":' + b'{"a":' * 14 + b"{}" + b"}" * 14 + b',"head":{}}')
        assert LOOK(b'{"body":{"a":' + b"[" * 100_000) is None

    def test_bytes_only(self) -> None:
        others: list[Any] = ["text", None, bytearray(b'{"body":{},"head":{}}')]
        assert [LOOK(other) for other in others] == [None, None, None]


def test_without_it_nothing_changes() -> None:
    raw = canonical({"body": {"a": "汉"}, "head": {"sign": {"value": "v"}}})
    found = long_way(raw)
    assert (found.findings, found.canon) == ((), None)
    assert Written(found.value).raw_digest == b""
    assert frozenset({"time", "nonce", "sign"}) == CIRCUMSTANCE  # as `_canon.c` has them


class TestLoading:
    def test_none(self, tmp_path: Path) -> None:
        with pytest.raises(UnusableError, match="not compiled"):
            canon.load(tmp_path / "none.so")

    @with_compiler
    @pytest.mark.parametrize(
        ("before", "after", "said"),
        [
            ("INTERFACE = 1,", "INTERFACE = 9,", "another version"),
            ("return order != 0 ? order < 0 : first < second;", "return order <= 0;", "wrong parts"),
            ("&& in.at == in.end", "", "wrong parts"),
            ('{"nonce", "sign", "time"}', '{"nonce", "sign", "tame"}', "wrong parts"),
            ("|| one == '\\\\'", "", "wrong parts"),
        ],
    )
    def test_one_that_errs_is_not_used(self, tmp_path: Path, before: str, after: str, said: str) -> None:
        source = (ROOT / "hub/message/_canon.c").read_text("utf-8")
        assert before in source
        (tmp_path / "wrong.c").write_text(source.replace(before, after), "utf-8")
        made = tmp_path / "wrong.so"
        words = ["cc", "-std=c99", "-O1", "-shared", "-fPIC", f"-I{sysconfig.get_path('include')}"]
        subprocess.run(
            [*words, "-o", str(made), str(tmp_path / "wrong.c")], check=True, capture_output=True, timeout=60
        )
        with pytest.raises(UnusableError, match=said):
            canon.load(made)
