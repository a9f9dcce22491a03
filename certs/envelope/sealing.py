"""Making envelopes: recipients judged, content enciphered, the whole signed outside. Never unsigned.

Under CBC a ciphertext that nobody signed can be opened byte by byte through whoever answers differently to
wrong padding; with the signature outside, what was altered is never decrypted.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from certs.algorithms import content_streams
from certs.algorithms.content_ciphers import CIPHERS, GCM, WRITTEN, Chosen, chosen, iv_size
from certs.cms import sign
from certs.envelope import oids
from certs.envelope.binding import binding
from certs.envelope.enveloped import MOST_RECIPIENTS
from certs.envelope.shares import MOST, Random, split
from certs.envelope.transport import Style, can_receive, transport, version
from certs.keys.port import SigningKey
from certs.model import write as w
from certs.model.certificate import Certificate, read_certificate
from certs.model.der import MalformedError
from certs.trust import ENCIPHERING, Trust
from certs.verdict import Judgement, Moment, Reason, Verdict, judged

ANY_OF, ALL_OF = "any-of", "all-of"
Model = Literal["any-of", "all-of"]
Arc = Literal["sm2", "rsa"]
_PLAIN, _OTHER = Style(), 0xA4


class EnvelopeError(ValueError):
    """What was asked for cannot be made."""


class RecipientsRefusedError(EnvelopeError):
    """A recipient's certificate is not good for enciphering; `verdict` says of each what and why."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__("; ".join(str(reason) for reason in verdict.reasons))
        self.verdict = verdict


@judged
def judge_recipients(
    recipients: Sequence[bytes], *, trust: Trust, at: datetime | Moment, extra: Sequence[bytes] = ()
) -> Verdict:
    """Are these certificates good for enciphering? All findings about all of them at once."""
    moment = at if isinstance(at, Moment) else Moment(at)
    said = Judgement(moment)
    for number, raw in enumerate(recipients[:MOST_RECIPIENTS], 1):
        verdict = trust.judge(raw, moment=moment, purpose=ENCIPHERING, extra=extra)
        said.nested("recipient-certificate", verdict, at=_name(raw, number))
        if verdict.ok and not can_receive(read_certificate(raw)):
            said.failed("recipient-certificate", Reason("key", _name(raw, number), "no key transport"))
    return said.verdict()


def _name(raw: bytes, number: int) -> str:
    try:
        return str(read_certificate(raw))
    except MalformedError:
        return f"recipient {number}"


def seal_envelope(
    content: bytes,
    recipients: Sequence[bytes],
    signer: SigningKey,
    *,
    trust: Trust | None,
    at: datetime,
    model: Model = "any-of",
    cipher: str = "sm4-cbc",
    arc: Arc = "sm2",
    style: Style = _PLAIN,
    extra: Sequence[bytes] = (),
    random: Random = secrets.token_bytes,
) -> bytes:
    """CMS signed data over enveloped data, DER; `recipients` are certificates.

    With `any-of` each holder opens alone, with `all-of` only all together. `cipher` is a name of
    `content_ciphers.WRITTEN`; a GCM one makes authenticated data (RFC 5083), for where the receiver reads
    it. `trust` judges the recipients; None only where the caller has done so. `random` gives that many
    bytes that nobody can foretell. Raises EnvelopeError for what is asked, KeyFailureError for the signer.
    """
    begun = begin(recipients, trust, at, extra, model, cipher, style, random)
    sealed = enveloped(content, begun.key, begun.cipher, begun.recipients, arc)
    attributes = {oids.BINDING: w.octets(binding(begun.key, signer.certificate, sealed))}
    return sign(sealed, signer, arc=arc, time=at, attributes=attributes)


@dataclass(frozen=True, slots=True)
class Begun:
    """A key that nobody has yet, its cipher, and that key as each of the recipients gets it."""

    key: bytes = field(repr=False)
    cipher: Chosen
    recipients: tuple[bytes, ...]


def begin(
    recipients: Sequence[bytes], trust: Trust | None, at: datetime, extra: Sequence[bytes],
    model: Model, cipher: str, style: Style, random: Random,
) -> Begun:  # fmt: skip
    """What every envelope begins with, wherever its ciphertext goes; raises EnvelopeError."""
    certificates = checked(recipients, model, cipher, style)
    if trust is not None:
        verdict = judge_recipients(recipients, trust=trust, at=at, extra=extra)
        if not verdict.ok:
            raise RecipientsRefusedError(verdict)
    key, with_iv = random(CIPHERS[cipher].key_size), chosen(cipher, random(iv_size(cipher)))
    return Begun(key, with_iv, to(key, certificates, model, style, random))


def checked(recipients: Sequence[bytes], model: str, cipher: str, style: Style) -> list[Certificate]:
    """The recipients, read; raises EnvelopeError for whatever is wrong with the question."""
    most = MOST if model == ALL_OF else MOST_RECIPIENTS
    if model not in (ANY_OF, ALL_OF):
        raise EnvelopeError(f"model {model!r}, known: {ANY_OF}, {ALL_OF}")
    if cipher not in WRITTEN:
        raise EnvelopeError(f"cipher {cipher!r}, known: {', '.join(WRITTEN)}")
    if not 0 < len(recipients) <= most or len(set(recipients)) != len(recipients):
        raise EnvelopeError(f"1 to {most} recipients, each once")
    try:
        certificates = [read_certificate(raw) for raw in recipients]
    except MalformedError as error:
        raise EnvelopeError(f"a recipient's certificate cannot be read: {error}") from error
    for one in certificates:
        if not can_receive(one) or (style.by_key and one.extensions.subject_key is None):
            raise EnvelopeError(f"no way to send a key to {one}")
    return certificates


def to(
    key: bytes, certificates: Sequence[Certificate], model: str, style: Style, random: Random
) -> tuple[bytes, ...]:
    """The recipients' elements: each the key, or each a part of it."""
    if model == ALL_OF:
        return split(key, certificates, style, random)
    return tuple(transport(key, one, style) for one in certificates)


def enveloped(content: bytes, key: bytes, cipher: Chosen, recipients: Sequence[bytes], arc: str) -> bytes:
    """A ContentInfo: enveloped data, or authenticated data where the cipher makes a tag."""
    ciphertext, tag = content_streams.encrypt(cipher, key, content)
    return content_info(ciphertext, tag, cipher, recipients, arc)


def content_info(
    ciphertext: bytes | None, tag: bytes, cipher: Chosen, recipients: Sequence[bytes], arc: str
) -> bytes:
    """The same around what is already enciphered; without ciphertext if that is kept elsewhere.

    Authenticated data is of RFC 5083 in either arc, and so is the type of what is inside: any other would
    have to be said in attributes that kits do not expect.
    """
    value = b"" if ciphertext is None else w.implicit(0, w.octets(ciphertext))
    gcm = cipher.cipher.mode == GCM
    inner_type = oids.DATA[oids.RSA_ARC if gcm else arc]
    inner = w.sequence(w.oid(inner_type), cipher.identifier(), value)
    if gcm:
        body = w.sequence(w.integer(0), w.set_of(*recipients), inner, w.octets(tag))
        return w.sequence(w.oid(oids.AUTHENTICATED), w.explicit(0, body))
    body = w.sequence(w.integer(_version(recipients, arc)), w.set_of(*recipients), inner)
    return w.sequence(w.oid(oids.ENVELOPED[arc]), w.explicit(0, body))


def _version(recipients: Sequence[bytes], arc: str) -> int:
    """RFC 5652, 6.1; GB/T 35275 has 1, and kits write 2 where they name keys."""
    if any(one[0] == _OTHER for one in recipients):
        return 3
    by_key = any(version(one) == 2 for one in recipients)
    return 2 if by_key else 1 if arc == oids.SM2_ARC else 0
