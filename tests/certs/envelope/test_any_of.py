"""Envelopes that each holder opens alone: ours by ours, ours by a second hand, and what must not open."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

import certs
from certs.algorithms.content_ciphers import WRITTEN, chosen
from certs.algorithms.sm2 import pem
from certs.algorithms.sm2_ciphertext import FORMS
from certs.cms import read_signed, sign
from certs.envelope import (
    EnvelopeError,
    RecipientsRefusedError,
    Style,
    judge_recipients,
    open_envelope,
    open_key,
    seal_envelope,
)
from certs.envelope import oids as envelope_oids
from certs.envelope.binding import binding, stated
from certs.envelope.sealing import enveloped
from certs.envelope.transport import transport
from certs.keys.held import HeldKey
from certs.keys.port import KeyFailureError
from certs.model import write as w
from certs.model.certificate import read_certificate
from certs.reasons import REASONS
from certs.testpki.issue import DAY, new_key
from certs.trust import Revocation, Trust
from tests.certs.cms.worlds import NOW, codes, notes
from tests.certs.envelope.worlds import CONTENT, world
from tests.certs.golden import envelope_reader
from tests.certs.golden.cms_writer import Party
from tests.certs.golden.envelope_writer import Holder
from tests.rows import each

W = world()


def seal(content: bytes = CONTENT, **asked: Any) -> bytes:
    asked = {"trust": W.trust, "at": NOW} | asked
    return seal_envelope(
        content, asked.pop("recipients", W.recipients), asked.pop("signer", W.signer), **asked
    )


def opened(data: bytes, *keys: Any, **asked: Any) -> Any:
    return open_envelope(data, keys, **({"trust": W.trust, "at": NOW} | asked))


@each("arc", ["sm2", "rsa"])
@each("cipher", WRITTEN)
def test_each_holder_opens_alone_and_nobody_else(cipher: str, arc: str) -> None:
    made = seal(cipher=cipher, arc=arc)
    for key in W.holders:
        found = opened(made, key, bound=True)
        assert found.content == CONTENT, found.verdict.sentence("en")
        assert found.verdict.signer == W.signer.certificate
        assert found.verdict.facts["model"] == "any-of"
        assert found.verdict.facts["cipher"] == cipher
        assert [check.name for check in found.verdict.checks] == [
            "envelope-signature", "recipient", "decryption",
        ]  # fmt: skip
        assert notes(found.verdict) == set()
    other = opened(made, W.stranger, W.signer)
    assert (other.content, codes(other.verdict)) == (None, {"no-recipient"})
    assert other.verdict.sentence() == "无效:信封不是发给此密钥"
    assert opened(made).content is None


def test_the_public_names_are_exported() -> None:
    assert (certs.seal_envelope, certs.open_envelope) == (seal_envelope, open_envelope)


@pytest.mark.parametrize("content", [b"", b"1", bytes(16), bytes(100_000)])
def test_content_of_any_length(content: bytes) -> None:
    assert opened(seal(content), W.holders[0]).content == content


@pytest.mark.parametrize("arc", ["sm2", "rsa"])
@pytest.mark.parametrize("cipher", ["sm4-cbc", "sm4-gcm", "aes-256-cbc"])
@pytest.mark.parametrize("rsa", ["rsa-oaep-sha256", "rsa-pkcs1v15"])
def test_a_second_hand_opens_what_we_write(cipher: str, arc: str, rsa: Any) -> None:
    made = seal(cipher=cipher, arc=arc, style=Style(rsa=rsa))
    info = envelope_reader.content_of(made)
    for key in W.holders:
        family = "rsa" if key.algorithm == "rsa-sha256" else "sm2"
        party = Party(family, None, b"", lambda message: message, key.certificate)
        assert envelope_reader.opened(info, Holder(party, key.private)) == CONTENT


@pytest.mark.parametrize("form", FORMS)
def test_styles_of_other_kits_are_written_and_read(form: str) -> None:
    made = seal(style=Style(by_key=True, sm2_form=form, rsa="rsa-pkcs1v15"))
    assert all(opened(made, key).content == CONTENT for key in W.holders)


def test_what_gmssl_wants_is_written_and_told_when_read() -> None:
    made = seal(style=Style(sm2_name="1.2.156.10197.1.301.2"))
    found = opened(made, W.holders[0])
    assert (found.content, notes(found.verdict)) == (CONTENT, {"key-transport-named-otherwise"})


def test_text_forms_are_opened_too() -> None:
    made = seal()
    for text in (pem("CMS", made).encode(), base64.b64encode(made)):
        assert opened(text, W.holders[0]).content == CONTENT


@pytest.mark.parametrize(("field", "value"), [("arc", "sm2"), ("arc", "rsa")])
def test_versions_follow_the_standards(field: str, value: str) -> None:
    for style, expected in ((Style(), 1 if value == "sm2" else 0), (Style(by_key=True), 2)):
        info = read_signed(seal(style=style, **{field: value})).content or b""
        assert w.sequence(w.oid(envelope_oids.ENVELOPED[value]))[2:] in info[:20]
        at = info.index(b"\x02\x01")
        assert info[at + 2] == expected


class Watched:
    """A key that must not be asked."""

    def __init__(self, held: HeldKey) -> None:
        self.certificate = held.certificate

    def decrypt(self, ciphertext: bytes, scheme: str) -> bytes:
        raise AssertionError("asked")


def test_nothing_is_decrypted_before_the_signature_holds() -> None:
    made = seal()
    key = Watched(W.holders[0])
    inner = read_signed(made).content or b""
    unsigned = opened(inner, key)
    assert codes(unsigned.verdict) == {"unsigned"}
    assert unsigned.verdict.sentence() == "无效:信封之外没有签名"
    assert codes(opened(made, key, trust=Trust((), Revocation.IGNORED)).verdict) == {"no-path"}
    late = opened(made, key, at=NOW + timedelta(days=400))
    assert "expired" in codes(late.verdict)
    altered = made.replace(inner, inner[:-1] + bytes((inner[-1] ^ 1,)))
    assert codes(opened(altered, key).verdict) >= {"digest"}
    gone = replace(W.trust, crls=(W.sm2.crl([(read_signed(made).signers[0].serial or 0, NOW - DAY, 1)]),))
    assert codes(opened(made, key, trust=gone).verdict) == {"revoked"}


def test_somebody_elses_envelope_signed_again_does_not_open() -> None:
    """A thief takes the ciphertext of a bid and signs it as his own."""
    made = seal()
    signed = read_signed(made)
    content = signed.content or b""
    with_attribute = {envelope_oids.BINDING: signed.signers[0].attributes[envelope_oids.BINDING][0]}
    copied = sign(content, W.thief, attributes=with_attribute, time=NOW)
    assert codes(opened(copied, *W.holders).verdict) == {"decryption"}
    dropped = sign(content, W.thief, time=NOW)
    refused = opened(dropped, *W.holders, bound=True)
    assert (refused.content, codes(refused.verdict)) == (None, {"unbound"})
    told = opened(dropped, *W.holders)
    assert [reason.code for reason in told.verdict.forgiven] == ["unbound"]
    together = sign(content, [W.signer, W.thief], attributes=with_attribute, time=NOW)
    assert codes(opened(together, *W.holders, bound=True).verdict) == {"unbound"}


class Wrong:
    """A key that answers with another secret, as RSA with PKCS#1 v1.5 does for a wrong padding."""

    def __init__(self, held: HeldKey, answer: bytes | None) -> None:
        self.certificate, self.answer = held.certificate, answer

    def decrypt(self, ciphertext: bytes, scheme: str) -> bytes:
        if self.answer is None:
            raise KeyFailureError("device gone")
        return self.answer


@each("cipher", ["sm4-cbc", "sm4-gcm"])
@each("answer", [None, b"", bytes(16), bytes(24), bytes(300)])
def test_a_wrong_key_has_one_answer_whatever_went_wrong(cipher: str, answer: bytes | None) -> None:
    found = opened(seal(cipher=cipher), Wrong(W.holders[1], answer))
    assert found.content is None
    assert [str(reason) for reason in found.verdict.reasons] == ["decryption"]


def test_another_key_under_the_right_certificate_never_opens() -> None:
    made = [seal(style=Style(rsa="rsa-pkcs1v15")) for _ in range(40)]
    wrong = replace(W.holders[1], private=new_key("rsa-sha256"))
    assert {opened(one, wrong).verdict.sentence() for one in made} == {"无效:解密失败"}
    assert all(opened(one, wrong, W.holders[0]).content == CONTENT for one in made[:2])


def test_two_keys_for_two_readings_do_not_both_open() -> None:
    """A sender gives each holder another key, so that one ciphertext is two bids: only one key fits."""
    cipher = chosen("sm4-cbc", bytes(16))
    one, two = bytes(16), bytes(15) + b"\1"
    holders = [read_certificate(raw) for raw in (W.recipients[0], W.recipients[2])]
    rows = [transport(key, holder, Style()) for key, holder in zip((one, two), holders, strict=True)]
    for content in (bytes(number) for number in range(64)):
        sealed = enveloped(content, one, cipher, rows, "sm2")
        stated = {envelope_oids.BINDING: w.octets(binding(one, W.signer.certificate, sealed))}
        made = sign(sealed, W.signer, attributes=stated, time=NOW)
        assert opened(made, W.holders[0]).content == content
        assert codes(opened(made, W.holders[2]).verdict) == {"decryption"}


def test_a_key_without_a_certificate_is_for_nobody() -> None:
    bare = replace(W.holders[0], certificate=b"")
    for model in ("any-of", "all-of"):
        found = opened(seal(model=model), bare)
        assert codes(found.verdict) == ({"no-recipient"} if model == "any-of" else {"shares"})
    assert opened(seal(), bare, W.holders[1]).content == CONTENT


def test_recipients_are_judged_and_all_findings_told() -> None:
    expired = W.sm2.issue("过期者", usage=("keyEncipherment",), not_after=NOW - DAY)
    elliptic = W.rsa.issue("椭圆", algorithm="ecdsa-sha256", usage=("keyAgreement",))
    bad = [W.signer.certificate, expired.certificate, elliptic.certificate, b"\x30\x00"]
    verdict = judge_recipients([*W.recipients, *bad], trust=W.trust, at=NOW)
    assert codes(verdict) == {"key-usage", "expired", "key", "malformed"}
    good = judge_recipients(W.recipients, trust=W.trust, at=NOW)
    assert good.ok and {check.name for check in good.checks} == {"recipient-certificate"}
    assert not judge_recipients([], trust=W.trust, at=NOW).ok
    with pytest.raises(RecipientsRefusedError) as caught:
        seal(recipients=[*W.recipients, *bad[:2]])
    assert codes(caught.value.verdict) == {"key-usage", "expired"}
    assert opened(seal(recipients=[W.signer.certificate], trust=None), W.signer).content == CONTENT


@pytest.mark.parametrize(
    "asked",
    [
        {"recipients": []},
        {"recipients": [W.recipients[0]] * 2},
        {"recipients": [b"\x30\x00"]},
        {"recipients": [W.rsa.issue("椭圆", algorithm="ecdsa-sha256").certificate]},
        {"cipher": "sm4-ecb"},
        {"cipher": "des"},
        {"model": "some-of"},
    ],
)
def test_what_cannot_be_made_is_refused(asked: dict[str, Any]) -> None:
    with pytest.raises(EnvelopeError):
        seal(trust=None, **asked)


@pytest.mark.parametrize("data", [b"", b"\x30\x00", b"text", bytes(1000), W.signer.certificate])
def test_what_is_no_envelope_is_malformed(data: bytes) -> None:
    found = opened(data, *W.holders)
    assert (found.content, codes(found.verdict)) == (None, {"malformed"})


def test_signed_data_that_is_no_envelope_is_malformed() -> None:
    for content in (CONTENT, b"\x30\x00", seal()):
        assert codes(opened(sign(content, W.signer, time=NOW), *W.holders).verdict) == {"malformed"}


def test_every_reason_here_has_words() -> None:
    for code in ("unsigned", "unbound", "share-differs", "shares", "decryption", "no-recipient"):
        assert REASONS[code].zh and REASONS[code].en


def test_the_key_itself_is_given_out_to_its_holder_where_the_signature_binds_it() -> None:
    w = world()
    at = {"trust": w.trust, "at": NOW}
    for holder, cipher in zip(w.holders, ("sm4-cbc", "aes-256-gcm", "sm4-gcm"), strict=True):
        made = seal_envelope(CONTENT, [holder.certificate], w.signer, model="any-of", cipher=cipher, **at)
        found = open_key(made, holder, **at)
        assert found.share is not None, found.verdict.sentence("en")
        outside = read_signed(made)
        bound = stated(outside)
        assert bound == binding(found.share.value, w.signer.certificate, outside.content)
        assert (found.share.group, found.share.index, found.share.total) == (bound[:16], 1, 1)
        other = open_key(made, w.stranger, **at)
        assert (other.share, codes(other.verdict)) == (None, {"no-recipient"})
    split = seal_envelope(CONTENT, w.recipients, w.signer, model="all-of", **at)
    assert open_key(split, w.holders[0], **at).share is None
    unbound = sign(outside.content, w.signer, arc="sm2", time=NOW)
    assert codes(open_key(unbound, holder, **at).verdict) == {"unbound"}
