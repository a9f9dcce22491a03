"""From what an envelope carries and the keys at hand to content, or to nothing: never to why not."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from certs.algorithms import content_streams
from certs.algorithms.content_ciphers import GCM, Chosen, UnknownCipherError, read_cipher
from certs.algorithms.content_streams import CipherError
from certs.envelope.enveloped import Enveloped
from certs.envelope.recipient import Recipient
from certs.envelope.shares import SealedShare, Share
from certs.envelope.transport import scheme, transported
from certs.keys.port import DecryptionKey
from certs.model.certificate import Certificate, read_certificate
from certs.model.der import MalformedError
from certs.verdict import Judgement, Reason

_MOST_KEYS = 100


@dataclass(frozen=True, slots=True)
class Match:
    """A recipient whom one of the keys is for, and how that one opens it."""

    recipient: Recipient
    key: DecryptionKey
    scheme: str


def cipher_of(said: Judgement, envelope: Enveloped) -> Chosen | None:
    """The content cipher; if it is none of ours, the judgement says so."""
    try:
        found, notes = read_cipher(envelope.algorithm)
    except UnknownCipherError as error:
        said.failed("decryption", Reason("algorithm-unknown", "content", str(error)))
        return None
    gcm = found.cipher.mode == GCM
    if envelope.authenticated and not gcm:
        raise MalformedError("authenticated data under a cipher that makes no tag")
    if gcm and not envelope.authenticated:
        notes += ("gcm-outside-authenticated-data",)
    said.forgiven += [Reason("encoding", "envelope", note) for note in notes]
    said.facts["cipher"] = found.cipher.name
    return found


def matches(said: Judgement, recipients: Sequence[Recipient], keys: Sequence[DecryptionKey]) -> list[Match]:
    """Who of the recipients is meant by which key; if none that can be opened, the judgement says so."""
    out: list[Match] = []
    other = False
    for key in keys[:_MOST_KEYS]:
        certificate = certificate_of(key)
        for recipient in recipients:
            if certificate is None or not recipient.is_for(certificate):
                continue
            by, notes = scheme(recipient, certificate)
            said.forgiven += [Reason("encoding", str(recipient), note) for note in notes]
            other = other or by is None
            out += [] if by is None else [Match(recipient, key, by)]
    if out:
        said.passed("recipient", evidence=str(out[0].recipient))
    elif other:
        said.failed("recipient", Reason("algorithm-unknown", "key transport"))
    else:
        said.failed("recipient", Reason("no-recipient"))
    return out


def certificate_of(key: DecryptionKey) -> Certificate | None:
    """None where it cannot be read: that is no fault of the envelope, it just is for nobody of that name."""
    try:
        return read_certificate(key.certificate)
    except MalformedError:
        return None


def content_keys(found: Sequence[Match], size: int) -> Iterator[bytes]:
    """A key from each, for a wrong one another that opens nothing."""
    for one in found:
        yield transported(one.recipient, one.scheme, one.key, size, secrets.token_bytes(size))


def opened(envelope: Enveloped, cipher: Chosen, key: bytes) -> bytes | None:
    """The content, None if it does not open."""
    ciphertext, tag = parted(envelope, cipher)
    try:
        return content_streams.decrypt(cipher, key, ciphertext, tag, envelope.aad)
    except CipherError:
        return None


def parted(envelope: Enveloped, cipher: Chosen) -> tuple[bytes, bytes]:
    """Ciphertext and tag; outside authenticated data gmsm puts the tag behind the ciphertext."""
    raw = envelope.ciphertext or b""
    if cipher.cipher.mode != GCM or envelope.authenticated:
        return raw, envelope.tag
    if len(raw) < cipher.tag_size:
        raise MalformedError("no room for a tag")
    return raw[: -cipher.tag_size], raw[-cipher.tag_size :]


def share_of(sealed: SealedShare, match: Match, size: int) -> Share | None:
    """A holder's share, None if what travelled is not what the envelope says it is."""
    value = transported(match.recipient, match.scheme, match.key, size, secrets.token_bytes(size))
    share = sealed.with_value(value)
    return share if sealed.agrees(share) else None
