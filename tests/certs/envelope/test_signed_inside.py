"""Signed-and-enveloped data: written and read, one answer for whatever does not open."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from certs.algorithms import content_streams
from certs.algorithms.content_ciphers import chosen
from certs.envelope import EnvelopeError, Opened, open_envelope
from certs.envelope.enveloped import read_enveloped
from certs.envelope.signed_inside import seal_signed_and_enveloped
from certs.trust import Revocation, Trust
from tests.certs.cms.worlds import NOW, codes
from tests.certs.envelope.test_any_of import Watched, Wrong
from tests.certs.envelope.worlds import CONTENT, world
from tests.rows import each

W = world()


def seal(**asked: Any) -> bytes:
    return seal_signed_and_enveloped(CONTENT, W.recipients, asked.pop("signer", W.signer), **asked)


def opened(data: bytes, *keys: Any, **asked: Any) -> Opened:
    return open_envelope(data, keys, **({"trust": W.trust, "at": NOW} | asked))


@each("arc", ["sm2", "rsa"])
@each("time", [None, NOW])
@each("signer", [W.signer, W.rsa_signer])
def test_each_holder_opens_alone(arc: Any, time: datetime | None, signer: Any) -> None:
    made = seal(arc=arc, time=time, signer=signer)
    for key in W.holders:
        found = opened(made, key)
        assert found.content == CONTENT, found.verdict.sentence("en")
        assert found.verdict.facts["signature"] == "inside"
        assert found.verdict.signer == signer.certificate
    assert codes(opened(made, W.stranger).verdict) == {"no-recipient"}


def test_the_signers_certificate_is_judged_before_anything_is_decrypted() -> None:
    made, key = seal(), Watched(W.holders[0])
    stranger = opened(made, key, trust=Trust((), Revocation.IGNORED))
    assert (stranger.content, codes(stranger.verdict)) == (None, {"no-path"})
    assert codes(opened(made, key, bound=True).verdict) == {"unbound"}


def test_wrong_padding_wrong_key_and_wrong_signature_look_the_same() -> None:
    made = seal()
    envelope = read_enveloped(made)
    assert envelope.ciphertext is not None
    last = envelope.ciphertext[-1:]
    padding = made.replace(envelope.ciphertext, envelope.ciphertext[:-1] + bytes((last[0] ^ 1,)))
    first = made.replace(envelope.ciphertext, bytes((envelope.ciphertext[0] ^ 1,)) + envelope.ciphertext[1:])
    value = made[:-1] + bytes((made[-1] ^ 1,))
    seen = [opened(one, W.holders[0]) for one in (padding, first, value)]
    seen += [opened(made, Wrong(W.holders[0], answer)) for answer in (None, b"", bytes(16))]
    seen.append(opened(made, replace(W.holders[0], private=bytes(31) + b"\x07")))
    assert {found.content for found in seen} == {None}
    steps = {tuple((check.name, check.outcome) for check in found.verdict.checks) for found in seen}
    assert steps == {(("recipient", "passed"), ("decryption", "failed"))}
    assert {str(reason) for found in seen for reason in found.verdict.reasons} == {"decryption"}


def test_a_second_key_is_tried_when_the_first_does_not_open() -> None:
    assert opened(seal(), Wrong(W.holders[0], bytes(16)), W.holders[1]).content == CONTENT


def test_there_is_no_room_for_a_tag() -> None:
    with pytest.raises(EnvelopeError):
        seal(cipher="sm4-gcm")


def test_a_ciphertext_that_hides_attributes_is_no_content() -> None:
    """Signed attributes of another message, passed off as content that was signed bare."""
    from certs.cms import read_signed, sign

    other = read_signed(sign(b"other", W.signer, time=NOW)).signers[0]
    made = seal()
    envelope = read_enveloped(made)
    assert other.signed_attributes is not None and envelope.ciphertext is not None
    iv = envelope.algorithm.parameters or b""
    forged, _ = content_streams.encrypt(chosen("sm4-cbc", iv[2:]), bytes(16), other.signed_attributes)
    from certs.model import write as w

    swapped = w.implicit(0, w.octets(forged))
    reader_parts = made.replace(w.implicit(0, w.octets(envelope.ciphertext)), swapped)
    assert opened(reader_parts, Wrong(W.holders[0], bytes(16))).content is None
