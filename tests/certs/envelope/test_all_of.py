"""Envelopes that only all holders together open: at one place, or each at a place and time of their own."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certs.cms import read_signed, sign
from certs.envelope import Opened, Share, combine, open_envelope, open_share, seal_envelope
from certs.envelope.shares import joined, split
from certs.envelope.transport import Style
from certs.keys.held import HeldKey
from certs.model.certificate import read_certificate
from certs.model.der import MalformedError
from tests.certs.cms.worlds import NOW, codes
from tests.certs.envelope.worlds import CONTENT, world

W = world()


def seal(content: bytes = CONTENT, recipients: Sequence[bytes] | None = None, **asked: Any) -> bytes:
    asked = {"trust": W.trust, "at": NOW, "model": "all-of"} | asked
    return seal_envelope(content, recipients or W.recipients, W.signer, **asked)


def opened(data: bytes, *keys: HeldKey) -> Opened:
    return open_envelope(data, keys, trust=W.trust, at=NOW, bound=True)


def share(data: bytes, key: HeldKey) -> Share:
    found = open_share(data, key, trust=W.trust, at=NOW)
    assert found.share is not None, found.verdict.sentence("en")
    return found.share


@pytest.mark.parametrize("cipher", ["sm4-cbc", "sm4-gcm", "aes-256-gcm"])
@pytest.mark.parametrize("arc", ["sm2", "rsa"])
def test_all_holders_open_and_any_fewer_do_not(cipher: str, arc: Any) -> None:
    made = seal(cipher=cipher, arc=arc)
    found = opened(made, *W.holders)
    assert found.content == CONTENT, found.verdict.sentence("en")
    assert found.verdict.facts["model"] == "all-of"
    for size in range(len(W.holders)):
        for some in itertools.combinations(W.holders, size):
            fewer = opened(made, *some)
            assert (fewer.content, codes(fewer.verdict)) == (None, {"shares"})
            assert fewer.verdict.state == "indeterminate"
            assert len(fewer.verdict.reasons) == len(W.holders) - size


def test_who_is_missing_is_named() -> None:
    verdict = opened(seal(), *W.holders[:2]).verdict
    assert str(read_certificate(W.recipients[2]).subject) in verdict.sentence()
    assert "密钥份额不齐" in verdict.sentence()


def test_shares_are_opened_apart_and_put_together_in_any_order() -> None:
    made = seal()
    sent = [share(made, key).written() for key in W.holders]
    for order in itertools.permutations(sent):
        shares = [Share.read(one) for one in order]
        found = combine(made, shares, trust=W.trust, at=NOW, bound=True)
        assert found.content == CONTENT, found.verdict.sentence("en")
    assert combine(made, [Share.read(one) for one in sent * 2], trust=W.trust, at=NOW).content == CONTENT


def test_a_share_travels_in_an_envelope_of_its_own() -> None:
    made, desk = seal(), W.stranger
    sent = [
        seal_envelope(share(made, key).written(), [desk.certificate], W.signer, trust=W.trust, at=NOW)
        for key in W.holders
    ]
    shares = [Share.read(open_envelope(one, [desk], trust=W.trust, at=NOW).content or b"") for one in sent]
    assert combine(made, shares, trust=W.trust, at=NOW).content == CONTENT


def test_a_holder_of_no_share_gets_none() -> None:
    found = open_share(seal(), W.stranger, trust=W.trust, at=NOW)
    assert (found.share, codes(found.verdict)) == (None, {"no-recipient"})
    wrong = replace(W.holders[0], private=bytes(31) + b"\x07")
    found = open_share(seal(), wrong, trust=W.trust, at=NOW)
    assert (found.share, codes(found.verdict)) == (None, {"decryption"})
    assert codes(open_share(seal(model="any-of"), W.holders[0], trust=W.trust, at=NOW).verdict) == {
        "no-recipient"
    }
    inner = read_signed(seal()).content or b""
    assert codes(open_share(inner, W.holders[0], trust=W.trust, at=NOW).verdict) == {"unsigned"}


def test_a_share_that_was_not_sealed_is_found_and_its_holder_named() -> None:
    made, other = seal(), seal()
    shares = [share(made, key) for key in W.holders]
    forged = replace(shares[1], value=bytes(len(shares[1].value)))
    foreign = share(other, W.holders[1])
    short = replace(shares[1], value=shares[1].value[:-1])
    for wrong in (forged, foreign, short, replace(shares[0], index=2)):
        found = combine(made, [shares[0], wrong, shares[2]], trust=W.trust, at=NOW)
        assert (found.content, codes(found.verdict)) == (None, {"share-differs"})
        assert found.verdict.reasons[0].at == shares[1].holder
    beside = combine(made, [forged, *shares], trust=W.trust, at=NOW)
    assert beside.content == CONTENT


def test_shares_do_not_open_an_envelope_without_shares() -> None:
    shares = [share(seal(), key) for key in W.holders]
    found = combine(seal(model="any-of"), shares, trust=W.trust, at=NOW)
    assert (found.content, codes(found.verdict)) == (None, {"no-recipient"})


def test_the_signature_outside_counts_here_too() -> None:
    made = seal()
    shares = [share(made, key) for key in W.holders]
    altered = made[:-1] + bytes((made[-1] ^ 1,))
    for found in (
        combine(altered, shares, trust=W.trust, at=NOW),
        open_share(altered, W.holders[0], trust=W.trust, at=NOW),
    ):
        assert not found.verdict.ok
        assert getattr(found, "content", None) is None
        assert getattr(found, "share", None) is None
    stolen = sign(read_signed(made).content or b"", W.thief, time=NOW)
    assert codes(combine(stolen, shares, trust=W.trust, at=NOW, bound=True).verdict) == {"unbound"}


def test_shares_beside_whole_keys_or_incomplete_are_malformed() -> None:
    made, plain = read_signed(seal()).content or b"", read_signed(seal(model="any-of")).content or b""
    from certs.model import write as w
    from certs.model.der import Reader

    def recipients(info: bytes) -> list[bytes]:
        reader = Reader(info)
        body = reader.inside(reader.inside(reader.whole())[1], 0xA0)[0]
        return [reader.raw(one) for one in reader.inside(reader.inside(body)[1], 0x31)]

    def rebuilt(rows: list[bytes]) -> bytes:
        reader = Reader(made)
        outer = reader.inside(reader.whole())
        parts = reader.inside(reader.inside(outer[1], 0xA0)[0])
        body = w.sequence(reader.raw(parts[0]), w.set_of(*rows), *(reader.raw(one) for one in parts[2:]))
        return sign(w.sequence(reader.raw(outer[0]), w.explicit(0, body)), W.signer, time=NOW)

    shares, whole = recipients(made), recipients(plain)
    assert opened(sign(made, W.signer, time=NOW), *W.holders).content is None  # not bound, and asked to be
    for rows in (
        [*shares, whole[0]],
        shares[:-1],
        [*shares, shares[0]],
        [*shares, recipients(read_signed(seal()).content or b"")[0]],
    ):
        assert codes(opened(rebuilt(rows), *W.holders).verdict) == {"malformed"}


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=120))
def test_what_is_no_share_is_malformed(data: bytes) -> None:
    with pytest.raises(MalformedError):
        Share.read(data)


@given(st.binary(min_size=16, max_size=16), st.integers(1, 5))
@settings(max_examples=20, deadline=None)
def test_the_parts_make_the_key_and_fewer_are_random(key: bytes, holders: int) -> None:
    """The last part is the key and all random ones together; without any one of them it stays hidden."""
    drawn: list[bytes] = []

    def random(size: int) -> bytes:
        drawn.append(bytes((len(drawn) + 1,)) * size)
        return drawn[-1]

    certificates = [read_certificate(W.recipients[0])] * holders
    made = split(key, certificates, Style(), random)
    assert len(made) == holders
    values = [Share(b"", at, holders, "", part) for at, part in enumerate(drawn[: holders - 1], 1)]
    last = joined([*values, Share(b"", holders, holders, "", key)])
    assert joined([*values, Share(b"", holders, holders, "", last)]) == key
