"""Signed-and-enveloped data (GB/T 35275 and PKCS #7): signers and content in one structure.

Its signature is over the content, so it can only be judged after decrypting. So that this gives nothing
away, the signer's certificate is judged first, and what follows is one question with one answer: content
that does not open and content whose signature does not hold look the same. Everybody sees digests or
signatures of the content, which lets guesses be tried: for bids the signature belongs outside.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime

from certs.algorithms import content_streams
from certs.algorithms.content_ciphers import CIPHERS, GCM, chosen, iv_size
from certs.cms import oids as cms_oids
from certs.cms import read_signed, sign, verify_cms
from certs.envelope import oids
from certs.envelope.enveloped import Enveloped, SignedParts, read_enveloped
from certs.envelope.keys import cipher_of, content_keys, matches, opened
from certs.envelope.outside import Asked
from certs.envelope.sealing import ANY_OF, Arc, EnvelopeError, checked, to
from certs.envelope.shares import Random
from certs.envelope.transport import Style
from certs.keys.port import DecryptionKey, SigningKey
from certs.model import write as w
from certs.model.der import MalformedError, Reader
from certs.verdict import Judgement, Reason, Verdict

_OF_CONTENT = frozenset(("digest", "signature", "signed-attributes", "content-type"))
_PLAIN = Style()


def judge_inside(
    out: list[bytes], said: Judgement, data: bytes, keys: Sequence[DecryptionKey], by: Asked
) -> Verdict:
    """The whole judgement; `out` gets the content if it holds. Raises MalformedError."""
    envelope = read_enveloped(data)
    if envelope.signed is None or envelope.shares:
        raise MalformedError("not signed-and-enveloped data")
    said.forgiven += [Reason("encoding", "envelope", note) for note in envelope.notes]
    said.facts |= {"model": ANY_OF, "signature": "inside"}
    unsure = _verified(envelope, envelope.signed, secrets.token_bytes(32), by)
    certificates = [reason for reason in unsure.reasons if reason.code not in _OF_CONTENT]
    if certificates:
        said.failed("envelope-signature", *certificates)
        return said.verdict(chain=unsure.chain, signer=unsure.signer)
    if by.bound:
        said.failed("binding", Reason("unbound"))
    cipher = cipher_of(said, envelope)
    candidates = matches(said, envelope.recipients, keys)
    if cipher is None or not candidates or said.reasons:
        return said.verdict()
    verdict = unsure
    for key in content_keys(candidates, cipher.cipher.key_size):
        content = opened(envelope, cipher, key)
        found = secrets.token_bytes(32) if content is None else content
        verdict = _verified(envelope, envelope.signed, found, by)
        if content is not None and verdict.ok:
            out.append(content)
            said.facts |= verdict.facts
            said.nested("envelope-signature", verdict)
            break
    said.ask("decryption", None if out else Reason("decryption"))
    return said.verdict(chain=verdict.chain, signer=verdict.signer)


def _verified(envelope: Enveloped, parts: SignedParts, content: bytes, by: Asked) -> Verdict:
    """The same signers as signed data over this content."""
    kind = envelope.content_type if envelope.content_type in oids.IS_DATA else oids.DATA[envelope.arc]
    body = w.sequence(
        w.integer(1),
        parts.digests,
        w.sequence(w.oid(kind), w.explicit(0, w.octets(content))),
        parts.optional,
        parts.signers,
    )
    whole = w.sequence(w.oid(cms_oids.SIGNED_DATA[envelope.arc]), w.explicit(0, body))
    if not read_signed(whole).signers:
        raise MalformedError("signed-and-enveloped data without a signer")
    return verify_cms(whole, trust=by.trust, at=by.moment, stamps=by.stamps)


def seal_signed_and_enveloped(
    content: bytes,
    recipients: Sequence[bytes],
    signer: SigningKey,
    *,
    cipher: str = "sm4-cbc",
    arc: Arc = "sm2",
    style: Style = _PLAIN,
    time: datetime | None = None,
    random: Random = secrets.token_bytes,
) -> bytes:
    """For kits that take nothing else; the caller judges the recipients (`judge_recipients`).

    Without `time` the signature is over the content itself, as kits write it. Raises EnvelopeError.
    """
    certificates = checked(recipients, ANY_OF, cipher, style)
    if CIPHERS[cipher].mode == GCM:
        raise EnvelopeError("signed-and-enveloped data has no room for a tag")
    key, with_iv = random(CIPHERS[cipher].key_size), chosen(cipher, random(iv_size(cipher)))
    ciphertext, _ = content_streams.encrypt(with_iv, key, content)
    reader = Reader(sign(content, signer, arc=arc, bare=time is None, time=time))
    parts = reader.inside(reader.inside(reader.inside(reader.whole())[1], 0xA0)[0])
    body = w.sequence(
        w.integer(1),
        w.set_of(*to(key, certificates, ANY_OF, style, random)),
        reader.raw(parts[1]),
        w.sequence(w.oid(oids.DATA[arc]), with_iv.identifier(), w.implicit(0, w.octets(ciphertext))),
        *(reader.raw(part) for part in parts[3:]),
    )
    return w.sequence(w.oid(oids.SIGNED_AND_ENVELOPED[arc]), w.explicit(0, body))
