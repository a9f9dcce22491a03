"""From PEM, base64, BER and padded fields to one definite-length element, within bounds."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certs.model import write as w
from certs.model.armour import definite, joined, unwrapped
from certs.model.der import MalformedError
from tests.rows import each

MESSAGE = w.sequence(w.oid("1.2.3"), w.explicit(0, w.sequence(w.integer(5), w.octets(b"abcdef"))))


def _endless(tag: int, *inside: bytes) -> bytes:
    return bytes((tag, 0x80)) + b"".join(inside) + b"\0\0"


def test_der_stays_as_it_is() -> None:
    assert unwrapped(MESSAGE) == (MESSAGE, ())


@pytest.mark.parametrize("label", [b"CMS", b"PKCS7", b"PKCS #7 SIGNED DATA"])
def test_pem(label: bytes) -> None:
    body = base64.encodebytes(MESSAGE)
    pem = b"notes\n-----BEGIN " + label + b"-----\r\n" + body + b"-----END " + label + b"-----\n"
    assert unwrapped(pem) == (MESSAGE, ())


def test_base64_in_lines_or_one() -> None:
    assert unwrapped(base64.b64encode(MESSAGE))[0] == MESSAGE
    assert unwrapped(b" " + base64.encodebytes(MESSAGE))[0] == MESSAGE


@pytest.mark.parametrize("bad", [b"", b"0", b"hello", b"MAAA*", b"-----BEGIN CMS-----\nAA", b"\x31\x00"])
def test_neither(bad: bytes) -> None:
    with pytest.raises(MalformedError):
        unwrapped(bad)


def test_padding_is_dropped_and_noted_other_tails_are_not() -> None:
    assert unwrapped(MESSAGE + bytes(500)) == (MESSAGE, ("padding",))
    with pytest.raises(MalformedError, match="behind"):
        unwrapped(MESSAGE + b"\0\1")


def test_indefinite_lengths_become_definite() -> None:
    pieces = _endless(0x24, w.octets(b"abc"), w.octets(b"def"))
    raw = _endless(0x30, w.oid("1.2.3"), _endless(0xA0, _endless(0x30, w.integer(5), pieces)))
    assert unwrapped(raw) == (MESSAGE, ("indefinite-length",))
    assert unwrapped(raw + bytes(8))[0] == MESSAGE
    nested = _endless(0x24, w.element(0x24, w.octets(b"ab")), w.octets(b"c"))
    assert definite(_endless(0x30, nested)) == w.sequence(w.octets(b"abc"))


def test_what_was_definite_stays_byte_for_byte() -> None:
    clumsy = b"\x30\x81\x03\x02\x01\x05"  # a length longer than need be, perhaps inside a signature
    assert definite(_endless(0x30, clumsy, b"\x30\x00")) == w.sequence(clumsy, b"\x30\x00")


@each(
    "bad",
    [
        b"\x30\x80",
        b"\x30\x80\x02\x01\x05",
        b"\x30\x80\x02\x01\x05\x00",
        b"\x30\x80\x02\x80\x00\x00\x00\x00",
        b"\x30\x80\x30\x04\x02\x01\x05\x00\x00\x00",
        b"\x30\x80\x1f\x81\x00\x00\x00\x00",
        b"\x30\x80\x24\x03\x02\x01\x05\x00\x00",
        b"\x30\x80\x02\x85\x01\x01\x01\x01\x01\x00\x00\x00",
        b"\x30\x80\x30\x03\x30\x80\x00\x00\x00\x00",
        b"\x02\x01\x05",
    ],
    ids=["empty", "no mark", "half a mark", "primitive", "mark inside", "long tag", "no octets",
         "long length", "mark outside its parent", "not a message"],
)  # fmt: skip
def test_broken_ber(bad: bytes) -> None:
    with pytest.raises(MalformedError):
        definite(bad)


def test_bounds() -> None:
    with pytest.raises(MalformedError, match="deep"):
        definite(b"\x30\x80" * 100)
    with pytest.raises(MalformedError, match="many"):
        definite(b"\x30\x80" + b"\x05\x00" * 600_000 + b"\0\0")
    assert len(definite(b"\x30\x80" * 60 + b"\0\0" * 60)) == 120


def test_joined() -> None:
    assert joined(w.octets(b"a") + w.octets(b"") + w.octets(b"b")) == b"ab"
    with pytest.raises(MalformedError):
        joined(w.octets(b"a") + w.integer(1))


_LEAVES = st.binary(max_size=300).map(lambda data: (w.octets(data), w.octets(data)))


def _nested(pair: tuple[int, list[tuple[bytes, bytes]]]) -> tuple[bytes, bytes]:
    """The same element twice: with its length, and with a mark at its end."""
    tag, inside = pair
    return w.element(tag, *(one for one, _ in inside)), _endless(tag, *(other for _, other in inside))


_TREES = st.recursive(
    _LEAVES,
    lambda inner: st.tuples(st.sampled_from((0x30, 0x31, 0xA0)), st.lists(inner, max_size=5)).map(_nested),
    max_leaves=30,
)


@given(_TREES)
def test_both_ways_of_writing_lengths_say_the_same(pair: tuple[bytes, bytes]) -> None:
    der, endless = _nested((0x30, [pair]))
    assert definite(endless) == definite(der) == der
    assert unwrapped(endless + bytes(3))[0] == der


@given(st.binary(max_size=200))
def test_nothing_but_malformed_is_raised(data: bytes) -> None:
    for start in (b"", b"\x30\x80", b"\x30\x80\x24\x80", b"-----BEGIN CMS-----"):
        try:
            whole, _ = unwrapped(start + data)
        except MalformedError:
            continue
        assert whole[:1] == b"\x30" or not start
